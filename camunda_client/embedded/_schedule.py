"""What is due when: timers, ends of leases and back-offs, messages' ends. One heap for all of them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class Entry:
    """Something due; cancelled entries stay in the heap and are passed over."""

    __slots__ = ("action", "cancelled", "due_ms")

    def __init__(self, due_ms: int, action: Callable[[], None]) -> None:
        self.due_ms = due_ms
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Do nothing when due."""
        self.cancelled = True


class Schedule:
    """Entries by moment, in the order they were made where moments are equal."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Entry]] = []
        self._numbers = itertools.count()
        #: Called with the new earliest moment, so that a sleeping driver can wake up sooner.
        self.on_earlier: Callable[[int], None] | None = None

    def at(self, due_ms: int, action: Callable[[], None]) -> Entry:
        """Do something at a moment."""
        entry = Entry(due_ms, action)
        heapq.heappush(self._heap, (due_ms, next(self._numbers), entry))
        if self._heap[0][2] is entry and self.on_earlier is not None:
            self.on_earlier(due_ms)
        return entry

    def next_due_ms(self) -> int | None:
        """Return the earliest moment something is due, None if nothing is."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> Entry | None:
        """Return the earliest entry that is due, None if none is."""
        due_ms = self.next_due_ms()
        return heapq.heappop(self._heap)[2] if due_ms is not None and due_ms <= now_ms else None
