"""What those get who read the engine's JSON."""

import json


def _diagnostics(output):
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    return [event for event in found if ":TrackingConfigPublication::" in event.get("urn", "")]


def test_a_failed_job_is_an_error_of_its_resource_in_the_stream_of_events(stack):
    stack.set("site", "911")
    run = stack.up("--json")
    errors = [event["message"] for event in _diagnostics(run.output) if event["severity"] == "error"]
    assert run.code != 0
    assert [message.splitlines()[0] for message in errors] == [
        "publication of site 911 failed: Missing graph or indoor area. Please add.",
        "resource init failed",
    ]
