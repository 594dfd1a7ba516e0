"""The jobs in hand, from the answer that brought them until Camunda has their outcome; time is given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client._process import job_table
from camunda_client.c8._http import Answer
from camunda_client.c8.worker._caps._allowance import Caps
from camunda_client.c8.worker._custody import POISON_LIMIT, Custody
from camunda_client.c8.worker._execution import HandlerStopped, JobContext
from camunda_client.c8.worker._extender import SURPLUS_WAIT_S
from camunda_client.c8.worker._gateway import UnreadableJob
from camunda_client.c8.worker._lease import Stage
from camunda_client.c8.worker._pace import Offsets
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._resources import Resource
from camunda_client.c8.worker._watchdog import HandlerWatch
from camunda_client.error import ServiceException
from tests.parts.fake_gateway import NOT_FOUND, TAKEN, FakeGateway, job, lost, problem, settings_of
from tests.parts.time_given import Clock, settle
from tests.parts.work import until

LEASE_S = 10.0
REPORTS = ("completion", "failure", "error")


class Room:
    """Custody of jobs of one type, whose handler does what the test says."""

    def __init__(self, handler: Callable[[Any], Any] = lambda job: None, *, pool: int = 10, **options: Any) -> None:
        self.clock, self.gateway = Clock(), FakeGateway()
        self.runs: list[str] = []
        commands: Any = self.gateway
        self.custody = Custody(JobContext(), commands, pool, 32, self.clock)
        self.settings = settings_of(self._run, timeout=int(LEASE_S * 1000), **options)
        self.poller = Poller(self.settings, commands, self.custody, Offsets(), 1, lambda: False, self.clock)
        self._handler = handler

    def _run(self, found: Any) -> Any:
        self.runs.append(found.job_key)
        return self._handler(found)

    def offer(self, key: int = 1, *, retries: int = 3, lease_s: float = LEASE_S) -> None:
        """Let a poll bring a job, of whose lease so much is left, and let all happen that can."""
        now = self.clock()
        self.custody.accept(job(key, retries=retries), self.settings, now + lease_s, now)
        settle()

    def pass_by(self, seconds: float) -> None:
        """Move the clock in steps, as the extender looks."""
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            nap_s = self.custody.extender.look()
            settle()
            self.clock.now_s = min(end_s, self.clock() + (nap_s or seconds))
        self.custody.extender.look()
        settle()

    @property
    def reports(self) -> list[tuple[str, str]]:
        """What Camunda was told of jobs, and of which."""
        return [(request.what, request.key) for request in self.gateway.asked(*REPORTS)]

    @property
    def in_hand(self) -> list[str]:
        return [held.key for held in self.custody.jobs()]


def fail(job: Any) -> None:
    raise KeyError("sku")


def test_a_job_is_in_hand_until_camunda_has_its_outcome() -> None:
    room, answered = Room(), Event()
    room.gateway.say("completion", lambda: (answered.wait(10) and TAKEN) or TAKEN)

    room.offer()

    assert room.runs == ["1"]
    assert (room.in_hand, [held.stage for held in room.custody.jobs()]) == (["1"], [Stage.REPORTING])
    answered.set()
    settle()
    assert room.in_hand == []
    assert room.reports == [("completion", "1")]


def test_a_lease_is_kept_for_as_long_as_the_handler_runs_and_its_report_is_out() -> None:
    ended, answered = Event(), Event()
    room = Room(lambda job: ended.wait(10) and None)
    room.gateway.say("completion", lambda: (answered.wait(10) and TAKEN) or TAKEN)
    room.offer()
    [held] = room.custody.jobs()

    room.pass_by(3 * LEASE_S)
    assert held.lease.holds(room.clock())
    ended.set()
    settle()
    room.pass_by(3 * LEASE_S)
    assert held.lease.holds(room.clock())

    answered.set()
    settle()
    asked = len(room.gateway.asked("extend"))
    room.pass_by(3 * LEASE_S)
    assert len(room.gateway.asked("extend")) == asked, "what is settled is not extended any more"


def test_what_comes_beyond_the_cap_goes_back_with_all_its_retries() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, max_jobs_active=1)
    room.offer(1)

    room.offer(2)

    assert room.runs == ["1"]
    [request] = room.gateway.asked("failure")
    assert (request.key, request.body["retries"]) == ("2", 3)
    go_on.set()
    settle()


def test_what_waits_for_a_slot_too_long_goes_back() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, pool=1)
    room.offer(1)
    room.offer(2)
    assert [held.stage for held in room.custody.jobs()] == [Stage.RUNNING, Stage.WAITING]

    room.pass_by(SURPLUS_WAIT_S / 2)
    assert room.reports == []
    room.pass_by(SURPLUS_WAIT_S)

    assert room.reports == [("failure", "2")]
    go_on.set()
    settle()
    assert room.runs == ["1"], "it does not run when its turn comes"


def test_a_job_of_whose_lease_little_is_left_starts_after_an_extension_only() -> None:
    room = Room()

    room.offer(lease_s=1.0)

    assert [request.what for request in room.gateway.requests] == ["extend", "completion"]
    assert room.runs == ["1"]


@pytest.mark.parametrize("said", [NOT_FOUND, problem(400, "Bad Request")])
def test_a_job_whose_extension_is_refused_is_neither_started_nor_told_of(said: Answer) -> None:
    room = Room()
    room.gateway.always("extend", said)

    room.offer(lease_s=1.0)

    assert (room.runs, room.reports, room.in_hand) == ([], [], [])


def test_a_job_whose_lease_is_over_when_it_comes_is_not_started() -> None:
    room = Room()

    room.offer(lease_s=-0.5)

    assert (room.runs, room.gateway.requests, room.in_hand) == ([], [], [])


def test_a_job_that_is_offered_again_while_it_runs_is_not_started_again() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, auto_extend=False)
    room.offer()
    [held] = room.custody.jobs()
    room.clock.advance(LEASE_S + 1)

    room.offer()

    assert room.runs == ["1"]
    assert held.lease.holds(room.clock())
    assert room.in_hand == ["1"]
    go_on.set()
    settle()
    assert room.reports == [("completion", "1")]


def test_a_job_that_is_offered_again_because_it_failed_waits_until_that_is_told() -> None:
    answered = Event()
    room = Room(lambda job: fail(job) if job.retries == 3 else None, retry_back_off=0)
    room.gateway.say("failure", lambda: (answered.wait(10) and TAKEN) or TAKEN)
    room.offer(retries=3)

    room.offer(retries=2)
    assert room.runs == ["1"]
    answered.set()
    settle()

    assert room.runs == ["1", "1"]
    assert room.reports == [("failure", "1"), ("completion", "1")]


def test_an_offer_that_waits_for_that_counts_for_a_rate_as_if_it_began_now() -> None:
    answered, crm = Event(), Resource("crm", rate="5/s")
    room = Room(lambda job: fail(job) if job.retries == 3 else None, retry_back_off=0)
    caps = Caps({"crm": crm}, None, room.clock, room.clock)
    room.settings = caps.fitted(replace(room.settings, resources=(crm,)))
    allowance = caps.allowance(room.settings)
    assert allowance is not None
    gateway: Any = room.gateway
    Poller(room.settings, gateway, room.custody, Offsets(), 1, lambda: False, room.clock, allowance=allowance)
    room.gateway.say("failure", lambda: (answered.wait(10) and TAKEN) or TAKEN)
    room.offer(retries=3)
    room.offer(retries=2)
    allowance.settle(0)  # as when a poll has been answered

    # One has begun, and one may at any time.
    assert allowance.take(5, is_idle=False) == 3
    allowance.settle(3)
    answered.set()
    settle()
    assert room.runs == ["1", "1"]
    assert allowance.take(5, is_idle=False) == 3
    room.clock.advance(1.1)
    assert allowance.take(5, is_idle=False) == 2


def test_a_failure_that_could_not_be_told_is_told_when_the_job_is_offered_again() -> None:
    """And its handler does not run a second time before that."""
    failed = Event()
    room = Room(lambda job: failed.wait(10) and fail(job), auto_extend=False)
    room.offer()
    room.clock.advance(LEASE_S + 1)
    failed.set()
    settle()
    assert (room.reports, room.in_hand) == ([], []), "its lease is over: it would take the job from its next holder"

    room.offer()

    assert room.runs == ["1"]
    assert room.reports == [("failure", "1")]


def test_a_job_that_can_not_be_read_is_failed_with_one_retry_fewer() -> None:
    room = Room()
    unreadable = UnreadableJob("variables: not a dictionary", {"jobKey": "7", "retries": 3})

    room.custody.reject(unreadable, room.settings, room.clock() + LEASE_S)
    settle()

    [request] = room.gateway.asked("failure")
    assert (request.key, request.body["retries"]) == ("7", 2)
    assert "variables" in request.body["errorMessage"]


def test_the_failure_of_a_job_that_can_not_be_read_names_its_lease() -> None:
    """Camunda 8.10 takes none without, and the job came back for ever."""
    room = Room()
    unreadable = UnreadableJob("no dictionary", {"jobKey": "7", "retries": 3, "jobLeaseToken": "mine"})

    room.custody.reject(unreadable, room.settings, room.clock() + LEASE_S)
    settle()

    [request] = room.gateway.asked("failure")
    assert request.body["jobLeaseToken"] == "mine"


def test_a_job_that_comes_while_its_lost_handler_is_ended_has_its_turn_then() -> None:
    """It belonged to the handler that was being ended, and was locked for a lease."""
    ended, cleaned = Event(), Event()

    def handler(job: Any) -> None:
        if ended.is_set():
            return
        ended.set()
        try:
            Event().wait(30)
        finally:
            cleaned.wait(10)

    room = Room(handler, auto_extend=False, stop_when_lost=True)
    room.offer()
    room.clock.advance(LEASE_S + 1)
    HandlerWatch(room.custody.jobs, room.clock, room.clock).look()
    settle()
    room.offer()
    assert room.runs == ["1"]
    cleaned.set()
    settle()

    assert room.runs == ["1", "1"]
    assert room.reports == [("completion", "1")]
    assert room.in_hand == []


class BrokenOnce(float):
    """A number of whose comparisons the first fails."""

    comparisons = 0

    def __gt__(self, other: float) -> bool:
        self.comparisons += 1
        if self.comparisons == 1:
            raise TypeError("a defect")
        return super().__gt__(other)


def test_after_a_defect_in_looking_after_one_job_all_are_looked_after_again() -> None:
    ended, broken = Event(), BrokenOnce(3600)
    room = Room(lambda job: ended.wait(10) and None)
    for key in (1, 2, 3):
        now = room.clock()
        settings = replace(room.settings, max_lease_s=broken) if key == 1 else room.settings
        room.custody.accept(job(key), settings, now + LEASE_S, now)
    settle()

    end_s = room.clock() + 3 * LEASE_S
    while room.clock() < end_s:
        nap_s = None
        try:
            nap_s = room.custody.extender.look()
        except TypeError:
            room.custody.watch_again()
        settle()
        room.clock.advance(min(nap_s or 0.5, 0.5))

    assert broken.comparisons > 1
    assert [held.lease.holds(room.clock()) for held in room.custody.jobs()] == [True, True, True]
    ended.set()


def test_a_job_of_which_nothing_is_taken_is_left_alone_until_its_retries_change() -> None:
    room = Room()
    for command in ("completion", "failure"):
        room.gateway.always(command, problem(400, "Bad Request", "Failed to read request"))
    room.offer()
    assert len(room.reports) == 4

    room.offer()
    assert (room.runs, len(room.reports)) == (["1"], 4)
    room.offer(retries=2)
    assert room.runs == ["1", "1"]


# -- what a handler leaves behind -------------------------------------------------------------------------------------
def leave_a_timeout(strike: Event, struck: Event) -> None:
    gevent.Timeout(0.001).start()
    gevent.spawn_later(0.01, struck.set)


def leave_a_kill(strike: Event, struck: Event) -> None:
    gevent.spawn(_later, strike, struck, gevent.getcurrent().kill)  # type: ignore[attr-defined]


def leave_an_exception(strike: Event, struck: Event) -> None:
    handler = gevent.getcurrent()
    gevent.spawn(_later, strike, struck, lambda block: handler.throw(KeyError("late")))


def _later(strike: Event, struck: Event, blow: Callable[..., Any]) -> None:
    strike.wait(10)
    gevent.get_hub().loop.run_callback(lambda: blow(block=False))
    settle()
    struck.set()


@pytest.mark.parametrize("leave", [leave_a_timeout, leave_a_kill, leave_an_exception])
@pytest.mark.parametrize("outcome", ["completion", "failure"])
@pytest.mark.parametrize("first", [None, problem(429, "RESOURCE_EXHAUSTED")], ids=["in the request", "in the wait"])
def test_what_a_handler_leaves_behind_to_strike_later_costs_no_report(
    leave: Callable[[Event, Event], None], outcome: str, first: Answer | None
) -> None:
    """A Timeout that a handler had not closed lost its report: the job's lease ran out, and it was worked again."""
    strike, struck = Event(), Event()

    def handler(job: Any) -> None:
        leave(strike, struck)
        if outcome == "failure":
            raise KeyError("sku")

    room = Room(handler)

    def answer() -> Answer:
        strike.set()
        if first is None:
            struck.wait(10)
        return first or TAKEN

    room.gateway.say(outcome, answer)
    room.offer()
    struck.wait(10)
    until(lambda: room.in_hand == [], "its outcome is taken", 10)

    assert room.reports == [(outcome, "1")] * (1 if first is None else 2)
    assert room.runs == ["1"]


