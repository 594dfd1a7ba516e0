"""The recorded fault answers of a real Camunda 8.6.0 mean what was found out about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8._http import Answer, Verdict, verdict

_STATES = Path(__file__).parents[3] / "contract" / "engine-states.json"
FAULTS: dict[str, dict[str, Any]] = json.loads(_STATES.read_text())["faults"]

MEANINGS = {
    "backpressure_command": Verdict.BACK_PRESSURE,
    "backpressure_activation": Verdict.BACK_PRESSURE,
    "processing_paused": Verdict.UNCLEAR,
    "no_such_partition": Verdict.NOT_DELIVERED,
    "too_large_batch": Verdict.TOO_LARGE,
    "too_large_message": Verdict.TOO_LARGE,
    "web_server_poll_limit": Verdict.UNCLEAR,
    "await_timeout": Verdict.UNCLEAR,
    "broker_frozen": Verdict.UNCLEAR,
    "connection_cut": Verdict.UNCLEAR,
    "broker_unreachable": Verdict.NOT_DELIVERED,
    "gateway_without_cluster": Verdict.NOT_DELIVERED,
    "gateway_without_cluster_completion": Verdict.NOT_DELIVERED,
}


def recorded(name: str) -> Answer:
    fault = FAULTS[name]
    body = json.dumps(fault["body"]).encode() if fault["body"] is not None else b""
    return Answer(fault["status"], (fault.get("headers") or {}).get("content-type", ""), None, body)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_recorded_fault_means_what_was_found_out(name: str) -> None:
    expected = MEANINGS.get(name)
    if expected is None:
        expected = Verdict.DONE if FAULTS[name]["status"] == 200 else Verdict.UNAUTHORIZED

    assert verdict(recorded(name)) is expected


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_what_may_have_been_applied_is_never_taken_for_not_applied(name: str) -> None:
    if FAULTS[name]["was_it_applied"] in ("maybe", "yes", "unknown") and FAULTS[name]["status"] != 200:
        assert verdict(recorded(name)) is Verdict.UNCLEAR


def problem(status: int, title: str = "X", kind: str = "application/problem+json") -> Answer:
    return Answer(status, kind, None, json.dumps({"title": title, "status": status}).encode())


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(200), Verdict.DONE),
        (Answer(204), Verdict.DONE),
        (problem(404, "NOT_FOUND"), Verdict.GONE),
        (problem(404, kind="application/json"), Verdict.WRONG_ADDRESS),
        (Answer(404, "text/html", None, b"<html>"), Verdict.WRONG_ADDRESS),
        (problem(405), Verdict.WRONG_ADDRESS),
        (problem(415), Verdict.WRONG_ADDRESS),
        (problem(409, "INVALID_STATE"), Verdict.CONFLICT),
        (problem(400, "INVALID_ARGUMENT"), Verdict.REFUSED),
        (problem(403, "FORBIDDEN"), Verdict.REFUSED),
        (Answer(413), Verdict.TOO_LARGE),
        (problem(503, "RESOURCE_EXHAUSTED"), Verdict.BACK_PRESSURE),
        (Answer(502, "text/html", None, b"<html>"), Verdict.UNCLEAR),
        (Answer(503, "text/html", None, b"<html>"), Verdict.UNCLEAR),
        (Answer(504), Verdict.UNCLEAR),
    ],
)
def test_an_answer_means(answer: Answer, meaning: Verdict) -> None:
    assert verdict(answer) is meaning
