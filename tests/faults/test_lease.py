"""Area C, leases: what is not known to be ours is neither started, nor failed, nor handed back.

On the embedded engine, with a rival who takes whatever is offered: a job that it gets while we work it ran twice.
"""

from __future__ import annotations

import logging
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.worker import _health, _poller, health
from camunda_client.c8.worker._extender import LeaseExtender
from camunda_client.embedded import Gateway
from camunda_client.error import ServiceException
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.programs import Program
from tests.parts.proxy import Exchange, Fault, FaultProxy
from tests.parts.work import Tally, start_many, until, working

pytestmark = pytest.mark.slow

APP = Path(__file__).with_name("app.py")
EXTENSION = "PATCH .*"
ACTIVATION = "POST .*/jobs/activation"
FAILURE = "POST .*/failure"
COMPLETION = "POST .*/completion"
#: Seconds.
LEASE_S = 2.0


class Stage:
    """An engine with jobs of one type behind a proxy, and what becomes of them."""

    def __init__(self, gateway: Gateway, proxy: FaultProxy) -> None:
        self.gateway = gateway
        self.proxy = proxy
        self.run = rest.unique()
        self.job_type = f"t-{self.run}"
        rest.deploy(gateway.base_url, "one.bpmn", run=self.run)

    def start(self, count: int = 1) -> list[int]:
        """Start so many instances of one job each."""
        return start_many(self.gateway.base_url, f"one-{self.run}", count)

    def working(self, handler: Any, **options: Any) -> Any:
        """Run a worker of the type behind the proxy."""
        usual = {"timeout": int(LEASE_S * 1000), "request_timeout": 1000, "retry_back_off": 0}
        return working(self.proxy.base_url, {self.job_type: handler}, **{**usual, **options})

    def jobs(self) -> list[Any]:
        """Return the jobs that are not done."""
        return self.gateway.engine.jobs(self.job_type)

    def wait_until_done(self, patience_s: float = 90.0) -> None:
        until(lambda: self.jobs() == [], "all jobs are done", patience_s)


