"""Which job is it that its process dies of? Judged by the parent, which survives and sees what each had in hand."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from camunda_client._process.job_table import MOST_CONDEMNED, DeathVerdict

#: Deaths of processes with the same job in hand after which that job is condemned.
DEATHS: Final = 3
#: Jobs that may be condemned together; and deaths after which they are, where it is not only one.
_FEW, _DEATHS_OF_FEW = 3, 5
#: Jobs to remember.
_MOST: Final = 50_000


class Suspects:
    """All jobs that were in hand when a process died."""

    def __init__(self) -> None:
        self._deaths: OrderedDict[int, int] = OrderedDict()
        #: Deaths right after a job was begun: it was the last one that was.
        self._last: OrderedDict[int, int] = OrderedDict()
        self.condemned: dict[int, DeathVerdict] = {}

    def died(self, jobs: set[int], last: int, code: int) -> list[int]:
        """Take note of a death; return the jobs that are condemned for it.

        Args:
            jobs: What the process had in hand.
            last: The job that it had begun last, 0 if that one had ended.
            code: How it ended, as :class:`subprocess.Popen` says it.
        """
        for key in jobs:
            _count(self._deaths, key)
        if last:
            _count(self._last, last)
        found = self._judge(jobs)[: MOST_CONDEMNED - len(self.condemned)]
        for key in found:
            self.condemned[key] = DeathVerdict(self._deaths[key], code)
        return found

    def _judge(self, jobs: set[int]) -> list[int]:
        """Return the likely killers: in hand each time, and few; or the last to begin, again and again."""
        began = [key for key in jobs if self._last.get(key, 0) >= DEATHS and key not in self.condemned]
        if began:
            return began
        often = [key for key in jobs if self._deaths[key] >= DEATHS and key not in self.condemned]
        if len(often) > 1:
            # Innocents that take long, and were with it each time: wait until chance has parted them.
            often = [key for key in often if self._deaths[key] >= _DEATHS_OF_FEW]
        return often if len(often) <= _FEW else []

    def executed(self, key: int) -> None:
        """Forget a job that was failed: once its incident is resolved, it may run again."""
        self.condemned.pop(key, None)
        self._deaths.pop(key, None)
        self._last.pop(key, None)


def _count(counts: OrderedDict[int, int], key: int) -> None:
    counts[key] = counts.get(key, 0) + 1
    counts.move_to_end(key)
    if len(counts) > _MOST:
        counts.popitem(last=False)
