"""Scheduling alone with threads: a ``ThreadPoolExecutor`` whose tasks only sleep."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from _count import Count, options, tell


def main() -> None:
    """Submit all tasks at once; they run ``in_flight`` at a time."""
    asked = options()
    sleep_s, jobs = asked["sleep_s"], asked["jobs"]
    threading.stack_size(256 * 1024)
    count = Count(0, jobs)
    counting = threading.Lock()

    def task() -> None:
        time.sleep(sleep_s)
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
