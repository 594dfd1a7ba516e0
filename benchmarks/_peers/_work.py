"""The same work for every peer in Python, and the same clock: from the first handler's start to the last one's end.

Nothing but the standard library (and ``requests`` for one workload), since each peer lives in an environment of its
own. The process ends by itself a little after the last job, so that its completion can still be sent.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from typing import Any

# Some clients log to standard output, even after the result: theirs goes where logs go, ours stays alone.
_RESULT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def options() -> dict[str, Any]:
    """Return what is asked of this process.

    rest and grpc (addresses, ``grpc`` may be ``None``), stub (a server for the handlers' own calls), job_type,
    in_flight, workload, jobs (how many to measure), warm (how many before them), grace_s (after the last one).
    """
    return json.loads(sys.argv[1])


def authorization() -> dict[str, str]:
    """Return the header that a client without authentication of its own sends, if the server wants one."""
    value = os.environ.get("BENCHMARK_AUTHORIZATION")
    return {"Authorization": value} if value else {}


class Work:
    """The handler, whatever calls it; counts and reports the result after ``jobs`` calls."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._jobs, self._warm, self._grace_s = asked["jobs"], asked.get("warm", 0), asked.get("grace_s", 3.0)
        self._do = getattr(self, f"_{asked['workload']}")
        self._url = f"{asked['stub']}/stub/sleep/100"
        self._lock = threading.Lock()
        self._done = 0
        self._began: tuple[float, float] | None = None

    def __call__(self) -> None:
        """Do one job's work."""
        if self._began is None and not self._warm:
            self._began = time.process_time(), time.perf_counter()
        self._do()
        with self._lock:
            self._done += 1
            if self._done == self._warm:
                self._began = time.process_time(), time.perf_counter()
            last = self._done == self._warm + self._jobs
        if last:
            assert self._began is not None
            cpu_s, wall_s = time.process_time() - self._began[0], time.perf_counter() - self._began[1]
            result = {
                "jobs": self._jobs,
                "cpu_ms": cpu_s / self._jobs * 1e3,
                "jobs_per_s": self._jobs / wall_s,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
            threading.Thread(target=_report, args=(result, self._grace_s), daemon=True).start()

    def _noop(self) -> None:
        pass

    def _blocking_50_ms(self) -> None:
        time.sleep(0.05)

    def _blocking_1_s(self) -> None:
        time.sleep(1.0)

    def _http_100_ms(self) -> None:
        import requests

        requests.get(self._url, timeout=30).raise_for_status()

    def _cpu_5_ms(self) -> None:
        end_s = time.perf_counter() + 0.005
        while time.perf_counter() < end_s:
            sum(range(200))


def _report(result: dict[str, Any], grace_s: float) -> None:
    time.sleep(grace_s)
    _RESULT.write(json.dumps(result) + "\n")
    _RESULT.flush()
    os._exit(0)
