"""What is due when: timers, ends of leases and back-offs, messages' ends. One heap for all of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable

#: Cancelled entries that are put up with before the heap is made anew.
SOME = 256


def nothing() -> None:
    """Happen when a cancelled entry is due."""


class Entry:
    """Something due; cancelled entries stay in the heap for a while and are passed over."""

    __slots__ = ("_schedule", "action", "cancelled", "due_ms", "waiting")

    def __init__(self, due_ms: int, action: Callable[[], None], schedule: Schedule) -> None:
        self.due_ms = due_ms
        self.action = action
        self.cancelled = False
        self.waiting = True
        self._schedule = schedule

    def cancel(self) -> None:
        """Do nothing when due."""
        if self.waiting and not self.cancelled:
            self.cancelled = True
            self.action = nothing  # what it holds on to may be large: a whole instance
            self._schedule._forget_one()


class Schedule:
    """Entries by moment, in the order they were made where moments are equal."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Entry]] = []
        self._number = 0
        self._cancelled = 0
        #: Called with the new earliest moment, so that a sleeping driver can wake up sooner.
        self.on_earlier: Callable[[int], None] | None = None

    def at(self, due_ms: int, action: Callable[[], None]) -> Entry:
        """Do something at a moment."""
        entry = Entry(due_ms, action, self)
        self._number += 1
        heapq.heappush(self._heap, (due_ms, self._number, entry))
        if self._heap[0][2] is entry and self.on_earlier is not None:
            self.on_earlier(due_ms)
        return entry

    def next_due_ms(self) -> int | None:
        """Return the earliest moment something is due, None if nothing is."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> Entry | None:
        """Return the earliest entry that is due, None if none is."""
        due_ms = self.next_due_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        entry = heapq.heappop(self._heap)[2]
        entry.waiting = False
        return entry

    def _forget_one(self) -> None:
        """Count a cancelled entry, and make the heap anew when most of it is cancelled."""
        self._cancelled += 1
        if self._cancelled > SOME and 2 * self._cancelled > len(self._heap):
            self._heap = [item for item in self._heap if not item[2].cancelled]
            heapq.heapify(self._heap)
            self._cancelled = 0
