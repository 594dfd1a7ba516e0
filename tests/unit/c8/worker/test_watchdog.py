"""Whether the hub still runs, seen from a native thread; its time is given, so that nothing need block for long."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import gevent
import pytest

from camunda_client import metrics
from camunda_client._process.last_resort import LastResort
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._execution import Run
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._settings import resolve
from camunda_client.c8.worker._watchdog import COMPUTES, LAST_RESORT_S, THRESHOLD_S, WAITS, Watchdog
from tests.parts.fake_gateway import CONFIG
from tests.parts.time_given import Clock, settle
from tests.parts.work import until


class Resort(LastResort):
    """Ends nothing, and remembers."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.begins = self.postponed = 0

    def begin(self) -> None:
        self.begins += 1

    def postpone(self) -> None:
        self.postponed += 1


class Room:
    def __init__(self) -> None:
        self.clock, self.resort = Clock(), Resort()
        self.watchdog = Watchdog(self.resort, clock=self.clock)
        self.watchdog.start()

    def looked(self) -> None:
        """Wait until the thread has looked, and sleeps again."""
        seen = self.clock.asked
        until(lambda: self.clock.asked >= seen + 4, "the thread looks", 10)


def a_handler(job: ActivatedJob) -> None:
    """Stand for the one that ran."""


def ended(at_s: float, after_s: float) -> Run:
    registered = JobWorker("ended-last", a_handler)
    return Run(at_s - after_s, at_s, resolve(registered, CONFIG), "9")


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.watchdog.stop()


def test_a_hub_that_does_not_run_is_said_when_it_is_back_with_where_it_stood(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = metrics.hub_blocked_s[()]
    # Nothing ticks: to the thread, the hub is away. Its own sleeps are as long as they should be.
    for _ in range(5):
        room.clock.advance(THRESHOLD_S * 0.6)
        room.looked()
    assert "hub.blocked" not in caplog.text, "a thread does not log"

    ticking = gevent.spawn(room.watchdog.run)
    until(lambda: "hub.blocked" in caplog.text, "it is said", 10)
    ticking.kill()

    found = re.search(r"blocked_s=(\d+\.\d+)", caplog.text)
    assert found is not None
    assert float(found[1]) >= THRESHOLD_S
    assert re.search(r"stack=\[.*:\d+ in ", caplog.text)
    assert metrics.hub_blocked_s[()] > blocked
    assert "process.frozen" not in caplog.text


def test_a_process_that_stood_still_is_said_to_have_been_frozen(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    ticking = gevent.spawn(room.watchdog.run)
    settle()
    room.looked()

    room.clock.advance(30.0)
    until(lambda: "process.frozen" in caplog.text, "it is said", 10)
    ticking.kill()

    assert re.search(r"frozen_s=(29|30)\.", caplog.text)
    assert "hub.blocked" not in caplog.text


def test_a_hub_that_runs_is_said_nothing_of_and_postpones_the_last_resort(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    ticking = gevent.spawn(room.watchdog.run)

    until(lambda: room.resort.postponed >= 3, "it ticks", 10)
    ticking.kill()

    assert caplog.text == ""


@pytest.mark.parametrize(
    ("handler_s", "ended_s_ago", "cpu_s", "event"),
    [
        (0.01, 0.0, 0.0, "process.frozen"),
        (5.0, 60.0, 0.0, "process.frozen"),
        (0.01, 0.0, 4.0, "hub.blocked"),
        (5.0, 0.0, 0.0, "hub.blocked"),
    ],
    ids=["nothing ran", "what ran had ended before", "it computed", "a handler held the interpreter in C"],
)
def test_a_frozen_process_is_told_from_a_blocked_one(
    handler_s: float, ended_s_ago: float, cpu_s: float, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By what the process computed, and by the handler that ended last, while the thread overslept for 5 s."""
    clock = Clock()
    slept_s, moment = clock(), clock() + 5.0
    run = ended(moment - ended_s_ago, handler_s)
    watchdog = Watchdog(Resort(), lambda: run, clock=clock)
    watchdog.start()
    clock.now_s = moment

    watchdog.look(slept_s, cpu_s)
    ticking = gevent.spawn(watchdog.run)
    until(lambda: caplog.text != "", "it is said", 10)
    watchdog.stop()
    ticking.get(timeout=5)

    assert event in caplog.text
    assert caplog.text.count("\n") == 1


@pytest.mark.parametrize(("cpu_s", "remedy"), [(0.0, WAITS), (4.0, COMPUTES)])
def test_a_hub_that_ticks_before_the_thread_gets_the_lock_is_said_all_the_same(
    cpu_s: float, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A C call held the interpreter for 5 s; the hub went on first, and nothing was said of it."""
    clock = Clock()
    slept_s = clock()
    run = ended(slept_s + 5.0, 5.0)
    watchdog = Watchdog(Resort(), lambda: run, clock=clock)
    clock.advance(5.0)
    watchdog.start()

    watchdog.look(slept_s, cpu_s)
    ticking = gevent.spawn(watchdog.run)
    until(lambda: caplog.text != "", "it is said", 10)
    watchdog.stop()
    ticking.get(timeout=5)

    assert caplog.text.count("hub.blocked") == 1
    assert "blocked_s=4.75" in caplog.text
    assert "job_type=ended-last job_key=9" in caplog.text
    assert "test_watchdog.py:" in caplog.text
    assert "in a_handler" in caplog.text
    assert remedy in caplog.text


def test_a_hub_that_does_not_come_back_is_said_on_stderr_by_the_thread_itself_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    watchdog = Watchdog(Resort(), clock=clock)

    for _ in range(4):
        clock.advance(LAST_RESORT_S / 2)
        watchdog.look(clock(), 0.0)

    told = capfd.readouterr().err
    assert told.count("hub.blocked for") == 1
    assert " in " in told


def test_a_signal_to_end_is_heard_by_the_thread() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _frame: heard.append(number))
    room = Room()
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        until(lambda: room.resort.begins > 0, "the thread hears it", 10)
    finally:
        room.watchdog.stop()
        signal.signal(signal.SIGHUP, before)

    assert heard == [signal.SIGHUP]


def test_a_stop_leaves_the_wakeup_descriptor_as_it_was_and_ends_the_ticking() -> None:
    room = Room()
    ticking = gevent.spawn(room.watchdog.run)
    settle()

    room.watchdog.stop()

    ticking.get(timeout=5)
    before = signal.set_wakeup_fd(-1)
    assert before == -1


def test_the_wakeup_descriptor_of_an_application_is_left_alone() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    try:
        room = Room()
        room.watchdog.stop()
        assert signal.set_wakeup_fd(-1) == writer
    finally:
        os.close(reader)
        os.close(writer)