# -- leases lost again and again --------------------------------------------------------------------------------------
def lose_it_often(room: Room, go_on: Event) -> None:
    """Lose the lease of job 1 once more than the limit, then let its handler fail, and offer the job anew."""
    room.offer()
    for _ in range(POISON_LIMIT + 1):
        room.pass_by(LEASE_S + 1)
        room.offer()
    assert room.runs == ["1"]
    go_on.set()
    settle()
    room.offer(retries=2)


def test_a_job_that_outlasts_a_lease_which_is_not_extended_becomes_an_incident() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and fail(job), auto_extend=False)

    lose_it_often(room, go_on)

    assert room.runs == ["1"]
    last = room.gateway.asked("failure")[-1]
    assert (last.key, last.body["retries"]) == ("1", 0)
    assert "not extended" in last.body["errorMessage"]


def test_a_job_whose_extensions_are_swallowed_is_no_poison() -> None:
    """It became an incident whose text blamed its handler."""
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and fail(job) if job.retries == 3 else None)
    room.gateway.always("extend", lost(applied=True, reason="timeout"))

    lose_it_often(room, go_on)

    assert room.runs == ["1", "1"]
    assert [request.body.get("retries") for request in room.gateway.asked("failure")] == [2]
    assert room.reports[-1] == ("completion", "1")


