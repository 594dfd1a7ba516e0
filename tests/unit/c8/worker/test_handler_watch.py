"""Handlers that should have ended, by clocks that are given."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.worker._execution import JobLost
from camunda_client.c8.worker._lease import HeldJob, Loss, Stage
from camunda_client.c8.worker._watchdog import CLEAN_UP_S, HandlerWatch
from tests.parts.fake_gateway import held, settings_of
from tests.parts.time_given import Clock, settle


class Room:
    def __init__(self) -> None:
        self.clock, self.monotonic = Clock(), Clock(5.0)
        self.jobs: list[HeldJob] = []
        self.watch = HandlerWatch(lambda: self.jobs, self.clock, self.monotonic)

    def run(self, **options: Any) -> HeldJob:
        """Let a handler run that waits, from now on."""
        one = held(len(self.jobs) + 1, now_s=self.clock(), settings=settings_of(timeout=10_000, **options))
        one.stage, one.started_s = Stage.RUNNING, self.monotonic()
        one.greenlet = gevent.spawn(Event().wait, 10)
        settle(2)
        self.jobs.append(one)
        return one

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.monotonic.advance(seconds)
        self.watch.look()


def test_a_handler_that_swallowed_its_time_out_is_said_once_and_its_lease_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    one = room.run(handler_timeout=2000)

    room.pass_by(2.0 + CLEAN_UP_S - 0.1)
    assert not one.overdue
    room.pass_by(0.2)
    room.pass_by(100.0)

    assert one.overdue
    assert caplog.text.count("job.stuck") == 1
    assert "swallowed its handler_timeout" in caplog.text
    assert "stack=" in caplog.text


def test_a_handler_that_outlasts_max_lease_is_said_and_let_go(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    one = room.run(max_lease=60_000)

    room.pass_by(60.0)
    assert not one.overdue
    room.pass_by(0.1)

    assert one.overdue
    assert "outlasts max_lease" in caplog.text


def test_a_machine_that_slept_counts_for_max_lease_and_not_for_a_handlers_time() -> None:
    """The clock of leases goes on meanwhile, that of handlers does not."""
    room = Room()
    by_time, by_lease = room.run(handler_timeout=60_000), room.run(max_lease=60_000)

    room.clock.advance(3600.0)
    room.watch.look()

    assert (by_time.overdue, by_lease.overdue) == (False, True)


def test_a_handler_without_limits_may_take_for_ever() -> None:
    room = Room()
    one = room.run()

    room.pass_by(1e6)

    assert not one.overdue


def test_a_handler_that_asked_for_it_is_stopped_when_its_job_is_lost() -> None:
    room = Room()
    asked, did_not = room.run(stop_when_lost=True), room.run()
    room.pass_by(1.0)
    assert not asked.dropped

    for one in room.jobs:
        one.lease.lose(Loss.REFUSED)
    room.watch.look()
    settle()

    assert asked.dropped
    assert asked.greenlet is not None
    assert isinstance(asked.greenlet.exception, JobLost)
    assert did_not.greenlet is not None
    assert not did_not.greenlet.ready()


def test_a_handler_that_has_ended_meanwhile_is_not_struck() -> None:
    room = Room()
    one = room.run(stop_when_lost=True)
    one.lease.lose(Loss.REFUSED)

    room.watch.look()
    one.stage = Stage.REPORTING
    settle()

    assert one.greenlet is not None
    assert not one.greenlet.ready()


def test_it_looks_until_it_is_stopped() -> None:
    room = Room()
    looking = gevent.spawn(room.watch.run)
    settle(2)

    room.watch.stop()

    looking.get(timeout=5)
