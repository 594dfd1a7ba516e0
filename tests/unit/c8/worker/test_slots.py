from __future__ import annotations

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.worker._slots import Slots


class Gate:
    """Tasks that wait until they are let go, and say how many ran at once."""

    def __init__(self) -> None:
        self.open = Event()
        self.running = 0
        self.peak = 0
        self.order: list[int] = []
        self.greenlets: set[int] = set()

    def task(self, number: int) -> None:
        self.running += 1
        self.peak = max(self.peak, self.running)
        self.greenlets.add(id(gevent.getcurrent()))
        self.order.append(number)
        self.open.wait()
        self.running -= 1


def settle() -> None:
    """Let every greenlet run that can."""
    for _ in range(5):
        gevent.sleep(0)


def test_no_more_than_size_run_at_once_and_the_rest_in_order() -> None:
    slots, gate = Slots(3), Gate()

    for number in range(10):
        slots.run(lambda number=number: gate.task(number))
    settle()

    assert (gate.running, slots.busy, slots.free, slots.waiting) == (3, 3, 0, 7)
    gate.open.set()
    settle()
    assert gate.peak == 3
    assert gate.order == list(range(10))
    assert (slots.busy, slots.waiting) == (0, 0)


def test_greenlets_are_used_again() -> None:
    slots, gate = Slots(100), Gate()
    gate.open.set()

    for number in range(50):
        slots.run(lambda number=number: gate.task(number))
        settle()

    assert len(gate.greenlets) == 1


def test_whoever_waits_for_room_is_told_when_there_is_some() -> None:
    slots, gate, told = Slots(1), Gate(), Event()
    slots.run(lambda: gate.task(0))
    settle()

    slots.notify(told)
    assert not told.is_set()
    gate.open.set()
    settle()

    assert told.is_set()


def test_a_poll_asks_for_what_others_left_but_for_its_even_part_at_least() -> None:
    slots = Slots(100)

    assert slots.share(job_types=4) == 100
    slots.asked = 90
    assert slots.share(job_types=4) == 25
    slots.asked = 0
    slots.busy = 99
    assert slots.share(job_types=4) == 1
    slots.busy = 100
    assert slots.share(job_types=4) == 0


def test_a_timeout_that_a_task_never_closed_costs_no_slot() -> None:
    slots, gate = Slots(1), Gate()
    late = gevent.Timeout(0.001)

    slots.run(late.start)
    settle()
    assert slots.busy == 0
    with pytest.raises(RuntimeError), gevent.Timeout(0.05, RuntimeError):
        Event().wait()  # meanwhile it strikes the idle greenlet

    slots.run(lambda: gate.task(1))
    settle()
    assert gate.running == 1


def test_a_kill_that_comes_after_its_task_costs_no_slot_and_no_task() -> None:
    """A handler's spawn_later(5, getcurrent().kill) met the idle greenlet, and the next job waited for ever."""
    slots, gate = Slots(1), Gate()
    gate.open.set()
    idle: list[gevent.Greenlet[..., None]] = []
    slots.run(lambda: idle.append(gevent.getcurrent()))  # type: ignore[arg-type]
    settle()

    # Once before the next task is there, once when it is on its way.
    idle[0].kill()
    slots.run(lambda: idle.append(gevent.getcurrent()))  # type: ignore[arg-type]
    settle()
    gevent.get_hub().loop.run_callback(idle[1].throw, gevent.GreenletExit())
    slots.run(lambda: gate.task(1))
    settle()

    assert gate.order == [1]
    assert (slots.busy, slots.free) == (0, 1)


def test_closed_slots_leave_no_greenlet_behind() -> None:
    slots, gate, last = Slots(3), Gate(), Event()
    served: list[gevent.Greenlet[..., None]] = []

    def task(number: int) -> None:
        served.append(gevent.getcurrent())  # type: ignore[arg-type]
        gate.task(number)

    for number in range(3):
        slots.run(lambda number=number: task(number))
    settle()
    gate.open.set()
    settle()
    slots.run(lambda: last.wait() and None)
    settle()

    slots.close()
    settle()
    assert sum(greenlet.dead for greenlet in served) == 2

    last.set()
    settle()
    assert all(greenlet.dead for greenlet in served)