def test_a_job_that_was_in_hand_each_time_the_process_stood_still_is_no_poison() -> None:
    """A laptop that slept, or another job's handler that blocked the hub: the incident blamed the innocent one."""
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and fail(job) if job.retries == 3 else None)
    room.offer()
    for _ in range(POISON_LIMIT + 1):
        room.custody.extender.look()
        settle()
        room.clock.advance(3 * LEASE_S)  # without a look in between
        room.custody.extender.look()
        settle()
        room.offer()
    go_on.set()
    settle()

    room.offer(retries=2)

    assert room.runs == ["1", "1"]
    assert room.reports == [("failure", "1"), ("completion", "1")]
    assert room.gateway.asked("failure")[0].body["retries"] == 2


# -- a stop ---------------------------------------------------------------------------------------------------------
def test_what_a_poll_brings_during_a_stop_goes_back_and_is_counted() -> None:
    room = Room()
    room.custody.begin_stop()

    room.offer()

    assert (room.runs, room.reports) == ([], [("failure", "1")])
    assert (room.custody.report.handed_back, room.custody.report.interrupted) == (1, [])
    assert room.custody.idle.is_set()


def test_a_job_whose_handler_was_stopped_counts_as_interrupted_and_not_as_handed_back() -> None:
    """StopReport.handed_back counted both: what ran halfway was said to be untouched."""
    room = Room(lambda job: Event().wait(10) and None)
    room.offer()
    [held] = room.custody.jobs()
    room.custody.begin_stop()

    held.stopped = True
    assert held.greenlet is not None
    gevent.get_hub().loop.run_callback(held.greenlet.throw, HandlerStopped("the worker stops"))
    settle()
    room.custody.hand_back_soon(held)
    settle()

    [request] = room.gateway.asked("failure")
    assert request.body["retries"] == 3
    assert room.custody.report.handed_back == 0
    assert room.in_hand == []


