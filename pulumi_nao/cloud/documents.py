"""The wire: what NAO Cloud's answers carry, strict in what is promised and tolerant of what is added."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, StrictBool, StrictStr, ValidationInfo

from pulumi_nao.models import DOCUMENTED_STATUSES, WITHHELD
from pulumi_nao.text import parse_moment, printable


def _printable(text: str, info: ValidationInfo) -> str:
    context = info.context or {}
    if context.get("is_secret") and text not in DOCUMENTED_STATUSES:
        return WITHHELD
    return printable(text, context.get("secrets", ()))


def _words(value: Any) -> Any:  # noqa: ANN401 - a server may send anything
    """Write what is no text as JSON: the words of a job that has ended must not hide its end."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


ServerText = Annotated[StrictStr, AfterValidator(_printable)]
# Never refused: the times of a job are a courtesy, not worth failing a publication for.
ServerTime = Annotated[Any, AfterValidator(parse_moment)]


class JobAttributes(BaseModel):
    """`data.attributes` of a job: `has_finished` and `status` are promised by the documentation."""

    has_finished: StrictBool
    status: ServerText
    message: Annotated[ServerText | None, BeforeValidator(_words)] = None
    created_at: ServerTime = None
    updated_at: ServerTime = None


class JobData(BaseModel):
    """`data` of a job. Its id is not read: the vendor's own examples show another one than `Location` did."""

    attributes: JobAttributes


class JobDocument(BaseModel):
    """The body of an answer to `GET /api/v2/background_jobs/{id}` (documented)."""

    data: JobData
