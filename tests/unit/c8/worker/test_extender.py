"""The keeping of leases, look by look: what is extended when, and what a late or lost answer costs. Time is given."""

from __future__ import annotations

import logging
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._extender import SURPLUS_WAIT_S, LeaseExtender
from camunda_client.c8.worker._lease import EXTEND_AFTER, HeldJob, Loss, Stage
from tests.parts.fake_gateway import NOT_FOUND, TAKEN, FakeGateway, held, lost, problem, settings_of
from tests.parts.time_given import Clock, settle

LEASE_S = 10.0


class Room:
    """An extender whose time passes look by look, and a gateway that it asks."""

    def __init__(self, most: int = 32) -> None:
        self.clock, self.gateway = Clock(), FakeGateway()
        self.handed_back: list[str] = []
        commands: Any = self.gateway
        self.extender = LeaseExtender(commands, lambda one: self.handed_back.append(one.key), most, self.clock)

    def hold(self, key: int = 1, *, stage: Stage = Stage.RUNNING, lease_s: float = LEASE_S, **options: Any) -> HeldJob:
        token = {name: options.pop(name) for name in ("jobLeaseToken",) if name in options}
        settings = settings_of(timeout=int(lease_s * 1000), **options)
        one = held(key, now_s=self.clock(), lease_s=lease_s, settings=settings, **token)
        one.stage = stage
        self.extender.watch(one)
        return one

    def pass_by(self, seconds: float) -> None:
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            nap_s = self.extender.look()
            settle()
            self.clock.now_s = min(end_s, self.clock() + (nap_s or seconds))
        self.extender.look()
        settle()

    @property
    def asked(self) -> int:
        return len(self.gateway.asked("extend"))

    def know(self, took_s: float) -> None:
        """Let it know how long an extension takes."""
        for _ in range(16):
            self.extender.durations.note(took_s, self.clock())


def test_a_lease_is_extended_at_a_third_of_it_and_lasts_from_the_sending() -> None:
    room = Room()
    room.know(0.01)
    one = room.hold()
    began_s = room.clock()

    room.pass_by(LEASE_S * EXTEND_AFTER - 0.05)
    assert room.asked == 0
    room.pass_by(0.1)

    [request] = room.gateway.asked("extend")
    assert (request.key, request.body) == ("1", {"changeset": {"timeout": 10_000}})
    assert one.lease.ends_s == pytest.approx(began_s + LEASE_S * (1 + EXTEND_AFTER), abs=0.1)


def test_while_it_is_unknown_how_long_an_extension_takes_the_first_goes_out_early() -> None:
    room = Room()
    room.hold()

    room.pass_by(LEASE_S / 10)

    assert room.asked == 1


@pytest.mark.parametrize("known", [True, False], ids=["usual duration known", "first of all"])
@pytest.mark.parametrize("number", [0, 1, 2], ids=["first", "second", "third"])
def test_one_extension_that_is_swallowed_costs_no_lease(number: int, known: bool) -> None:
    """It waited for up to ten seconds, more than was left; the next one hit somebody else's lease."""
    room = Room()
    if known:
        room.know(0.01)
    never = Event()
    room.gateway.say("extend", *[TAKEN] * number, lambda: (never.wait() and TAKEN) or TAKEN)
    one = room.hold()

    for _ in range(60):
        room.pass_by(LEASE_S / 10)
        assert one.lease.holds(room.clock(), LEASE_S / 10), "another one was in time"


def test_an_extension_waits_for_its_answer_no_longer_than_that_could_be_of_use() -> None:
    """Ten seconds, whatever was left: the lease was over before another one could be sent."""
    room = Room()
    room.know(0.01)
    sent_s: list[float] = []

    def swallow() -> Answer:
        sent_s.append(room.clock())
        raise lost(applied=True, reason="timeout")

    room.gateway.always("extend", swallow)
    one = room.hold()
    ends_s = one.lease.ends_s

    room.pass_by(LEASE_S + 0.1)

    waits_s = [request.timeout_s or 0.0 for request in room.gateway.asked("extend")]
    assert len(waits_s) >= 3
    assert waits_s[0] == pytest.approx(ends_s - sent_s[0]), "what is left"
    for wait_s, at_s, before_s in zip(waits_s[1:], sent_s[1:], sent_s, strict=False):
        assert wait_s == pytest.approx(before_s + LEASE_S - at_s), "or would be if the one before were granted yet"
    assert one.lease.loss is Loss.UNANSWERED


def test_an_answer_after_the_end_renews_nothing() -> None:
    """Camunda may have applied it to the lease of the job's next holder."""
    room = Room()
    room.know(0.01)
    answered = Event()
    room.gateway.always("extend", lambda: (answered.wait() and TAKEN) or TAKEN)
    one = room.hold()
    room.pass_by(LEASE_S * 0.9)

    room.clock.advance(LEASE_S * 0.2)
    answered.set()
    settle()

    assert not one.lease.holds(room.clock())
    assert one.lease.loss is not None