def test_what_was_completed_or_could_not_be_told_during_a_stop_is_in_its_report() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and (None if job.job_key == "1" else fail(job)), auto_extend=False)
    room.offer(1)
    room.offer(2)
    room.custody.begin_stop()
    room.clock.advance(LEASE_S + 1)

    go_on.set()
    settle()

    assert (room.custody.report.completed, room.custody.report.abandoned) == (1, ["2"])
    assert not room.custody.report.clean


def test_a_defect_while_handing_back_is_said_and_lets_go_of_the_job(caplog: pytest.LogCaptureFixture) -> None:
    """It died without a line, and a stop waited for the job in vain."""
    room = Room()
    room.custody.begin_stop()
    room.gateway.say("failure", KeyError("a defect"))

    room.offer()

    assert room.in_hand == []
    assert room.custody.report.abandoned == ["1"]
    assert "greenlet.died" in caplog.text


# -- how much can be kept ---------------------------------------------------------------------------------------------
def test_there_is_no_more_room_than_leases_can_be_kept() -> None:
    room = Room()
    room.custody.extender.durations.note(LEASE_S / 10, room.clock())

    free = room.custody.room(room.settings)

    # 32 connections at seven tenths, a second each: 22.4 extensions a second, one for each job every 3.33 s.
    assert free == pytest.approx(32 * 0.7 / 1.0 * LEASE_S / 3)


