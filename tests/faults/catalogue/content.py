"""The faults of what the API itself says, by name: where the job is, and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.simulator.faults import Fault, always
from pulumi_nao.simulator.replies import Answer
from tests.faults.catalogue import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.simulator.replies import Reply


def _located(location: Callable[[str, str], str] | None, status: int = 303) -> Callable[[float], Reply]:
    return always(answers.Redirect(location, status))


def _set(values: dict[str, object], *dropped: str) -> Callable[[float], Reply]:
    return always(answers.with_attributes(values, *dropped))


def _json(change: Callable[[answers.Document], object]) -> Callable[[float], Reply]:
    return always(answers.with_document(change))


def _in_effect(status: int) -> Callable[[float], Reply]:
    return always(Answer(status, body=b"", after_effect=True))


def _deep(_document: answers.Document) -> bytes:
    return b"[" * 100_000


def _add_fields(document: answers.Document) -> None:
    document["meta"] = {"new": True}
    document["data"]["relationships"] = {}
    document["data"]["attributes"]["progress"] = 0.5


def _id(convert: Callable[[object], object]) -> Callable[[answers.Document], None]:
    def change(document: answers.Document) -> None:
        number = convert(document["data"]["id"])
        document["data"]["id"] = document["data"]["attributes"]["id"] = number

    return change


REDIRECT = (
    Fault("location-none", "A 303 without `Location`.", _located(None)),
    Fault("location-relative", "`Location` is a path alone.", _located(lambda _origin, path: path)),
    Fault(
        "location-broken",
        "`Location` is no address.",
        _located(lambda _origin, path: f"http://[broken{path}"),
    ),
    Fault(
        "location-other-host",
        "`Location` is on another host.",
        _located(lambda _origin, path: f"https://evil.example{path}"),
    ),
    Fault(
        "location-other-port",
        "`Location` has another port of the same host.",
        _located(lambda origin, path: f"{origin.rpartition(':')[0]}:1{path}"),
    ),
    Fault(
        "location-http",
        "`Location` is `http://`, without the port.",
        _located(lambda origin, path: f"http://{origin.partition('//')[2].rpartition(':')[0]}{path}"),
    ),
    Fault(
        "location-userinfo",
        "`Location` holds a user and a password.",
        _located(lambda origin, path: f"http://mallory:secret@{origin.partition('//')[2]}{path}"),
    ),
    Fault(
        "location-userinfo-host",
        "`Location` is on another host, with the server's name as its user.",
        _located(lambda origin, path: f"http://{origin.partition('//')[2].partition(':')[0]}@evil.example{path}"),
    ),
    Fault(
        "location-javascript",
        "`Location` is `javascript:`.",
        _located(lambda _origin, path: f"javascript:alert('{path}')"),
    ),
    Fault(
        "location-no-job",
        "`Location` names no background job.",
        _located(lambda origin, _path: f"{origin}/api/v2/sites/910"),
    ),
    Fault(
        "302-for-303",
        "302 where 303 is due.",
        _located(lambda origin, path: origin + path, 302),
    ),
    Fault(
        "307-for-303",
        "307, which asks to send the request again elsewhere.",
        _located(lambda origin, path: origin + path, 307),
    ),
    Fault("200-for-303", "200 without a body.", _in_effect(200)),
    Fault("204-for-303", "204.", _in_effect(204)),
    Fault("202-with-location", "202 with `Location`.", _located(lambda origin, path: origin + path, 202)),
    Fault("202-without-job", "202 that names no job.", _in_effect(202)),
)

# On the route `publish` these come as 202 with the job in the body.
JSON = (
    Fault("json-plain", "The job's JSON as it should be; 202 on `publish`.", _json(lambda _document: None)),
    Fault("json-cut", "JSON that ends too early.", _json(lambda _document: b'{"data": {"id"')),
    Fault("json-empty", "An empty body.", _json(lambda _document: b"")),
    Fault("json-not-utf-8", "JSON in no known encoding.", _json(lambda _document: b'{"data": "\xff"}')),
    Fault("json-deep", "JSON of 100,000 levels.", _json(_deep)),
    Fault("json-null", "The JSON is `null`.", _json(lambda _document: b"null")),
    Fault("json-list", "The JSON is a list.", _json(lambda document: [document])),
    Fault("json-no-attributes", "The job has no attributes.", _json(lambda _document: {"data": {}})),
    Fault("json-more-fields", "Fields that nobody knows.", _json(_add_fields)),
    Fault("json-id-text", "Ids are text.", _json(_id(str))),
    Fault("json-id-number", "Ids are numbers.", _json(_id(lambda number: int(str(number))))),
    Fault("json-other-job", "The id is that of another job.", _json(_id(lambda _number: "1"))),
    Fault("json-no-status", "`status` is missing.", _set({}, "status")),
    Fault("json-no-has-finished", "`has_finished` is missing.", _set({}, "has_finished")),
    Fault("json-no-message", "`message` is missing.", _set({}, "message")),
    Fault("json-no-times", "The job tells no times.", _set({}, "created_at", "updated_at")),
    Fault(
        "json-absurd-times",
        "The job's times are at the edge of the calendar.",
        _set({"created_at": "0001-01-01T00:00:00+14:00", "updated_at": "9999-12-31T23:59:59-14:00"}),
    ),
    Fault("json-has-finished-text", "`has_finished` is text.", _set({"has_finished": "false"})),
    Fault(
        "json-status-unknown",
        "The job runs, with a status that nobody knows.",
        _set({"status": "Paused", "has_finished": False}),
    ),
    Fault(
        "json-finished-unknown",
        "The job has finished, with a status that nobody knows.",
        _set({"status": "Paused", "has_finished": True, "message": None}),
    ),
    Fault(
        "json-finished-in-progress",
        "`has_finished` is true with `In progress`.",
        _set({"status": "In progress", "has_finished": True, "message": None}),
    ),
    Fault(
        "json-unfinished-success",
        "`has_finished` is false with `success`.",
        _set({"status": "success", "has_finished": False}),
    ),
    Fault(
        "json-failure",
        "The job has failed.",
        _set({"status": "failure", "has_finished": True, "message": "Missing graph or indoor area. Please add."}),
    ),
    Fault(
        "clock-ahead",
        "The server's clock is a day ahead.",
        answers.with_clock,
        86400.0,
    ),
    Fault(
        "clock-back",
        "The server's clock is a day behind.",
        lambda seconds: answers.with_clock(-seconds),
        86400.0,
    ),
)