def test_an_answer_that_takes_nearly_the_whole_lease_is_counted_from_its_request() -> None:
    room = Room()
    answers: list[Event] = []

    def late() -> Answer:
        answers.append(Event())
        answers[-1].wait()
        return TAKEN

    room.gateway.always("extend", late)
    one = room.hold()
    sent_s = room.clock()
    room.pass_by(LEASE_S * 0.9)
    answers[0].set()
    settle()

    assert one.lease.holds(room.clock())
    assert sent_s + LEASE_S < one.lease.ends_s <= sent_s + LEASE_S * 1.1


@pytest.mark.parametrize("status", [404, 400, 409])
def test_camundas_refusal_ends_the_lease_at_once(status: int, caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.know(0.01)
    room.gateway.say("extend", problem(status, "NOT_FOUND" if status == 404 else "INVALID_STATE"))
    one = room.hold()

    room.pass_by(LEASE_S / 2)

    assert one.lease.loss is Loss.REFUSED
    assert room.asked == 1
    assert "lease.lost" in caplog.text


def test_camundas_refusal_while_the_outcome_is_reported_is_the_reporters_to_judge(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    room.know(0.01)
    room.gateway.say("extend", NOT_FOUND)
    one = room.hold(stage=Stage.REPORTING)

    room.pass_by(LEASE_S / 2)

    assert one.lease.loss is Loss.REFUSED
    assert "lease.lost" not in caplog.text, "most likely the report was applied"


def test_a_refusal_that_names_the_lease_before_this_one_does_not_end_this_one() -> None:
    """An extension that was sent with the old token ended the lease that a new grant had begun meanwhile."""
    room = Room()
    room.know(0.01)
    one = room.hold(jobLeaseToken="old")

    def late() -> Answer:
        one.lease.granted_anew(room.clock() + LEASE_S)
        one.token = "new"
        return problem(409, "INVALID_STATE")

    room.gateway.say("extend", late)
    room.pass_by(LEASE_S * 0.9)

    assert one.lease.loss is None
    assert [request.body.get("jobLeaseToken") for request in room.gateway.asked("extend")][:2] == ["old", "new"]


def test_strangers_answers_renew_nothing_and_are_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.gateway.always("extend", Answer(status=405, content_type="text/html", body=b"<html>"))
    one = room.hold()

    room.pass_by(LEASE_S * 1.1)

    assert one.lease.loss is Loss.UNANSWERED
    assert room.asked >= 3
    assert caplog.text.count("lease.extension_refused") == 1


def test_a_route_that_is_missing_on_the_way_takes_no_lease(caplog: pytest.LogCaptureFixture) -> None:
    """A gateway made by Spring Boot answers 404 in the same form as Camunda: the leases of running jobs were lost."""
    room = Room()
    room.gateway.say("extend", *[problem(404, "Not Found")] * 3)
    one = room.hold()

    room.pass_by(LEASE_S * 1.1)

    assert one.lease.holds(room.clock())
    assert caplog.text.count("lease.extension_refused") == 1


def test_slow_extensions_are_forgotten_after_a_minute_without_any() -> None:
    """After an outage, jobs that need no extension left room for one at a time, for good."""
    room = Room(most=64)
    settings = settings_of(timeout=int(LEASE_S * 1000))
    before = room.extender.room(settings, 0, 0.0)
    room.know(LEASE_S)
    assert room.extender.room(settings, 0, 0.0) < before / 10

    room.clock.advance(61)

    assert room.extender.room(settings, 0, 0.0) == before


def test_a_slow_one_of_long_ago_does_not_weigh_on_what_is_usual() -> None:
    room = Room()
    room.know(LEASE_S)
    room.clock.advance(61)
    room.extender.durations.note(0.01, room.clock())

    assert room.extender.durations.usual_s == 0.01


def test_jobs_that_end_early_leave_nothing_behind_a_job_that_is_due_first() -> None:
    room = Room()
    room.hold(lease_s=3600.0)
    for key in range(2, 20_000):
        room.clock.advance(0.01)
        room.extender.forget(room.hold(key, lease_s=3600.0))
        room.gateway.requests.clear()

    assert len(room.extender._slots) < 3000
    assert len(room.extender._due) == len(room.extender._slots)


def test_a_clock_that_jumps_over_the_end_loses_the_lease_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    one = room.hold()
    room.pass_by(0.1)

    room.clock.advance(2 * LEASE_S)
    room.extender.look()

    assert one.lease.loss is Loss.PAUSED
    assert room.asked == 0, "nothing is sent for what may be another's"
    assert "reason=paused" in caplog.text


def test_a_lease_that_is_not_to_be_extended_ends() -> None:
    room = Room()
    one = room.hold(auto_extend=False)

    room.pass_by(LEASE_S + 0.1)

    assert (room.asked, one.lease.loss) == (0, Loss.NOT_EXTENDED)


def test_a_lease_is_extended_up_to_its_limit(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.know(0.01)
    one = room.hold(max_lease=25_000)

    room.pass_by(24.0)
    assert one.lease.holds(room.clock())
    room.pass_by(13.0)

    assert one.lease.loss is Loss.NOT_EXTENDED
    assert "lease.limit_reached" in caplog.text


def test_what_waits_for_a_slot_is_handed_back_after_a_while() -> None:
    room = Room()
    room.hold(stage=Stage.WAITING)

    room.pass_by(SURPLUS_WAIT_S - 0.1)
    assert room.handed_back == []
    room.pass_by(0.2)

    assert (room.handed_back, room.asked) == (["1"], 0)


def test_what_is_forgotten_or_settled_is_left_alone() -> None:
    room = Room()
    forgotten, settled = room.hold(1), room.hold(2)
    room.extender.forget(forgotten)
    settled.stage = Stage.SETTLED

    room.pass_by(LEASE_S)

    assert room.asked == 0
    assert room.extender.look() is None, "nothing is left to look after"


def test_the_most_urgent_goes_first_and_no_more_at_once_than_allowed() -> None:
    room = Room(most=2)
    gate = Event()
    room.gateway.always("extend", lambda: (gate.wait() and TAKEN) or TAKEN)
    for key, lease_s in ((1, 30.0), (2, 20.0), (3, 3.0), (4, 2.0)):
        room.hold(key, lease_s=lease_s)

    room.clock.advance(1.9)
    room.extender.look()
    settle()

    assert [request.key for request in room.gateway.asked("extend")] == ["4", "3"]
    gate.set()
    settle()
    assert {request.key for request in room.gateway.asked("extend")} == {"1", "2", "3", "4"}


def test_a_defect_in_one_extension_costs_one_try(caplog: pytest.LogCaptureFixture) -> None:
    """It ended the keeping of that job's lease without a line."""
    room = Room()
    room.gateway.say("extend", KeyError("a defect"))
    one = room.hold()

    room.pass_by(2 * LEASE_S)

    assert one.lease.holds(room.clock())
    assert "greenlet.died" in caplog.text


def test_a_lease_with_enough_left_is_secured_without_a_request() -> None:
    room = Room()
    one = room.hold()

    assert room.extender.secure(one, one.lease.may_send)
    assert room.asked == 0


def test_a_lease_with_little_left_is_secured_by_an_extension() -> None:
    room = Room()
    one = room.hold()
    room.clock.advance(LEASE_S - 0.5)

    assert room.extender.secure(one, one.lease.may_send)
    assert room.asked == 1
    assert one.lease.holds(room.clock(), LEASE_S - 1)


def test_a_lease_that_is_over_is_not_secured() -> None:
    room = Room()
    one = room.hold()
    room.clock.advance(LEASE_S + 0.5)

    assert not room.extender.secure(one, one.lease.may_send)
    assert (room.asked, one.lease.loss is not None) == (0, True)


def test_room_is_what_extensions_can_keep() -> None:
    room = Room(most=10)
    settings = settings_of(timeout=10_000)
    assert room.extender.room(settings, 4, 0.0) == 6, "unknown: each may need a connection of its own"
    assert room.extender.room(settings_of(auto_extend=False), 99, 0.0) == float("inf")

    room.know(1.0)

    assert room.extender.room(settings, 0, 0.0) == pytest.approx(10 * 0.7 / 1.0 * 10 / 3)
    assert room.extender.room(settings, 0, 7.0) == 0
    assert room.extender.extensions_per_s(settings) == pytest.approx(0.3)


def test_the_loop_looks_until_it_is_stopped(caplog: pytest.LogCaptureFixture) -> None:

    caplog.set_level(logging.INFO)
    room = Room()
    looking = gevent.spawn(room.extender.run)
    settle()
    assert room.extender.late_s(room.clock() + 1e6) < 0, "without a job it is never late"
    one = room.hold()
    room.extender.kept_outside.append((one, 3.0))
    settle()
    assert room.extender.late_s(room.clock()) <= 0
    assert room.extender.late_s(room.clock() + 60.0) > 0
    assert "lease.kept_outside" in caplog.text
    assert room.extender.slack.of("t", room.clock()) == 3.0

    room.extender.stop()

    looking.get(timeout=5)


def test_what_an_extension_left_of_its_lease_is_kept() -> None:
    room = Room()
    room.know(0.01)
    room.hold()

    room.pass_by(LEASE_S)

    assert room.extender.slack.of("t", room.clock()) == pytest.approx(LEASE_S * (1 - EXTEND_AFTER), abs=0.1)
