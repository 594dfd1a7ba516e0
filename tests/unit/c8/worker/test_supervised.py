from __future__ import annotations

import logging

import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8.worker._supervisor import FORGIVEN_AFTER_S, Supervised
from tests.parts.time_given import Clock


class Work:
    """Dies as often as asked, then goes on until it is stopped."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.stopping = Event()
        self.working = Event()

    def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.working.set()
        self.stopping.wait()


@pytest.mark.parametrize("error", [KeyError("a defect"), SystemExit(3), KeyboardInterrupt()])
def test_what_dies_is_logged_counted_and_started_again(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    before = metrics.greenlets_died["thing"]
    work = Work(error)
    one = Supervised("thing", work, work.stopping)
    one.start()

    assert work.working.wait(5)
    assert one.is_well
    assert metrics.greenlets_died["thing"] == before + 1
    assert "greenlet.died" in caplog.text
    work.stopping.set()
    one.greenlet.get(timeout=5)


def test_a_stop_does_not_wait_for_what_is_dead() -> None:
    deaths = Event()
    work = Work(*[KeyError(number) for number in range(100)])
    one = Supervised("thing", work, work.stopping, lambda count: count >= 2 and deaths.set())
    one.start()
    assert deaths.wait(5)
    assert not one.is_well

    work.stopping.set()

    one.greenlet.get(timeout=0.3)


def test_deaths_of_long_ago_are_forgotten() -> None:
    """The count was never reset: after a bad day, one death cost a pause of half a minute for ever."""
    clock, counted = Clock(), []
    work = Work(*[KeyError(number) for number in range(3)])

    def worked_long() -> None:
        clock.advance(FORGIVEN_AFTER_S + 1)
        work()

    one = Supervised("thing", worked_long, work.stopping, lambda count: counted.append(count), clock)
    one.start()
    assert work.working.wait(5)

    assert counted == [1, 1, 1]
    work.stopping.set()