def test_leases_that_nobody_looks_after_any_more_are_looked_after_again() -> None:
    room = Room(lambda job: Event().wait(1) and None)
    room.offer()
    [held] = room.custody.jobs()
    room.custody.extender.forget(held)

    room.custody.watch_again()
    room.pass_by(LEASE_S)

    assert held.lease.holds(room.clock())


def test_a_business_error_or_an_order_of_the_handler_is_told_as_it_is() -> None:
    def handler(job: Any) -> None:
        raise ServiceException("no", retries=7, retry_back_off=1234)

    room = Room(handler)

    room.offer()

    [request] = room.gateway.asked("failure")
    assert (request.body["retries"], request.body["retryBackOff"]) == (7, 1234)


# -- what else may befall a job ---------------------------------------------------------------------------------------
def test_a_waiting_job_starts_when_a_slot_is_free_with_its_lease_kept() -> None:
    ended = {"1": Event(), "2": Event()}
    room = Room(lambda job: ended[job.job_key].wait(10) and None, pool=1)
    room.offer(1)
    room.offer(2)

    ended["1"].set()
    settle()
    assert room.runs == ["1", "2"]
    room.pass_by(3 * LEASE_S)

    [held] = room.custody.jobs()
    assert (held.key, held.stage, held.lease.holds(room.clock())) == ("2", Stage.RUNNING, True)
    run = room.custody.latest_run()
    assert run is not None
    assert run.key == "1"
    assert 0 < run.started_s <= run.ended_s
    ended["2"].set()
    settle()


