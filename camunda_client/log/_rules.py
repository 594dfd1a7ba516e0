"""Which lines are left out on request: those of jobs that went well, and repeats, which are counted. Errors stay."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

#: Which jobs get a line: ``all``, ``failed``, or ``1/100`` of those that went well.
JOBS_VARIABLE: Final = "CAMUNDA_LOG_JOBS"
#: Lines a minute of one event and job type, the others of which are counted; 0 for all.
REPEATS_VARIABLE: Final = "CAMUNDA_LOG_REPEATS"
#: Events of a job that went as it should.
_GONE_WELL: Final = frozenset({"job.completed", "job.error_thrown"})
_WINDOW_S: Final = 60.0
_ERROR: Final = 40
#: Says that lines were left out; and which event, which job type, how many.
LEFT_OUT: Final = "log.repeats_left_out"


class Rules:
    """What to leave out."""

    def __init__(self, keep: float, repeats: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep that part of the lines of jobs that went well, and so many lines a minute of each event; 0 for all."""
        self._keep, self._repeats, self._clock = keep, repeats, clock
        self._began_s = clock()
        #: By event and job type, how many there were in this minute.
        self._counts: dict[tuple[str, str], int] = {}

    def allow(self, level: int, event: str, fields: Mapping[str, Any], job_type: str) -> bool:
        """Tell whether a line is written."""
        if event in _GONE_WELL and self._keep < 1:
            return random.random() < self._keep
        if not self._repeats or level >= _ERROR or event == LEFT_OUT:
            return True
        kind = event, str(fields.get("job_type", job_type))
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return count <= self._repeats

    def left_out(self) -> list[dict[str, Any]]:
        """Return what was left out of the last minute, once that is over."""
        now = self._clock()
        if now - self._began_s < _WINDOW_S or not self._counts:
            return []
        counts, self._counts, self._began_s = self._counts, {}, now
        return [
            {"repeated": event, "count": count - self._repeats, **({"job_type": job_type} if job_type else {})}
            for (event, job_type), count in counts.items()
            if count > self._repeats
        ]


def rules_of(variables: Mapping[str, str]) -> tuple[Rules | None, list[tuple[str, str]]]:
    """Return the rules that variables ask for, ``None`` for none; and those that are not understood."""
    jobs, repeats = (variables.get(name, "").strip().lower() for name in (JOBS_VARIABLE, REPEATS_VARIABLE))
    keep, most = part_of(jobs or "all"), int(repeats) if repeats.isdecimal() else 0
    wrong = [(JOBS_VARIABLE, jobs)] if keep is None else []
    if repeats and not repeats.isdecimal():
        wrong.append((REPEATS_VARIABLE, repeats))
    keep = 1.0 if keep is None else keep
    return (Rules(keep, most) if keep < 1 or most else None), wrong


def part_of(jobs: str) -> float | None:
    """Return which part of the jobs that went well gets a line; ``None`` if that is not understood."""
    if jobs in ("all", "failed"):
        return float(jobs == "all")
    found = re.fullmatch(r"1/([1-9]\d{0,8})", jobs)
    return 1 / int(found[1]) if found else None
