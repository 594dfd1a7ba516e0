"""Scheduling alone with threads: a ``ThreadPoolExecutor`` whose tasks mostly sleep."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from _count import Count, options, tell
from _handlers import handler


def main() -> None:
    """Submit all tasks at once; they run ``in_flight`` at a time."""
    asked = options()
    sleep_s, jobs = asked["sleep_s"], asked["jobs"]
    work = handler(asked.get("what", "waits"), time.sleep)
    threading.stack_size(256 * 1024)
    count = Count(0, jobs)
    counting = threading.Lock()

    def task() -> None:
        work(sleep_s)
        with counting:
            count.one()

    pool = ThreadPoolExecutor(asked["in_flight"])
    count.begin()
    wait([pool.submit(task) for _ in range(jobs)], timeout=asked["patience_s"])
    if count.result is None:
        raise TimeoutError(f"not done after {asked['patience_s']} s")
    tell(count.result)


if __name__ == "__main__":
    main()
