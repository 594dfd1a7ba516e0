"""What the recorded answers of a real Camunda 8.6.0 mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._gateway import JobVerdict, is_overload, judge

STATES = json.loads((Path(__file__).parents[3] / "contract" / "engine-states.json").read_text())["faults"]


def recorded(name: str) -> Answer:
    state = STATES[name]
    content_type = state.get("headers", {}).get("content-type", "application/problem+json")
    return Answer(state["status"], content_type, None, json.dumps(state.get("body")).encode())


def problem(status: int, title: str = "", detail: str = "") -> Answer:
    body = json.dumps({"title": title, "status": status, "detail": detail}).encode()
    return Answer(status, "application/problem+json", None, body)


@pytest.mark.parametrize(
    ("answer", "tried_before", "verdict"),
    [
        (Answer(204), False, JobVerdict.DONE),
        (Answer(204, "text/plain", None, b"done"), False, JobVerdict.UNKNOWN),
        (Answer(200, "application/json", None, b"{}"), True, JobVerdict.UNKNOWN),
        (Answer(200), False, JobVerdict.UNKNOWN),
        (Answer(202, "text/plain", None, b"accepted"), False, JobVerdict.UNKNOWN),
        (problem(404, "Not Found", "No static resource v2/jobs/1/completion."), True, JobVerdict.UNKNOWN),
        (Answer(400, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (Answer(409, "application/json", None, b"{}"), True, JobVerdict.UNKNOWN),
        (Answer(405, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (Answer(422, "text/plain", None, b"no"), False, JobVerdict.UNKNOWN),
        (Answer(429, "text/html", None, b"<html>"), False, JobVerdict.OVERLOADED),
        (Answer(404, "application/problem+json", None, b"<html>"), True, JobVerdict.UNKNOWN),
        (
            Answer(404, "application/problem+json", None, b'{"title":"NOT_FOUND","status":200}'),
            True,
            JobVerdict.UNKNOWN,
        ),
        (problem(404, "NOT_FOUND"), False, JobVerdict.GONE),
        (problem(404, "NOT_FOUND"), True, JobVerdict.ASSUMED),
        (Answer(404, "application/json", None, b'{"status":404,"path":"/x"}'), True, JobVerdict.UNKNOWN),
        (Answer(404, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (problem(409, "INVALID_STATE"), False, JobVerdict.REJECTED),
        (problem(400, "Bad Request"), False, JobVerdict.PAYLOAD),
        (Answer(413, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (problem(500, "EXCEEDED_BATCH_RECORD_SIZE"), False, JobVerdict.PAYLOAD),
        (problem(500, "INTERNAL_ERROR", "code: MALFORMED_REQUEST"), False, JobVerdict.PAYLOAD),
        (problem(429, "RESOURCE_EXHAUSTED"), False, JobVerdict.OVERLOADED),
        (problem(503, "RESOURCE_EXHAUSTED"), False, JobVerdict.OVERLOADED),
        (Answer(502, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (problem(504), False, JobVerdict.UNKNOWN),
        (problem(401), False, JobVerdict.FORBIDDEN),
        (problem(403), False, JobVerdict.FORBIDDEN),
        (Answer(307), False, JobVerdict.UNKNOWN),
        (Answer(200, "text/html", None, b"<html>"), False, JobVerdict.UNKNOWN),
        (Answer(415, "application/json", None, b"{}"), False, JobVerdict.UNKNOWN),
    ],
)
def test_every_answer_has_one_meaning(answer: Answer, tried_before: bool, verdict: JobVerdict) -> None:
    assert judge(answer, tried_before=tried_before) is verdict


def test_a_gate_that_calls_a_large_result_too_large_is_believed() -> None:
    refused = Answer(413, "text/html", None, b"<html>")

    assert judge(refused, tried_before=False, size=2_000_000) is JobVerdict.PAYLOAD


def wants_another_try(state: Any) -> bool:
    return str(state.get("retry", "")).startswith("yes")


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if wants_another_try(state)])
def test_what_the_recordings_say_is_worth_a_retry_is_retried(name: str) -> None:
    answer = recorded(name)

    assert judge(answer, tried_before=False) in (JobVerdict.OVERLOADED, JobVerdict.UNKNOWN, JobVerdict.FORBIDDEN)


def test_both_shapes_of_back_pressure_are_known() -> None:
    assert is_overload(recorded("backpressure_command"))
    assert is_overload(recorded("backpressure_activation"))
    assert not is_overload(recorded("processing_paused"))