class Rival:
    """Another worker, without lease tokens: keeps each job that it is offered for ``lease_s`` or until it is let go."""

    def __init__(self, stage: Stage, lease_s: float = 60.0) -> None:
        self.taken: list[int] = []
        self._stage = stage
        self._lease_s = lease_s
        self._greenlet: Any = None

    def __enter__(self) -> Rival:
        self._greenlet = gevent.spawn(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._greenlet.kill()

    def _run(self) -> None:
        while True:
            for job in rest.activate(
                self._stage.gateway.base_url, self._stage.job_type, count=100, lease_s=self._lease_s, wait_s=0.3
            ):
                self.taken.append(int(job["jobKey"]))

    def still_holds(self) -> bool:
        """Tell whether none of its jobs was taken from it."""
        held = {job.key: job for job in self._stage.jobs()}
        return all(key in held and held[key].worker == "test" and held[key].state == "ACTIVATED" for key in self.taken)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Gateway(dialect="8.6") as gateway, FaultProxy(gateway.base_url) as proxy:
        yield Stage(gateway, proxy)


def answer_late(seconds: float) -> Fault:
    """Let the engine have the request at once, and answer after so many seconds."""

    def fault(exchange: Exchange) -> bool:
        reply = exchange.forward()
        gevent.sleep(seconds)
        exchange.answer(reply)
        return True

    return fault


def once_started(tally: Tally, count: int) -> None:
    until(lambda: len(tally.runs) == count, "all run")


# -- extensions -------------------------------------------------------------------------------------------------------
@pytest.mark.fault(200)
@pytest.mark.parametrize("late", [0.55, 0.8])
def test_extensions_that_are_answered_late_keep_the_lease(stage: Stage, events: Events, late: float) -> None:
    """The next one was counted from the answer: of three jobs, the rival got two."""
    # Little of a lease is left for all else, which takes its time on a busy machine.
    lease_s = 2 * LEASE_S
    stage.proxy.on(EXTENSION, answer_late(late * lease_s))
    stage.start(3)
    tally = Tally(lambda job: gevent.sleep(2.5 * lease_s))

    with stage.working(tally, timeout=int(lease_s * 1000)):
        once_started(tally, 3)
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rival.taken == []
    assert tally.runs == {0: 1, 1: 1, 2: 1}
    assert events.named("lease.lost") == []


@pytest.mark.fault(201)
@pytest.mark.parametrize("fault", [broken.go_silent(), broken.lose_answer(), broken.respond(502, b"<html>")])
def test_an_extension_that_is_swallowed_costs_a_connection_and_no_lease(
    stage: Stage, events: Events, fault: Fault
) -> None:
    """It waited for longer than was left; the next one was sent, with success, for somebody else's lease."""
    rule = stage.proxy.on(EXTENSION, fault, times=1)
    stage.start()
    tally = Tally(lambda job: gevent.sleep(2.5 * LEASE_S))

    with stage.working(tally):
        once_started(tally, 1)
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rule.happened == 1
    assert rival.taken == []
    assert events.named("lease.lost") == []


@pytest.mark.fault(202)
def test_many_jobs_in_flight_are_all_kept_though_extensions_take_their_time(stage: Stage, events: Events) -> None:
    """Eight connections for all extensions: with 0.1 s each, every one of 1,000 jobs ran twice.

    Engine and worker share this process: more jobs than these would measure the machine.
    """
    stage.gateway.faults.latency("PATCH *", 0.2)
    stage.start(60)
    tally = Tally(lambda job: gevent.sleep(3.0))

    with stage.working(tally, max_jobs_active=1000, timeout=1000):
        once_started(tally, 60)
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rival.taken == []
    assert set(tally.runs.values()) == {1}
    assert events.named("lease.lost") == []


@pytest.mark.fault(203)
def test_no_more_jobs_are_taken_than_can_be_kept(stage: Stage, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    # Room for 8 extensions at once: with 0.3 s for each, that is enough for 6 jobs with a lease of a second.
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (32, 32))
    stage.gateway.faults.latency("PATCH *", 0.3)
    stage.start(24)
    tally = Tally(lambda job: gevent.sleep(1.5))

    with stage.working(tally, max_jobs_active=1000, timeout=1000):
        stage.wait_until_done()

    assert tally.peak <= 10
    assert set(tally.runs.values()) == {1}
    assert events.named("lease.lost") == []
    assert 1 <= len(events.named("lease.capacity", logging.WARNING)) <= 2


@pytest.mark.fault(204)
@pytest.mark.parametrize("lease_ms", [300, 1000])
def test_short_leases_are_kept(stage: Stage, events: Events, lease_ms: int) -> None:
    stage.start(10)
    tally = Tally(lambda job: gevent.sleep(2.0))

    with stage.working(tally, timeout=lease_ms):
        once_started(tally, 10)
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rival.taken == []
    assert set(tally.runs.values()) == {1}


# -- a lease that may be over -----------------------------------------------------------------------------------------
@pytest.mark.fault(205)
def test_a_lease_is_counted_from_its_grant_and_not_from_the_late_answer(stage: Stage, events: Events) -> None:
    """Extended at half of a lease that was counted from the answer: too late by the engine's clock."""
    stage.proxy.on(ACTIVATION, answer_late(0.6 * LEASE_S))
    stage.start(3)
    tally = Tally(lambda job: gevent.sleep(2 * LEASE_S))

    with stage.working(tally):
        until(lambda: all(job.state == "ACTIVATED" for job in stage.jobs()), "they are handed out")
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rival.taken == []
    assert set(tally.runs.values()) == {1}


@pytest.mark.fault(205)
def test_a_job_whose_lease_may_be_over_when_it_comes_is_not_started(stage: Stage, events: Events) -> None:
    stage.proxy.on(ACTIVATION, answer_late(1.5 * LEASE_S), times=1)
    [_] = stage.start()
    tally = Tally()

    with stage.working(tally) as workers:
        until(lambda: [job.state for job in stage.jobs()] == ["ACTIVATED"], "it is handed out")
        with Rival(stage) as rival:
            until(lambda: events.named("lease.lost") != [], "it is said")
            workers.stop()  # with all that it still had to say
            assert rival.still_holds()

    assert len(rival.taken) == 1
    assert tally.runs == {}
    assert "reason=answered_late" in events.named("lease.lost", logging.WARNING)[0]
    assert stage.proxy.seen("(PATCH|POST .*/(failure|completion|error))") == []


@pytest.mark.fault(206)
def test_a_failure_after_a_lost_lease_is_not_sent_and_a_completion_once(stage: Stage, events: Events) -> None:
    stage.proxy.on(EXTENSION, broken.go_silent())
    stage.start(2)
    go_on = Event()

    def handler(job: Any) -> None:
        go_on.wait(30)
        if job.variables["number"] == 1:
            raise KeyError("sku")

    tally = Tally(handler)
    with stage.working(tally, max_jobs_active=2) as workers:
        once_started(tally, 2)
        with Rival(stage) as rival:
            until(lambda: len(rival.taken) == 2, "the leases are over")
            until(lambda: len(events.named("lease.lost")) == 2, "and that is known")
            go_on.set()
            until(lambda: len(stage.jobs()) == 1, "the completion arrives")
            workers.stop()
            assert stage.jobs()[0].state == "ACTIVATED"
            assert stage.jobs()[0].worker == "test"

    assert stage.proxy.seen(FAILURE) == []
    assert len(stage.proxy.seen(COMPLETION)) == 1
    lost = events.named("lease.lost", logging.WARNING)
    assert len(lost) == 2
    assert all("reason=unanswered" in line for line in lost)
    assert events.named("job.poisoned") == []


def program(stage: Stage, **more: str) -> Program:
    """Start ``camunda-client worker app.py``."""
    settings = {
        "CAMUNDA_REST_ADDRESS": stage.proxy.base_url,
        "CAMUNDA_AUTH_STRATEGY": "NONE",
        "JOB_TYPE": stage.job_type,
        "PYTHONPATH": str(APP.parents[2]),
        "LEASE_MS": str(int(LEASE_S * 1000)),
        **more,
    }
    return Program("-m", "camunda_client", "worker", APP, "--drain-timeout", "3", environment=settings, cwd=APP.parent)


@pytest.mark.fault(207)
def test_a_frozen_process_starts_nothing_and_fails_nothing_when_it_goes_on(stage: Stage) -> None:
    """It ran the job that its poll had brought, while a rival worked it, and failed it: a third worker had it then."""
    with program(stage, REQUEST_TIMEOUT_MS="5000") as worker:
        until(lambda: len(stage.proxy.seen(ACTIVATION)) >= 2, "its first, short poll is over")
        until(lambda: bool(stage.gateway.engine._runtime.jobs._polls), "a poll is parked")
        worker.send(signal.SIGSTOP)
        rest.start(stage.gateway.base_url, f"one-{stage.run}", {"do": "nothing of the kind"})
        until(lambda: [job.state for job in stage.jobs()] == ["ACTIVATED"], "the poll got it")
        with Rival(stage) as rival:
            until(lambda: rival.taken != [], "the lease is over")
            worker.send(signal.SIGCONT)
            worker.wait_for("lease.lost")
            worker.send(signal.SIGTERM)
            worker.end()
            assert rival.still_holds()

    assert not any(line.startswith("RUN") for line in worker.lines)
    assert stage.proxy.seen("(PATCH|POST .*/(failure|completion|error))") == []


@pytest.mark.fault(208)
def test_a_blocked_hub_costs_its_leases_and_nobody_elses(stage: Stage) -> None:
    with program(stage, REQUEST_TIMEOUT_MS="1000") as worker:
        # One holds the interpreter for 1.5 leases, two wait meanwhile: one to fail, one to complete.
        rest.start(stage.gateway.base_url, f"one-{stage.run}", {"do": "fail_later", "seconds": 1.0})
        rest.start(stage.gateway.base_url, f"one-{stage.run}", {"do": "sleep", "seconds": 1.0})
        worker.wait_for("RUN", 2)
        rest.start(stage.gateway.base_url, f"one-{stage.run}", {"do": "hold", "seconds": 1.5 * LEASE_S})
        worker.wait_for("RUN", 3)
        with Rival(stage) as rival:
            until(lambda: len(rival.taken) == 3, "the leases are over")
            until(lambda: len(stage.proxy.seen(COMPLETION)) == 2, "what is finished is told late", 20)
            worker.send(signal.SIGTERM)
            worker.end()
            [left] = stage.jobs()

    assert (left.worker, left.state) == ("test", "ACTIVATED")
    assert stage.proxy.seen(FAILURE) == []
    assert len([line for line in worker.lines if line.startswith("RUN")]) == 3
    assert any("lease.lost" in line and "paused" in line for line in worker.lines)


# -- what may have been applied ---------------------------------------------------------------------------------------
@pytest.mark.fault(209)
def test_a_hand_back_whose_answer_was_lost_is_not_sent_again(stage: Stage, events: Events) -> None:
    """The second one took the job from its next holder."""
    stage.proxy.on(FAILURE, broken.lose_answer())
    stage.start(2)
    go_on = Event()

    tally = Tally(lambda job: go_on.wait(30) and None)
    with stage.working(tally, timeout=5000) as workers:
        once_started(tally, 2)
        with Rival(stage) as rival:
            report = workers.stop(0.2)
            until(lambda: len(rival.taken) == 2, "they go to the next")
            # The worker has stopped, and says nothing more.
            assert rival.still_holds()

    assert (len(report.interrupted), report.handed_back, len(report.abandoned)) == (2, 0, 2)

    assert len(rival.taken) == len({request.path for request in stage.proxy.seen(FAILURE)})
    assert len(stage.proxy.seen(FAILURE)) == len(rival.taken)


@pytest.mark.fault(210)
@pytest.mark.parametrize(("back_off_ms", "sent"), [(0, 1), (5000, 1)], ids=["no back-off", "a back-off"])
def test_a_failure_whose_answer_was_lost_is_sent_again_only_if_it_is_proven_not_to_be_applied(
    stage: Stage, events: Events, back_off_ms: int, sent: int
) -> None:
    stage.proxy.on(FAILURE, broken.lose_answer())
    stage.start()

    def handler(job: Any) -> None:
        raise ServiceException("no", retry_back_off=back_off_ms)

    with Rival(stage) as rival, stage.working(handler, max_jobs_active=1) as workers:
        until(lambda: events.named("job.failed") != [] or rival.taken != [], "it is told")
        workers.stop()
        assert rival.still_holds()

    assert len(stage.proxy.seen(FAILURE)) <= sent


def test_a_failure_that_surely_was_not_applied_is_sent_again(stage: Stage, events: Events) -> None:
    rule = stage.proxy.on(FAILURE, broken.close(), times=2)
    stage.start()
    tally = Tally(lambda job: exec("raise KeyError('sku')") if job.retries == 3 else None)

    with stage.working(tally, retry_back_off=1000):
        stage.wait_until_done()

    assert rule.happened == 2
    assert tally.runs == {0: 2}
    assert len(stage.proxy.seen(FAILURE)) == 3


# -- an end for everything --------------------------------------------------------------------------------------------
@pytest.mark.fault(213)
def test_a_job_of_which_nothing_is_taken_is_given_up_once(stage: Stage, events: Events) -> None:
    """Its completion was refused, and its failure: told again with each lease, for ever."""
    refused = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "Failed to read request"}
    stage.proxy.on("POST .*/(completion|failure)", broken.respond(400, refused))
    stage.start()
    tally = Tally(lambda job: {"a": 1})

    with stage.working(tally, timeout=500):
        until(lambda: events.named("report.given_up") != [], "it is given up")
        until(lambda: len(events.named("job.left_alone")) >= 2, "it comes again", 20)

    assert tally.runs == {0: 1}
    assert len(events.named("report.given_up", logging.ERROR)) == 1
    assert len(stage.proxy.seen("POST .*/(completion|failure)")) == 4
    assert b'"retries":0' in stage.proxy.seen(FAILURE)[-1].body


