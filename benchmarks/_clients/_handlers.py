"""What a handler may do for some seconds, with the sleeps of whoever runs it."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Of this thread only, so that others' work does not count as one's own.
_cpu_s = time.thread_time


def handler(what: str, blocking: Callable[[float], object]) -> Callable[[float], object]:
    """Return the function for ``what``, which takes seconds; ``blocking`` sleeps in C code."""
    pooled = "blocks in C, in gevent's thread pool"
    return {"waits": time.sleep, "blocks in C": blocking, pooled: _in_pool(blocking), "uses the CPU": _compute}[what]


def _compute(seconds: float) -> None:
    end_s = _cpu_s() + seconds
    while _cpu_s() < end_s:
        sum(range(200))


def _in_pool(blocking: Callable[[float], object]) -> Callable[[float], object]:
    def run(seconds: float) -> None:
        import gevent

        gevent.get_hub().threadpool.apply(blocking, (seconds,))

    return run
