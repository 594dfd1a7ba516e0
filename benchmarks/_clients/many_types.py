"""This package's worker with many job types and no work, measuring itself once all of its polls are held open."""

from __future__ import annotations

from camunda_client.c8.worker import add_job_worker, start_camunda_workers  # isort: skip (patches)

import gc
import http.client
import json
import os
import time
from pathlib import Path

from _count import options, tell

from camunda_client.c8.models import ActivatedJob
from camunda_client.config import initialize_config

#: Seconds until all polls have reached the stub.
_PATIENCE_S = 60.0


def held_polls(port: int) -> int:
    """Return how many polls the stub holds open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/stub/stats")
    waiting: int = json.loads(connection.getresponse().read())["waiting"]
    connection.close()
    return waiting


def resident_mb() -> float:
    """Return what this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Start ``types`` workers, wait for their polls, be idle for ``idle_s``, report."""
    asked = options()
    initialize_config({"api": {"baseUrl": f"http://127.0.0.1:{asked['port']}"}})

    def handler(job: ActivatedJob) -> None:
        raise RuntimeError(f"there was to be no job, and there is {job}")

    for number in range(asked["types"]):
        add_job_worker(f"type-{number}", handler)
    start_camunda_workers()
    end_s = time.monotonic() + _PATIENCE_S
    while (held := held_polls(asked["port"])) < asked["types"]:
        if time.monotonic() > end_s:
            raise SystemExit(f"{held} of {asked['types']} polls are held open after {_PATIENCE_S:.0f} s")
        time.sleep(0.1)
    gc.collect()
    cpu_s, began_s = time.process_time(), time.perf_counter()
    time.sleep(asked["idle_s"])
    used_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - began_s
    tell(
        {
            "cpu_percent": used_s / wall_s * 100,
            "rss_mb": resident_mb(),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "threads": len(os.listdir("/proc/self/task")),
        }
    )


if __name__ == "__main__":
    main()
