"""Counts jobs in a client's process and takes the time between two of them: the start-up is not measured."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any, NoReturn


def options() -> dict[str, Any]:
    """Return what the benchmark asks of this process: url, in_flight, warm, jobs, and more."""
    return json.loads(sys.argv[1])


class Count:
    """From the ``warm``-th call to the one ``jobs`` later; from :meth:`begin` if nothing is to be left out."""

    def __init__(self, warm: int, jobs: int) -> None:
        self._warm, self._last = warm, warm + jobs
        self._jobs = jobs
        self._seen = 0
        self._began: tuple[float, float] | None = None
        self.result: dict[str, Any] | None = None

    def begin(self) -> None:
        """Take the time from now on if ``warm`` is 0: ramping up is part of the measurement."""
        if not self._warm:
            self._began = time.process_time(), time.perf_counter()

    def one(self) -> None:
        """Count a job."""
        self._seen += 1
        if self._seen == self._warm:
            self._began = time.process_time(), time.perf_counter()
        elif self._seen == self._last and self._began is not None:
            cpu_s, wall_s = time.process_time() - self._began[0], time.perf_counter() - self._began[1]
            self.result = {
                "jobs": self._jobs,
                "cpu_us": cpu_s / self._jobs * 1e6,
                "wall_s": wall_s,
                "jobs_per_s": self._jobs / wall_s,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }


def tell(result: dict[str, Any]) -> NoReturn:
    """Print the result and end at once: what is still in flight is none of the measurement's."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)
