"""All workers of a process, over a gateway without a socket: their start, health and the order of their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client._process.last_resort import LastResort
from camunda_client.c8._http import Answer
from camunda_client.c8.worker import StopReport
from camunda_client.c8.worker._supervisor import Supervisor
from camunda_client.config import C8Config, WorkerConfig
from tests.parts.fake_gateway import CONFIG, NOT_FOUND, TAKEN, FakeGateway, jobs_of, problem, settings_of
from tests.parts.time_given import settle
from tests.parts.work import until


class Room:
    """Workers of one type; polls bring what the test gives them, and are parked otherwise."""

    def __init__(
        self, handler: Callable[[Any], Any] = lambda job: None, *, config: C8Config = CONFIG, **options: Any
    ) -> None:
        self.gateway, self.parked = FakeGateway(most_extensions=256), Event()
        self.gateway.always("activate", self._park)
        commands: Any = self.gateway
        settings = settings_of(handler, timeout=60_000, **{"request_timeout": 100, **options})
        self.supervisor = Supervisor(config, [settings], LastResort(5.0), commands)
        self.report = StopReport()

    def _park(self) -> Answer:
        self.parked.wait(0.3)
        return jobs_of()

    def bring(self, *keys: int) -> None:
        self.gateway.say("activate", jobs_of(*({"jobKey": str(key), "type": "t", "retries": 3} for key in keys)))

    @contextmanager
    def running(self, drain_timeout_s: float = 5.0) -> Iterator[None]:
        self.supervisor.start()
        try:
            yield
        finally:
            self.report = self.supervisor.stop(drain_timeout_s)

    @property
    def reports(self) -> list[tuple[str, str]]:
        return [(one.what, one.key) for one in self.gateway.asked("completion", "failure", "error")]


def test_what_polls_bring_is_worked_and_told_of() -> None:
    room = Room()
    room.bring(1, 2, 3)

    with room.running():
        until(lambda: len(room.reports) == 3, "all are told of", 10)

    assert room.reports == [("completion", "1"), ("completion", "2"), ("completion", "3")]
    assert (room.report.clean, room.report.abandoned) == (True, [])
    assert room.gateway.is_closed


def test_it_is_alive_when_polls_are_answered_and_a_leader_is_seen() -> None:
    room = Room()
    assert not room.supervisor.health().alive

    with room.running():
        until(lambda: room.supervisor.health().alive, "it is alive", 10)
        found = room.supervisor.health()
        assert (found.running, found.leader, found.in_flight, found.dead) == (True, True, 0, [])
        assert [one.job_type for one in found.types] == ["t"]

    assert not room.supervisor.health().alive
    assert not room.supervisor.health().running


@pytest.mark.parametrize(
    ("what", "answer"), [("topology", problem(503, "UNAVAILABLE")), ("activate", problem(500, "INTERNAL"))]
)
def test_it_is_not_alive_without_a_leader_or_without_answers(what: str, answer: Answer) -> None:
    room = Room()
    room.gateway.always(what, answer)

    with room.running():
        until(lambda: len(room.gateway.asked(what)) >= 1, "it is asked", 10)
        settle()
        assert not room.supervisor.health().alive


def test_whether_a_job_is_held_can_be_asked() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None)
    room.bring(1)

    with room.running():
        until(lambda: room.supervisor.held_jobs() != [], "it runs", 10)
        assert room.supervisor.is_held("1") is True
        assert room.supervisor.is_held("2") is None
        go_on.set()


def test_a_stop_lets_handlers_finish_and_keeps_their_leases_meanwhile() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None)
    room.bring(1)
    room.supervisor.start()
    until(lambda: room.supervisor.held_jobs() != [], "it runs", 10)

    stopping = gevent.spawn(room.supervisor.stop, 10.0)
    settle()
    polls = len(room.gateway.asked("activate"))
    assert not stopping.ready()
    go_on.set()

    report = stopping.get(timeout=10)
    assert (report.completed, report.clean) == (1, True)
    assert room.reports == [("completion", "1")]
    assert len(room.gateway.asked("activate")) == polls, "no more was asked for"


def test_at_the_deadline_handlers_are_stopped_and_their_jobs_handed_back() -> None:
    ends: list[BaseException] = []

    def handler(job: Any) -> None:
        try:
            Event().wait(60)
        except BaseException as error:
            ends.append(error)
            raise

    room = Room(handler)
    room.bring(1, 2)
    with room.running(drain_timeout_s=0.05):
        until(lambda: len(room.supervisor.held_jobs()) == 2, "they run", 10)

    assert [type(error).__name__ for error in ends] == ["HandlerStopped"] * 2
    assert sorted(room.reports) == [("failure", "1"), ("failure", "2")]
    assert {one.body["retries"] for one in room.gateway.asked("failure")} == {3}
    assert (sorted(room.report.interrupted), room.report.handed_back) == (["1", "2"], 0)
    assert not room.report.clean


def test_what_an_open_poll_still_brings_is_handed_back() -> None:
    room, brought = Room(), Event()

    def late() -> Answer:
        brought.wait(10)
        return jobs_of({"jobKey": "9", "type": "t", "retries": 2})

    room.gateway.say("activate", late)
    room.supervisor.start()
    until(lambda: room.gateway.asked("activate") != [], "a poll is open", 10)

    stopping = gevent.spawn(room.supervisor.stop, 10.0)
    settle()
    brought.set()
    report = stopping.get(timeout=10)

    assert [(one.key, one.body["retries"]) for one in room.gateway.asked("failure")] == [("9", 2)]
    assert (report.handed_back, report.clean) == (1, True)


def test_a_job_that_can_not_be_handed_back_is_in_the_report() -> None:
    room = Room(lambda job: Event().wait(60) and None)
    room.bring(1)
    room.gateway.always("failure", NOT_FOUND)

    with room.running(drain_timeout_s=0.05):
        until(lambda: room.supervisor.held_jobs() != [], "it runs", 10)

    assert room.report.interrupted == ["1"]
    assert room.supervisor.held_jobs() == []


def test_a_poller_that_dies_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.gateway.say("activate", KeyError("a defect"))
    room.bring(1)

    with room.running():
        until(lambda: room.supervisor.health().dead == ["poller"], "it is known", 10)
        until(lambda: room.reports == [("completion", "1")], "and polls again", 10)
        until(lambda: room.supervisor.health().dead == [], "it is well", 10)

    assert "poller.restarted" in caplog.text


def test_reports_that_are_answered_late_are_waited_for() -> None:
    room, answered = Room(), Event()
    room.gateway.say("completion", lambda: (answered.wait(10) and TAKEN) or TAKEN)
    room.bring(1)
    room.supervisor.start()
    until(lambda: room.reports != [], "it is told of", 10)

    stopping = gevent.spawn(room.supervisor.stop, 10.0)
    settle()
    assert not stopping.ready()
    answered.set()

    assert stopping.get(timeout=10).completed == 1


def test_handlers_that_outlast_the_last_poll_are_waited_for() -> None:
    room, go_on = Room(lambda job: go_on.wait(10) and None), Event()
    room.bring(1)
    room.supervisor.start()
    until(lambda: room.supervisor.held_jobs() != [], "it runs", 10)

    stopping = gevent.spawn(room.supervisor.stop, 10.0)
    room.parked.set()
    settle()
    assert not stopping.ready()
    go_on.set()

    assert stopping.get(timeout=10).completed == 1


def test_a_stop_hands_back_what_waits_for_a_slot_and_finishes_what_runs() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, config=CONFIG.model_copy(update={"worker": WorkerConfig(pool=1)}))
    # One poll asked for more than there are slots: another answered late.
    room.bring(1, 2)
    room.supervisor.start()
    until(lambda: len(room.supervisor.held_jobs()) == 2, "both are there", 10)

    stopping = gevent.spawn(room.supervisor.stop, 10.0)
    until(lambda: room.reports == [("failure", "2")], "one goes back", 10)
    go_on.set()

    report = stopping.get(timeout=10)
    assert (report.completed, report.handed_back, report.clean) == (1, 1, True)


def test_a_gateway_that_does_not_answer_a_poll_does_not_keep_a_stop(caplog: pytest.LogCaptureFixture) -> None:
    room, never = Room(), Event()
    room.gateway.always("activate", lambda: (never.wait(30) and TAKEN) or TAKEN)
    room.supervisor.start()
    until(lambda: room.gateway.asked("activate") != [], "a poll is open", 10)

    with gevent.Timeout(20):
        room.supervisor.stop(0.05)

    assert "shutdown.polls_abandoned" in caplog.text
    never.set()


def test_a_defect_in_what_looks_at_the_cluster_is_said_and_known(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.gateway.say("topology", KeyError("a defect"))

    with room.running():
        until(lambda: "cluster" in room.supervisor.health().dead, "it is known", 10)
        assert not room.supervisor.health().alive

    assert "greenlet.died" in caplog.text


def test_what_jobs_do_not_get_of_the_context_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    scope: ContextVar[list[str]] = ContextVar("scope")
    token = scope.set(["a list, which jobs could change"])
    room = Room()

    with room.running():
        pass

    scope.reset(token)
    assert "context.left_out" in caplog.text
