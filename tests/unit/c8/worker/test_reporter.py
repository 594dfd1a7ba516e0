"""Outcomes, told until Camunda has answered; of what may be another's nothing is told. Clocks are given."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8._http import Answer
from camunda_client.c8.worker._lease import HeldJob, Loss
from camunda_client.c8.worker._outcome import Outcome, failure
from camunda_client.c8.worker._reporter import PATIENCE_S, Reporter, ReportResult
from tests.parts.fake_gateway import NOT_FOUND, TAKEN, FakeGateway, completed, held, lost, problem
from tests.parts.time_given import Clock, settle

LEASE_S = 60.0
PAGE = Answer(status=502, content_type="text/html", body=b"<html>")
REFUSED = problem(400, "Bad Request", "Failed to read request")


class Room:
    def __init__(self, at_once: int = 32) -> None:
        self.clock, self.monotonic, self.gateway = Clock(), Clock(5.0), FakeGateway()
        self.reporter = Reporter(self.gateway, at_once, clock=self.clock, monotonic=self.monotonic)

    def held(self, key: int = 1, **more: Any) -> HeldJob:
        return held(key, now_s=self.clock(), lease_s=LEASE_S, **more)

    def report(self, outcome: Outcome, one: HeldJob | None = None) -> ReportResult:
        return self.reporter.report(one or self.held(), outcome)

    @property
    def told(self) -> list[str]:
        return [request.what for request in self.gateway.requests]


def failed(*, retries: int = 2, back_off_ms: int = 0) -> Outcome:
    return failure("no", retries=retries, back_off_ms=back_off_ms)


# -- completions ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "first",
    [PAGE, Answer(status=200, body=b"ok"), Answer(status=404), problem(503, "RESOURCE_EXHAUSTED"), lost(applied=True)],
    ids=["a proxy's page", "a stranger's 200", "a stranger's 404", "overload", "no answer"],
)
def test_a_completion_is_told_again_until_camunda_has_answered(first: Answer) -> None:
    room = Room()
    room.gateway.say("completion", first, first)

    assert room.report(completed({"a": 1})) is ReportResult.SETTLED
    assert room.told == ["completion"] * 3


def test_not_found_after_an_attempt_without_an_answer_is_that_attempts_doing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room()
    room.gateway.say("completion", lost(applied=True), NOT_FOUND)

    assert room.report(completed({})) is ReportResult.SETTLED
    assert "outcome=assumed" in caplog.text


def test_not_found_at_once_is_a_job_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    gone = metrics.jobs_gone["t"]
    room.gateway.say("completion", NOT_FOUND)

    assert room.report(completed({})) is ReportResult.GONE
    assert room.told == ["completion"]
    assert metrics.jobs_gone["t"] == gone + 1
    assert "job.gone" in caplog.text


def test_a_job_of_an_ad_hoc_sub_process_that_was_replaced_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    room, one = Room(), held(1, now_s=0.0)
    one.job.kind = "AD_HOC_SUB_PROCESS"
    room.gateway.say("completion", NOT_FOUND)

    with caplog.at_level(logging.INFO):
        assert room.report(completed({}), one) is ReportResult.GONE

    assert [record.levelname for record in caplog.records if "job.gone" in record.getMessage()] == ["INFO"]


def test_a_completion_is_tried_after_its_lease_is_over() -> None:
    """Nobody is harmed by it: either the job is still there to be completed, or it is not."""
    room = Room()
    one = room.held()
    room.clock.advance(2 * LEASE_S)

    assert room.report(completed({}), one) is ReportResult.SETTLED


def test_a_completion_without_an_answer_for_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()

    def away() -> Answer:
        room.monotonic.advance(PATIENCE_S / 3 + 1)
        raise lost(applied=False, reason="refused")

    room.gateway.always("completion", away)

    assert room.report(completed({})) is ReportResult.LOST
    assert len(room.told) == 3
    assert "report.given_up" in caplog.text


def test_a_result_that_camunda_refuses_fails_its_job_with_the_reason() -> None:
    room = Room()
    room.gateway.say("completion", REFUSED)

    assert room.report(completed({"a": 1})) is ReportResult.SETTLED
    [request] = room.gateway.asked("failure")
    assert request.body["retries"] == 2
    assert "Camunda refused the handler's result" in request.body["errorMessage"]


def test_a_job_of_which_nothing_is_taken_gets_the_least_that_can_be_said_and_no_more() -> None:
    room = Room()
    room.gateway.always("completion", REFUSED)
    room.gateway.always("failure", REFUSED)

    assert room.report(completed({})) is ReportResult.REFUSED
    assert room.told == ["completion", "failure", "failure", "failure"]
    assert room.gateway.requests[-1].body["retries"] == 0


def test_a_leases_token_that_is_refused_says_that_the_job_is_anothers() -> None:
    room = Room()
    one = room.held(jobLeaseToken="abc")
    room.gateway.say("completion", problem(409, "INVALID_STATE"))

    assert room.report(completed({}), one) is ReportResult.GONE
    assert one.lease.loss is Loss.REFUSED
    assert room.gateway.requests[0].body["jobLeaseToken"] == "abc"


def granted_anew(room: Room, one: HeldJob, *, token: str, answer: Answer) -> Callable[[], Answer]:
    """Return an answer on whose way Camunda hands us the job once more."""

    def late() -> Answer:
        one.lease.granted_anew(room.clock() + LEASE_S)
        one.token = token
        return answer

    return late


def test_a_refusal_that_names_the_lease_before_this_one_does_not_end_this_one() -> None:
    """The refusal of a token that a new grant had replaced meanwhile gave up the new lease, and the job with it."""
    room = Room()
    one = room.held(jobLeaseToken="old")
    room.gateway.say("completion", granted_anew(room, one, token="new", answer=problem(409, "INVALID_STATE")))

    assert room.report(completed({}), one) is ReportResult.SETTLED
    assert one.lease.loss is None
    assert [request.body["jobLeaseToken"] for request in room.gateway.requests] == ["old", "new"]


def test_an_extensions_refusal_that_names_the_lease_before_this_one_proves_no_failure() -> None:
    room = Room()
    one = room.held(jobLeaseToken="old")
    room.gateway.say("failure", lost(applied=True), TAKEN)
    room.gateway.say("extend", granted_anew(room, one, token="new", answer=problem(409, "INVALID_STATE")), TAKEN)

    assert room.report(failed(back_off_ms=5000), one) is ReportResult.SETTLED
    assert room.told == ["failure", "extend", "extend", "failure"]


def test_others_successes_do_not_hurry_a_report_that_never_gets_through() -> None:
    room = Room()

    def settle_or_break(job_key: str, command: str, body: bytes) -> Answer:
        if job_key == "1":
            broken.append(1)
            raise lost(applied=False)
        return TAKEN

    broken: list[int] = []
    room.gateway.settle = settle_or_break  # type: ignore[method-assign]
    failing = gevent.spawn(room.report, completed({}))

    for key in range(2, 202):
        room.report(completed({}), room.held(key))
        gevent.sleep(0)
        gevent.sleep(0)
    failing.kill()

    # Hurried by each, there would be two hundred; a slow machine lets some of its own waits pass.
    assert 1 <= len(broken) <= 20


def test_a_late_report_left_nothing_of_its_lease() -> None:
    """Lateness was counted as negative slack: the sum fell, which Prometheus takes for a restart."""
    metrics.clear()
    room = Room()
    late = room.held()
    room.clock.advance(LEASE_S + 300.0)

    room.report(completed({}), late)

    assert metrics.lease_slack_s.count_and_sum() == {"t": (1, 0.0)}
    metrics.clear()


def test_it_is_behind_while_more_wait_for_a_connection_than_there_are() -> None:
    room, go_on = Room(at_once=2), Event()
    room.gateway.always("completion", lambda: (go_on.wait(10) and TAKEN) or TAKEN)

    telling = [gevent.spawn(room.report, completed({}), room.held(key)) for key in range(1, 4)]
    settle()
    assert room.reporter.is_behind("t")
    assert not room.reporter.is_behind("other")
    go_on.set()
    gevent.joinall(telling, timeout=10)

    assert not room.reporter.is_behind("t")


# -- failures ---------------------------------------------------------------------------------------------------------
def test_a_failure_is_not_told_once_the_lease_may_be_over() -> None:
    """It would take the job from its next holder."""
    room = Room()
    one = room.held()
    room.clock.advance(LEASE_S - 0.5)

    assert room.report(failed(), one) is ReportResult.LOST
    assert room.told == []


def test_a_failure_that_surely_was_not_applied_is_told_again() -> None:
    room = Room()
    room.gateway.say("failure", lost(applied=False), problem(429, "RESOURCE_EXHAUSTED"))

    assert room.report(failed()) is ReportResult.SETTLED
    assert room.told == ["failure"] * 3


def test_a_failure_without_a_back_off_whose_answer_was_lost_is_not_told_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    room.gateway.say("failure", lost(applied=True))

    assert room.report(failed()) is ReportResult.LOST
    assert room.told == ["failure"], "the job may have another holder by now"
    assert "outcome=unknown" in caplog.text


@pytest.mark.parametrize(
    ("outcome", "extension", "told", "fate"),
    [
        (failed(back_off_ms=5000), TAKEN, ["failure", "extend", "failure"], ReportResult.SETTLED),
        (failed(back_off_ms=5000), problem(409, "INVALID_STATE"), ["failure", "extend"], ReportResult.SETTLED),
        (failed(retries=0), NOT_FOUND, ["failure", "extend"], ReportResult.SETTLED),
        (failed(retries=0), TAKEN, ["failure", "extend", "failure"], ReportResult.SETTLED),
    ],
    ids=["not applied", "applied", "no retries, applied", "no retries, not applied"],
)
def test_an_extension_proves_whether_a_failure_was_applied_that_keeps_its_job_from_all(
    outcome: Outcome, extension: Answer, told: list[str], fate: ReportResult
) -> None:
    room = Room()
    room.gateway.say("failure", lost(applied=True))
    room.gateway.say("extend", extension)

    assert room.report(outcome) is fate
    assert room.told == told


def test_what_is_proven_after_the_back_off_proves_nothing() -> None:
    room = Room()
    room.gateway.say("failure", lost(applied=True))

    def late() -> Answer:
        room.clock.advance(6.0)
        return TAKEN

    room.gateway.say("extend", late)

    assert room.report(failed(back_off_ms=5000)) is ReportResult.LOST
    assert room.told == ["failure", "extend"]


# -- hand-backs -------------------------------------------------------------------------------------------------------
def test_a_job_is_handed_back_with_all_its_retries() -> None:
    room = Room()
    returned = metrics.jobs_returned["t"]

    assert room.reporter.hand_back(room.held(retries=7)) is ReportResult.SETTLED
    [request] = room.gateway.requests
    assert (request.what, request.body["retries"]) == ("failure", 7)
    assert metrics.jobs_returned["t"] == returned + 1


@pytest.mark.parametrize("first", [lost(applied=True), PAGE], ids=["no answer", "a proxy's page"])
def test_a_hand_back_that_may_have_been_applied_is_not_sent_again(first: Answer) -> None:
    room = Room()
    room.gateway.say("failure", first)

    assert room.reporter.hand_back(room.held()) is ReportResult.LOST
    assert room.told == ["failure"]


def test_a_hand_back_is_not_sent_once_the_lease_may_be_over() -> None:
    room = Room()
    one = room.held()
    room.clock.advance(LEASE_S)

    assert room.reporter.hand_back(one) is ReportResult.LOST
    assert room.told == []
