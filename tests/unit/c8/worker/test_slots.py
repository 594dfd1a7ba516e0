from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable

import gevent
import greenlet
import pytest
from gevent.event import Event

from camunda_client.c8.worker._slots import Slots
from tests.parts.programs import unmeasured
from tests.parts.work import until


class Gate:
    """Tasks that wait until they are let go, and say how many ran at once."""

    def __init__(self) -> None:
        self.open = Event()
        self.running = 0
        self.peak = 0
        self.order: list[int] = []

    def task(self, number: int) -> None:
        self.running += 1
        self.peak = max(self.peak, self.running)
        self.order.append(number)
        self.open.wait()
        self.running -= 1


def settle() -> None:
    """Let every greenlet run that can."""
    for _ in range(30):
        gevent.sleep(0)


def test_no_more_than_size_run_at_once_and_the_rest_in_order() -> None:
    gate = Gate()
    slots = Slots(3, gate.task, lambda _number: None)

    for number in range(10):
        slots.run(number)
    settle()

    assert (gate.running, slots.busy, slots.free, slots.waiting) == (3, 3, 0, 7)
    gate.open.set()
    settle()
    assert gate.peak == 3
    assert gate.order == list(range(10))
    assert (slots.busy, slots.waiting) == (0, 0)


def test_whoever_waits_for_room_is_told_when_there_is_some() -> None:
    gate, told = Gate(), Event()
    slots = Slots(1, gate.task, lambda _number: None)
    slots.run(0)
    settle()

    slots.notify(told)
    assert not told.is_set()
    gate.open.set()
    settle()

    assert told.is_set()


def test_a_poll_asks_for_what_others_left_but_for_its_even_part_at_least() -> None:
    slots: Slots[int] = Slots(100, lambda _number: None, lambda _number: None)

    assert slots.share(job_types=4) == 100
    slots.ask(90)
    assert slots.share(job_types=4) == 25
    slots.answered(90)
    slots.busy = 99
    assert slots.share(job_types=4) == 1
    slots.busy = 100
    assert slots.share(job_types=4) == 0


def leave_a_local() -> None:
    LOCAL.value = 1


def leave_an_attribute() -> None:
    gevent.getcurrent().mark = 1  # type: ignore[attr-defined]


def leave_a_timeout() -> None:
    gevent.Timeout(0.001).start()


def leave_a_kill() -> None:
    gevent.spawn_later(0.001, gevent.getcurrent().kill)  # type: ignore[attr-defined]


def leave_a_kill_at_once() -> None:
    gevent.getcurrent().kill(block=False)  # type: ignore[attr-defined]


def leave_a_link() -> None:
    gevent.getcurrent().link(lambda _greenlet: None)  # type: ignore[attr-defined]


def leave_a_weak_reference() -> None:
    WEAK[gevent.getcurrent()] = 1


def leave_a_thread() -> None:
    threading.Thread(target=gevent.sleep, args=(0.001,)).start()


LOCAL = threading.local()
WEAK: weakref.WeakKeyDictionary[object, int] = weakref.WeakKeyDictionary()
LEFT = [
    leave_a_local, leave_an_attribute, leave_a_timeout, leave_a_kill, leave_a_kill_at_once, leave_a_link,
    leave_a_weak_reference, leave_a_thread,
]  # fmt: skip


@pytest.mark.parametrize("leave", LEFT)
def test_what_a_task_left_behind_ends_with_it(leave: Callable[[], None]) -> None:
    """A Timeout that a handler never closed, or a kill that it asked for, hit the next job or the report.

    And what it put into a ``threading.local`` was there for the next one.
    """
    begun: list[greenlet.greenlet] = []
    found: list[bool] = []
    ended: list[str] = []

    def work(name: str) -> None:
        begun.append(gevent.getcurrent())
        here = gevent.getcurrent()
        found.append(hasattr(LOCAL, "value") or hasattr(here, "mark") or here in WEAK)
        if name == "first":
            leave()
        else:
            gevent.sleep(0.005)

    def tell(name: str) -> None:
        assert gevent.getcurrent() not in (begun[:1] if name == "first" else begun[2:])
        gevent.sleep(0.005)
        ended.append(name)

    slots = Slots(1, work, tell)
    for name in ("first", "second", "third"):
        slots.run(name)
    until(lambda: slots.busy == 0, "all are done")

    assert ended == ["first", "second", "third"]
    assert begun[0] not in begun[1:]
    assert found == [False, False, False]
    assert all(isinstance(one, gevent.Greenlet) for one in begun)


def quick() -> None:
    pass


def waits() -> None:
    gevent.spawn(quick).join()


def is_timed_out() -> None:
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        Event().wait()


def reads() -> None:
    one, other = socket.socketpair()
    with one, other:
        gevent.spawn(other.send, b"x")
        assert one.recv(1) == b"x"


def fails() -> None:
    with contextlib.suppress(ValueError):
        raise ValueError(gevent.getcurrent())


@pytest.mark.parametrize("leave_nothing", [quick, waits, is_timed_out, reads, fails])
def test_a_greenlet_to_which_nothing_refers_is_used_again(
    leave_nothing: Callable[[], None], request: pytest.FixtureRequest
) -> None:
    """A new one for each task costs a quarter of what a job costs."""
    if "COVERAGE_RUN" in os.environ:
        # A tracer that knows greenlets refers to each: where this run is measured, another one looks.
        command = [sys.executable, "-m", "gevent.monkey", "--module", "pytest", "-q", "-p", "no:cacheprovider"]
        environment = {name: value for name, value in unmeasured().items() if name != "COVERAGE_RUN"}
        done = subprocess.run(
            [*command, request.node.nodeid], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return
    greenlets: set[int] = set()

    def work(_number: int) -> None:
        greenlets.add(id(gevent.getcurrent()))
        leave_nothing()

    slots = Slots(100, work, lambda _number: greenlets.add(id(gevent.getcurrent())))
    for number in range(50):
        slots.run(number)
        until(lambda: slots.busy == 0, "it is done")

    assert len(greenlets) == 1


def test_closed_slots_leave_no_greenlet_behind() -> None:
    gate, last, told = Gate(), Event(), []
    slots = Slots(4, lambda number: last.wait() and None if number == 3 else gate.task(number), lambda _number: tell())

    def tell() -> None:
        told.append(gevent.getcurrent())

    for number in range(4):
        slots.run(number)
    settle()
    gate.open.set()
    settle()

    slots.close()
    settle()
    assert all(greenlet.dead for greenlet in told)

    last.set()
    settle()
    assert len(told) == 4
    assert all(greenlet.dead for greenlet in told)
