"""Which jobs a worker process has in hand, in memory that its parent can still read when it has died, or is blocked.

To write down a job costs no system call and no answer. The other way, the parent writes down which jobs are condemned:
the worker that is offered one of them fails it instead of running it.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Jobs in hand that are written down; of more, the rest can't be suspected.
_JOBS: Final = 4096
#: Seconds without a tick after which the hub counts as blocked: ``hub.blocked`` in the log begins there, too.
BLOCKED_S: Final = 1.25
#: Jobs that can be condemned at the same time.
MOST_CONDEMNED: Final = 16
#: Where what lies, in cells of eight bytes: a number that changes with the condemned, the job that was begun last, when
#: the hub ran last in milliseconds, how long the text about what blocks it is, the condemned with how often and of what
#: processes died, the jobs in hand, and that text.
_VERSION, _LAST, _TICK, _TEXT_LENGTH, _FIRST_CONDEMNED = 0, 1, 2, 3, 4
_WIDTH: Final = 3
_FIRST_JOB: Final = _FIRST_CONDEMNED + MOST_CONDEMNED * _WIDTH
_TEXT: Final = (_FIRST_JOB + _JOBS) * 8
_LONGEST_TEXT: Final = 8192
_SIZE: Final = _TEXT + _LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class DeathVerdict:
    """Why a job is condemned."""

    #: How many processes died with it in hand.
    deaths: int
    #: How the last one ended: its exit code, or minus the signal that ended it.
    code: int

    @property
    def cause(self) -> str:
        """The cause of death, as text."""
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


class JobTable:
    """One worker process's table; both sides open the same file."""

    def __init__(self, fd: int) -> None:
        """Open it; the descriptor is not needed any more afterwards."""
        self._memory = mmap.mmap(fd, _SIZE)
        self._cells = memoryview(self._memory).cast("q")
        self._free = list(range(_FIRST_JOB + _JOBS - 1, _FIRST_JOB - 1, -1))
        self._version = 0
        self._verdicts: dict[str, DeathVerdict] = {}

    # -- in the worker ----------------------------------------------------------------------------------------------

    def enter(self, job_key: str) -> int:
        """Write down that a job's handler begins; return where, for :meth:`leave`, or 0."""
        if not self._free or not job_key.isdecimal():
            return 0
        cell = self._free.pop()
        self._cells[cell] = self._cells[_LAST] = int(job_key)
        return cell

    def leave(self, cell: int) -> None:
        """Write down that it has ended."""
        if cell:
            self._cells[cell] = 0
            self._free.append(cell)

    def verdict(self, job_key: str) -> DeathVerdict | None:
        """Return why a job is condemned, if it is."""
        if self._cells[_VERSION] != self._version:
            self._version = self._cells[_VERSION]
            self._verdicts = {
                str(key): DeathVerdict(self._cells[cell + 1], self._cells[cell + 2])
                for cell in _condemned_cells()
                if (key := self._cells[cell])
            }
        return self._verdicts.get(job_key)

    def executed(self, job_key: str) -> None:
        """Write down that a condemned job was failed, so that it runs again once its incident is resolved."""
        self._verdicts.pop(job_key, None)
        for cell in _condemned_cells():
            if self._cells[cell] == int(job_key):
                self._cells[cell] = 0

    def tick(self, monotonic_s: float) -> None:
        """Write down that the hub runs at this moment of the monotonic clock, which all processes share; 0: no more."""
        self._cells[_TICK] = int(monotonic_s * 1000)
        self._cells[_TEXT_LENGTH] = 0

    def say_blocked(self, facts: dict[str, Any]) -> None:
        """In a native thread: write down by what the hub is blocked."""
        text = json.dumps(facts).encode()
        if len(text) <= _LONGEST_TEXT:
            self._memory[_TEXT : _TEXT + len(text)] = text
            self._cells[_TEXT_LENGTH] = len(text)

    # -- in the parent ----------------------------------------------------------------------------------------------

    def jobs(self) -> set[int]:
        """Return the jobs in hand."""
        return {key for key in self._cells[_FIRST_JOB : _FIRST_JOB + _JOBS] if key}

    def last(self) -> int:
        """Return the job that was begun last, 0 if it has ended."""
        last = self._cells[_LAST]
        return last if last in self.jobs() else 0

    def blocked(self, monotonic_s: float) -> dict[str, Any] | None:
        """Return for how long the hub has not run, and by whose fault if that is known; ``None`` while it runs."""
        ticked_s = self._cells[_TICK] / 1000
        away_s = monotonic_s - ticked_s
        if not ticked_s or away_s < BLOCKED_S:
            return None
        length = self._cells[_TEXT_LENGTH]
        facts: dict[str, Any] = {}
        with suppress(ValueError):  # it is being written
            facts = json.loads(self._memory[_TEXT : _TEXT + length]) if length else {}
        return {"blocked_s": round(away_s, 1), **facts}

    def clear(self) -> None:
        """Forget all jobs in hand, for a new process."""
        self._cells[_LAST] = self._cells[_TICK] = self._cells[_TEXT_LENGTH] = 0
        for cell in range(_FIRST_JOB, _FIRST_JOB + _JOBS):
            self._cells[cell] = 0

    def condemn(self, verdicts: Iterable[tuple[int, DeathVerdict]]) -> None:
        """Write down which jobs are condemned, :data:`MOST_CONDEMNED` at most."""
        for cell, (key, verdict) in zip(_condemned_cells(), [*verdicts, *[_NOBODY] * MOST_CONDEMNED], strict=False):
            self._cells[cell], self._cells[cell + 1], self._cells[cell + 2] = key, verdict.deaths, verdict.code
        self._cells[_VERSION] += 1

    def still_condemned(self) -> set[int]:
        """Return the condemned jobs that the worker has not failed."""
        return {self._cells[cell] for cell in _condemned_cells() if self._cells[cell]}


_NOBODY: Final = (0, DeathVerdict(0, 0))

#: The table of this worker process, if a parent has given it one.
current: JobTable | None = None


def open_current(fd: int) -> None:
    """In a worker: use the table that the parent has given."""
    global current
    current = JobTable(fd)
    os.close(fd)


def new_file() -> int:
    """In the parent: return a descriptor of memory for one table."""
    return memory_file("camunda-jobs", _SIZE)


def memory_file(name: str, size: int) -> int:
    """Return a descriptor of so many bytes of memory, all zero, that a child process can be given."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create(name)
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd


def _condemned_cells() -> range:
    return range(_FIRST_CONDEMNED, _FIRST_JOB, _WIDTH)
