"""`ApiCall`: any other long call to NAO Cloud."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping  # noqa: TC003 - Pulumi evaluates the annotations of outputs
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.program.resource import ActionResource
from pulumi_nao.provider import ApiCallProvider
from pulumi_nao.resources.inputs import call_inputs
from pulumi_nao.values import BODY, digest_of, mapped, value_problems, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_KNOWN_YET = (pulumi.Output, asyncio.Future)


class ApiCall(ActionResource, type_name="ApiCall"):
    """A call to NAO Cloud, made when it is new or changed, with its background job awaited if it starts one.

    An action, not an object: nothing is read back, so nothing drifts, and destroying it does nothing. It is made
    once for each content of `body` and `triggers`. A call whose outcome nobody knows stops the next `up` until a
    person has settled it; a call that failed is shown before it is made again.

    Args:
        resource_name: The resource's name in Pulumi.
        path: The address below `/api/v2/`, such as `sites/910/nao_trackables/batch`. A change replaces the call.
        method: `POST` or `PUT`. A change replaces the call.
        body: What is sent as JSON: a mapping or a list of plain values, at most 1 MiB; `None` for none. A change
            makes the call again. A secret body stays secret, and with it all words of the server.
        triggers: Any mapping or list of plain values; a change makes the call again.
        results: Names, and JSON pointers (RFC 6901) into an answer that names no job; what is found is in `answer`.
        if_unknown: What follows an attempt of which nobody knows how it ended: `"fail"` stops the next `up`,
            `"again"` makes the call once more.
        assume_done: The beginning of an attempt that you have found to be done, as the error prints it. It settles
            that attempt and no other.
        config_namespace: Where key and server are looked up: with `nao-eu` in `nao-eu:apiKey` and `NAO_EU_API_KEY`.
        opts: Pulumi's options. `id`, `urn` and `import_` are refused: nothing would be sent.

    Raises:
        pulumi.RunError: The key stands in the stack's configuration as plain text; the name, an input or an option
            is refused.
    """

    _secret_outputs = ("answer",)
    _noun, _done, _does = "call", "sent", "sends the request"

    def __init__(  # noqa: PLR0913, PLR0917 - as many as the call has inputs
        self,
        resource_name: str,
        path: pulumi.Input[str],
        method: str = "POST",
        body: pulumi.Input[Mapping[str, Any] | Sequence[Any]] | None = None,
        triggers: pulumi.Input[Mapping[str, Any] | Sequence[Any]] | None = None,
        results: Mapping[str, str] | None = None,
        if_unknown: str = "fail",
        assume_done: str | None = None,
        config_namespace: str = DEFAULT_NAMESPACE,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "path": path,
            "method": method,
            "body": body,
            "triggers": triggers,
            "results": results,
            "if_unknown": if_unknown,
            "assume_done": assume_done,
            "config_namespace": config_namespace,
        }
        super().__init__(ApiCallProvider(), resource_name, inputs, call_inputs, opts)

    def _told_of_secrets(
        self, resource_name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> dict[str, Any]:
        path, body = _awaited_once(inputs["path"]), _awaited_once(inputs["body"])
        inputs |= {"path": path, "body": body}
        outputs = _outputs_in([path, body])
        always = opts is not None and "body" in (opts.additional_secret_outputs or [])

        def digests(known: Sequence[Any]) -> list[str]:
            rest = iter(known)
            filled = mapped([path, body], lambda part: next(rest) if isinstance(part, _NOT_KNOWN_YET) else part)
            if body is not None and filled[1] is None:
                raise pulumi.RunError(f"{resource_name}: body: this output is None, and nothing would be sent")
            problems = [] if body is None else value_problems(BODY, filled[1])
            if problems:
                raise pulumi.RunError("\n".join(f"{resource_name}: {problem}" for problem in problems))
            return [digest_of(value) for value in filled]

        return {
            "path": _is_secret(path),
            "body": always or _is_secret(body),
            "digests": pulumi.Output.all(*outputs).apply(digests) if outputs else digests([]),
        }

    @property
    @pulumi.getter
    def path(self) -> pulumi.Output[str]:
        """As given."""
        return pulumi.get(self, "path")

    @property
    @pulumi.getter
    def method(self) -> pulumi.Output[str]:
        """As given."""
        return pulumi.get(self, "method")

    @property
    @pulumi.getter
    def body(self) -> pulumi.Output[Any]:
        """As given."""
        return pulumi.get(self, "body")

    @property
    @pulumi.getter
    def triggers(self) -> pulumi.Output[Any]:
        """As given."""
        return pulumi.get(self, "triggers")

    @property
    @pulumi.getter
    def answer(self) -> pulumi.Output[Mapping[str, Any]]:
        """What `results` found in the answer, a secret; without the names for which it held nothing."""
        found: pulumi.Output[dict[str, Any] | None] = pulumi.get(self, "answer")
        return found.apply(lambda answer: _Answer(self._name, whole_numbers(answer or {})))


def _awaited_once(value: object) -> Any:  # noqa: ANN401 - an input
    """The same with futures for coroutines, which can be awaited once only."""
    return mapped(value, lambda part: asyncio.ensure_future(part) if inspect.iscoroutine(part) else part)


def _outputs_in(value: object) -> list[Any]:
    """What is not known yet: asking Pulumi for the whole takes ten times as long as declaring it."""
    parts: list[object] = []
    mapped(value, parts.append)
    return [part for part in parts if isinstance(part, _NOT_KNOWN_YET)]


def _is_secret(value: object) -> Any:  # noqa: ANN401 - an input
    outputs = _outputs_in(value)
    return pulumi.Output.from_input(pulumi.Output.all(*outputs).is_secret()) if outputs else False


class _Answer(dict[str, Any]):
    """Ends the program with a line, where another resource uses a result that is not there."""

    def __init__(self, resource_name: str, found: Mapping[str, Any]) -> None:
        super().__init__(found)
        self._resource_name = resource_name

    def __missing__(self, name: str) -> NoReturn:
        raise pulumi.RunError(
            f"{self._resource_name}: there is no {name!r} in the output `answer`\n"
            "  The server's answer held nothing for it, or was never seen. Write the value in place of the output; "
            "or correct `results`, and have the call sent again by a change of its triggers."
        )
