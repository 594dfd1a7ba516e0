"""Which fault strikes which request, and with what."""

from __future__ import annotations

import json

import pytest

from camunda_client.embedded import STATES, Faults


@pytest.mark.parametrize(
    ("pattern", "method", "path", "struck"),
    [
        ("POST /v2/jobs/*/completion", "POST", "/v2/jobs/5/completion", True),
        ("POST /v2/jobs/*/completion", "POST", "/v2/jobs/5/failure", False),
        ("POST /v2/jobs/*", "PATCH", "/v2/jobs/5", False),
        ("/v2/jobs/*", "PATCH", "/v2/jobs/5", True),
        ("* /v2/*", "GET", "/v2/topology", True),
    ],
)
def test_a_fault_strikes_the_requests_of_its_pattern(pattern: str, method: str, path: str, struck: bool) -> None:
    faults = Faults()
    faults.answer(pattern, 500)

    assert (faults.strike(method, path) is not None) is struck


def test_a_fault_strikes_as_often_as_it_was_asked_to() -> None:
    faults = Faults()
    fault = faults.answer("/v2/*", 500, times=2)

    struck = [faults.strike("GET", "/v2/topology") is fault for _ in range(3)]

    assert (struck, fault.hits) == ([True, True, False], 2)


def test_a_fault_ends_with_its_block() -> None:
    faults = Faults()

    with faults.latency("/v2/*", 1.0):
        assert faults.strike("GET", "/v2/topology") is not None

    assert faults.strike("GET", "/v2/topology") is None


@pytest.mark.parametrize("name", STATES)
def test_every_state_of_a_real_engine_has_its_answer(name: str) -> None:
    faults = Faults()

    struck = faults.state(name)[-1].answer("/v2/jobs/7/completion")

    assert struck.status >= 200
    body = json.loads(struck.body)
    assert body.get("instance", "/v2/jobs/7/completion") == "/v2/jobs/7/completion"


def test_a_state_brings_the_answers_that_belong_to_it() -> None:
    faults = Faults()
    faults.state("broker_unreachable")

    requests = [
        ("POST", "/v2/jobs/1/failure"), ("POST", "/v2/jobs/activation"),
        ("GET", "/v2/topology"), ("GET", "/v2/license"),
    ]  # fmt: skip
    struck = [faults.strike(method, path) for method, path in requests]

    assert [fault and fault.status for fault in struck] == [503, 200, 200, None]


@pytest.mark.parametrize("state", ["backpressure_command", "backpressure_activation"])
def test_back_pressure_is_answered_as_the_dialect_does_it(state: str) -> None:
    (fault,) = Faults(backpressure_status=503).state(state)

    assert (fault.status, fault.body["title"]) == (503, "RESOURCE_EXHAUSTED")


def test_an_unknown_state_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="broker_frozen"):
        Faults().state("on_fire")


def test_a_drop_is_before_or_after() -> None:
    with pytest.raises(ValueError, match="'before' or 'after'"):
        Faults().drop("/v2/*", "sometimes")