def test_a_job_whose_extension_is_not_answered_goes_back_while_it_is_ours() -> None:
    room = Room()
    room.gateway.always("extend", lost(applied=True, reason="timeout"))

    room.offer(lease_s=1.0)

    assert (room.runs, room.reports, room.in_hand) == ([], [("failure", "1")], [])


@pytest.mark.parametrize(("left_s", "reports"), [(0.3, [("failure", "1")]), (0.1, [])])
def test_a_failure_is_sent_only_if_it_arrives_before_the_lease_ends(
    left_s: float, reports: list[tuple[str, str]]
) -> None:
    """As far as is known: by how long extensions take lately."""
    ended = Event()
    room = Room(lambda job: ended.wait(10) and fail(job))
    for _ in range(16):
        room.custody.extender.durations.note(0.2, room.clock())
    room.offer()
    room.gateway.always("extend", lost(applied=False))

    [held] = room.custody.jobs()
    room.clock.now_s = held.lease.ends_s - left_s
    ended.set()
    settle()

    assert (room.reports, room.in_hand) == (reports, [])


def test_a_job_that_its_parent_condemned_becomes_an_incident_and_runs_once_that_is_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = job_table.JobTable(job_table.new_file())
    monkeypatch.setattr(job_table, "current", table)
    table.condemn([(1, job_table.DeathVerdict(deaths=3, code=-9))])
    room = Room()

    room.offer(1)
    room.offer(2)

    [request] = room.gateway.asked("failure")
    assert (request.key, request.body["retries"]) == ("1", 0)
    assert "each of the 3 times" in request.body["errorMessage"]
    assert "SIGKILL" in request.body["errorMessage"]
    assert (room.runs, table.still_condemned()) == (["2"], set())
    room.offer(1, retries=1)
    assert room.runs == ["2", "1"]


def test_a_job_without_a_key_that_can_not_be_read_is_said_and_left(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()

    room.custody.reject(UnreadableJob("no key", {"retries": 3}), room.settings, room.clock() + LEASE_S)
    settle()

    assert (room.gateway.requests, room.in_hand) == ([], [])
    assert "job.unreadable" in caplog.text


def test_a_job_that_can_neither_be_read_nor_failed_is_tried_once() -> None:
    room = Room()
    room.gateway.always("failure", problem(400, "Bad Request", "Failed to read request"))

    told: list[int] = []
    for retries in (3, 3, 2):
        unreadable = UnreadableJob("variables: not a dictionary", {"jobKey": "7", "retries": retries})
        room.custody.reject(unreadable, room.settings, room.clock() + LEASE_S)
        settle()
        told.append(len(room.reports))

    first, second, third = told
    assert 0 < first == second < third, "the same retries again: nothing new can be said of it"


def test_a_defect_while_failing_a_job_that_can_not_be_read_is_said(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.gateway.say("failure", KeyError("a defect"))

    room.custody.reject(UnreadableJob("no", {"jobKey": "7", "retries": 3}), room.settings, room.clock() + LEASE_S)
    settle()

    assert "greenlet.died" in caplog.text


def test_a_job_that_can_not_be_handed_back_during_a_stop_is_in_its_report() -> None:
    room = Room()
    room.gateway.always("failure", problem(400, "Bad Request", "Failed to read request"))
    room.custody.begin_stop()

    room.offer()

    assert (room.custody.report.abandoned, room.custody.report.handed_back) == (["1"], 0)
    assert room.in_hand == []


def test_a_type_without_jobs_costs_the_polls_of_others_nothing() -> None:
    """Each poll asked each type how many jobs it has: with 300 types that was a third of an idle process's CPU."""
    room = Room()

    def calls() -> int:
        found = 0

        def count(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal found
            found += event.endswith("call")

        sys.setprofile(count)
        try:
            room.custody.room(room.settings)
        finally:
            sys.setprofile(None)
        return found

    alone = calls()
    for number in range(300):
        room.custody.open(replace(room.settings, job_type=f"other-{number}"), lambda held: None)

    assert calls() == alone
    room.offer()
    assert room.in_hand == []
    assert calls() == alone