@pytest.mark.fault(214)
def test_an_innocent_job_whose_extensions_are_swallowed_is_not_poisoned(stage: Stage, events: Events) -> None:
    stage.proxy.on(EXTENSION, broken.go_silent())
    stage.start()
    go_on = Event()
    tally = Tally(lambda job: go_on.wait(60) and None)

    with stage.working(tally, timeout=300):
        until(lambda: len(events.named("job.duplicate_suppressed")) >= 6, "its lease is lost again and again", 40)
        go_on.set()
        stage.wait_until_done()

    assert tally.runs == {0: 1}
    assert events.named("job.poisoned") == []


def test_a_stop_does_not_wait_for_a_poller_that_died(
    stage: Stage, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(answer: object) -> object:
        raise KeyError("a defect")

    monkeypatch.setattr(_poller, "read_jobs", die)
    with stage.working(lambda job: None) as workers:
        until(lambda: len(events.named("poller.restarted")) >= 3, "it dies again and again")
        assert health().dead == ["poller"]
        assert not health().alive
        started_s = time.monotonic()
        workers.stop(5)

    assert time.monotonic() - started_s < 2.0


@pytest.mark.fault(215)
def test_a_defect_in_the_keeping_of_leases_costs_none(
    stage: Stage, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended that job's extensions without a line, and the death of the greenlet those of all jobs."""
    met: list[str] = []
    attend = LeaseExtender._attend

    def break_once(self: LeaseExtender, held: Any, now: float) -> None:
        met.append(held.key)
        if len(met) == 1:
            raise KeyError("a defect")
        attend(self, held, now)

    monkeypatch.setattr(LeaseExtender, "_attend", break_once)
    stage.start(2)
    tally = Tally(lambda job: gevent.sleep(2 * LEASE_S))
    with stage.working(tally):
        once_started(tally, 2)
        with Rival(stage) as rival:
            stage.wait_until_done()

    assert rival.taken == []
    assert len(events.named("greenlet.died", logging.ERROR)) == 1


@pytest.mark.fault(215)
def test_a_defect_in_the_watch_of_the_cluster_does_not_leave_an_old_truth(
    stage: Stage, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.working(lambda job: None):
        until(lambda: health().leader is True, "the leader is seen")
        monkeypatch.setattr(_health, "LOOK_EVERY_S", 0.0)

        def die(topology: object) -> bool:
            raise RuntimeError("a defect")

        monkeypatch.setattr(_health, "parsed", die)
        until(lambda: events.named("greenlet.died") != [], "it dies", 15)
        assert health().leader is None
        assert health().dead == ["cluster"]
        assert not health().alive


def test_a_job_that_comes_to_a_parked_poll_starts_at_once(stage: Stage, events: Events) -> None:
    """What is known of the engine's clock, or polls parked briefly until it is, leave enough of its lease."""
    started_s: list[float] = []

    with stage.working(lambda job: started_s.append(time.monotonic()), request_timeout=10_000):
        until(lambda: len(stage.proxy.seen(ACTIVATION)) >= 3, "polls are parked as long as they may be")
        for wait_s in (0.7, 0.3, 0.9, 0.5):
            gevent.sleep(wait_s)
            before_s = time.monotonic()
            stage.start()
            until(lambda: stage.jobs() == [], "it is done", 5)
            assert started_s.pop() - before_s < 0.25

    # The first one's, sent beside its handler to learn how long an extension takes.
    assert len(stage.proxy.seen(EXTENSION)) <= 1


@pytest.mark.fault(36)
def test_polls_that_are_cut_are_told_of_once_and_stay_as_long_as_they_are(stage: Stage, events: Events) -> None:
    """After three cuts, ever, polls stayed short for the life of the process."""
    stage.proxy.idle_cut_s = 0.6
    with stage.working(lambda job: None, timeout=10_000, request_timeout=1000, polling_interval=100):
        until(lambda: events.named("poll.cut_short") != [], "it is said")
        seen = len(stage.proxy.seen(ACTIVATION))
        until(lambda: len(stage.proxy.seen(ACTIVATION)) >= seen + 4, "it goes on")

    assert len(events.named("poll.cut_short", logging.WARNING)) == 1
    assert b'"requestTimeout":1000' in stage.proxy.seen(ACTIVATION)[-1].body
