"""What caps that several processes keep together have used up, in memory that all of them see.

Each process writes how much it has in hand into a row of its own; a reservation reads all rows under a lock, so that
two processes never take the same place. The lock is the kernel's, which frees it when its process ends.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from contextlib import contextmanager, nullcontext
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from camunda_client._process.job_table import memory_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from camunda_client._caps import Rate

#: Resources that one host can have, and rates of each.
MOST_RESOURCES: Final = 256
MOST_RATES: Final = 4
#: Parts of a rate's period that are counted apart. What is in the present one and in so many before it counts: never
#: more than the rate in any period, and at most a hundredth less.
PARTS: Final = 100
#: Cells for one rate: a number and a count for each part.
_RATE: Final = (PARTS + 1) * 2
#: Jobs in flight by key: buckets, and keys in each. A key whose bucket is full waits, as if it were in flight.
_BUCKETS: Final = 1024
_WAYS: Final = 16
#: Where the table says whether anything is in it, and where the resources' blocks begin.
_IN_USE, _FIRST_BLOCK = 0, 1
#: Where what lies in a resource's block, in cells of eight bytes: its name's number, its circuit, its rates; then rows.
_NAME, _FAILURES, _OPEN_UNTIL, _FIRST_RATE = 0, 1, 2, 3
_FIRST_ROW: Final = _FIRST_RATE + MOST_RATES * _RATE
#: In a row: jobs in hand and asked for, those of them that have not begun, and when it was last refused a place, in
#: nanoseconds.
_ROW: Final = 3
#: Seconds between two tries to get the lock, which is held for microseconds.
_TRY_EVERY_S: Final = 0.001
_NS: Final = 1_000_000_000
#: Seconds for which a process that was refused a place counts as waiting for it.
WAITS_S: Final = 0.5


class CapTable:
    """The table as one process sees it; alone, in memory of its own and without a lock."""

    def __init__(self, fd: int | None = None, processes: int = 1, place: int = 0) -> None:
        """Open the table that so many processes share; ``place`` is this one's, from 0."""
        self.processes, self.place, self._fd = processes, place, fd
        self._block = _FIRST_ROW + processes * _ROW
        self._memory = mmap.mmap(-1 if fd is None else fd, size_of(processes))
        self._cells = memoryview(self._memory).cast("q")
        self._first_key = _FIRST_BLOCK + MOST_RESOURCES * self._block

    def lock(self) -> AbstractContextManager[None]:
        """Return what keeps the other processes from reserving meanwhile; nothing may wait inside."""
        return nullcontext() if self._fd is None else self._locked(self._fd)

    @contextmanager
    def _locked(self, fd: int) -> Iterator[None]:
        while True:
            try:
                fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_TRY_EVERY_S)  # cooperative in a worker: its holder may have been stopped by a signal
        try:
            yield
        finally:
            fcntl.lockf(fd, fcntl.LOCK_UN)

    # -- resources ----------------------------------------------------------------------------------------------------
    def open(self, name: str) -> int:
        """Return where a resource's block begins; a new one is added.

        Raises:
            ValueError: There are too many.
        """
        number = _number(name)
        with self.lock():
            self._cells[_IN_USE] = 1
            for block in range(_FIRST_BLOCK, self._first_key, self._block):
                if self._cells[block + _NAME] in (0, number):
                    self._cells[block + _NAME] = number
                    return block
        raise ValueError(f"there are more than {MOST_RESOURCES} resources")

    def used(self, block: int) -> int:
        """Return the jobs in hand and asked for of all processes."""
        first = block + _FIRST_ROW
        return sum(self._cells[first : first + self.processes * _ROW : _ROW])

    def pending(self, block: int) -> int:
        """Return the jobs of all processes that have yet to begin, those that polls have asked for included."""
        first = block + _FIRST_ROW + 1
        return sum(self._cells[first : first + self.processes * _ROW : _ROW])

    def put(self, block: int, used: int, pending: int) -> None:
        """Write this process's row. More than before only under the lock."""
        row = self._row(block)
        self._cells[row], self._cells[row + 1] = used, pending

    def refused(self, block: int, now_s: float) -> None:
        """Write down that this process waits for a place; a time of 0 says that it does not."""
        self._cells[self._row(block) + 2] = int(now_s * _NS)

    def room(self, block: int, limit: int, mine: int, now_s: float) -> int:
        """Return how many more jobs this process may take, of which it has ``mine``, that all have up to ``limit`` of.

        Up to its part it takes what is free. Beyond, it leaves a place to each that waits for one of its own: where its
        jobs end together, it would take all of them again before others look.
        """
        free = limit - self.used(block)
        if self.processes == 1:
            return free
        first, since = block + _FIRST_ROW, int((now_s - WAITS_S) * _NS)
        waiting = [
            self._cells[row]
            for place in range(self.processes)
            if place != self.place and self._cells[(row := first + place * _ROW) + 2] > since
        ]
        part = max(limit // (len(waiting) + 1), 1)
        return max(min(free, part - mine), free - sum(used < part for used in waiting))

    def _row(self, block: int) -> int:
        return block + _FIRST_ROW + self.place * _ROW

    # -- rates --------------------------------------------------------------------------------------------------------
    def started(self, block: int, rates: Iterable[Rate], jobs: int, at_s: float) -> None:
        """Count starts; under the lock."""
        for part, cell in _parts(block, rates, at_s):
            if self._cells[cell] != part:
                self._cells[cell], self._cells[cell + 1] = part, 0
            self._cells[cell + 1] += jobs

    def left(self, block: int, rates: tuple[Rate, ...], now_s: float) -> tuple[int, float | None]:
        """Return how many may start by the tightest rate, and when that may be more; on the monotonic clock.

        What has yet to begin counts as started now. Where others' is missing, ``None``: it may be gone at any time.
        """
        least, pending = 2**31, self.pending(block)
        again_s: float | None = None
        for number, (rate, (now_part, _)) in enumerate(zip(rates, _parts(block, rates, now_s), strict=True)):
            first = block + _FIRST_RATE + number * _RATE
            cells = self._cells[first : first + _RATE].tolist()
            counted = [
                (part, count)
                for part, count in zip(cells[::2], cells[1::2], strict=True)
                if count and part >= now_part - PARTS
            ]
            started = sum(count for _, count in counted)
            if rate.count - started - pending < least:
                least, again_s = rate.count - started - pending, None
                if counted and (started >= rate.count or not pending or self.processes == 1):
                    oldest = min(part for part, _ in counted)
                    # At the very moment it may still count: numbers are rounded.
                    again_s = max((oldest + PARTS + 1) * rate.period_s / PARTS, now_s + 0.001)
        return least, again_s

    # -- circuits -----------------------------------------------------------------------------------------------------
    def failures(self, block: int) -> int:
        """Return the failures in a row."""
        return self._cells[block + _FAILURES]

    def open_until_s(self, block: int) -> float:
        """Return until when the circuit is open, on the monotonic clock; 0 if it is closed."""
        return self._cells[block + _OPEN_UNTIL] / _NS

    def put_circuit(self, block: int, failures: int, open_until_s: float) -> None:
        """Write the circuit's state; under the lock."""
        self._cells[block + _FAILURES], self._cells[block + _OPEN_UNTIL] = failures, int(open_until_s * _NS)

    # -- keys ---------------------------------------------------------------------------------------------------------
    def claim(self, key: str, limit: int) -> int:
        """Write down that a job of a key begins; return where, for :meth:`unclaim`, or 0 if its places are taken."""
        number = _number(key)
        first = self._first_key + number % _BUCKETS * _WAYS * 2
        with self.lock():
            self._cells[_IN_USE] = 1
            ways = self._cells[first : first + _WAYS * 2 : 2].tolist()
            if ways.count(number) >= limit or 0 not in ways:
                return 0
            cell = first + ways.index(0) * 2
            self._cells[cell + 1] = self.place
            self._cells[cell] = number
        return cell

    def unclaim(self, cell: int) -> None:
        """Write down that it has ended."""
        self._cells[cell] = 0

    # -- the end of a process -----------------------------------------------------------------------------------------
    def clear(self, place: int) -> None:
        """Forget what a process had in hand: it has ended."""
        if not self._cells[_IN_USE]:
            return
        for block in range(_FIRST_BLOCK, self._first_key, self._block):
            row = block + _FIRST_ROW + place * _ROW
            if self._cells[block + _NAME]:
                self._cells[row] = self._cells[row + 1] = self._cells[row + 2] = 0
        for cell in range(self._first_key, self._first_key + _BUCKETS * _WAYS * 2, 2):
            if self._cells[cell] and self._cells[cell + 1] == place:
                self._cells[cell] = 0


def _parts(block: int, rates: Iterable[Rate], at_s: float) -> Iterator[tuple[int, int]]:
    """Yield, for each rate, the number of the part of its period that a moment lies in, and its cell."""
    for number, rate in enumerate(rates):
        part = int(at_s * PARTS / rate.period_s)
        yield part, block + _FIRST_RATE + number * _RATE + part % (PARTS + 1) * 2


def _number(name: str) -> int:
    """Return a number for a name, the same in every process, above 0."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1 or 1


#: The table that this process shares, if a parent has given it one.
current: CapTable | None = None


def open_current(fd: int, processes: int, place: int) -> None:
    """In a worker: use the table that the parent has given."""
    global current
    os.set_inheritable(fd, False)
    current = CapTable(fd, processes, place)


def new_file(processes: int) -> int:
    """In the parent: return a descriptor of memory for a table of so many processes."""
    return memory_file("camunda-caps", size_of(processes))


def size_of(processes: int) -> int:
    """Return the bytes of a table."""
    return (_FIRST_BLOCK + MOST_RESOURCES * (_FIRST_ROW + processes * _ROW) + _BUCKETS * _WAYS * 2) * 8
