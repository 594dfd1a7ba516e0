"""Holds jobs in flight and tells what each of them costs in memory: the slope between few and many."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from pathlib import Path
from typing import Any

_WAY = json.loads(sys.argv[1])["way"]
if _WAY in ("c8-client", "requests session", "bare greenlets"):
    from gevent import monkey

    monkey.patch_all()

import http.client  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

from _count import options, tell  # noqa: E402


def memory_kib() -> dict[str, int]:
    """Return what this process holds: resident, its page tables, and the kernel's stacks (of the whole machine)."""
    gc.collect()
    # Free lists are no memory of a job's.
    ctypes.CDLL(None).malloc_trim(0)
    found = {}
    for file, names in (("/proc/self/status", ("VmRSS", "VmPTE")), ("/proc/meminfo", ("KernelStack",))):
        for line in Path(file).read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in names:
                found[name] = int(rest.split()[0])
    return found


class Parked:
    """Counts handlers that wait, and lets none of them go."""

    def __init__(self) -> None:
        self.number = 0
        self._never = threading.Event()

    def handler(self, job: Any = None) -> None:
        """Wait for ever, as a handler does for a slow system."""
        self.number += 1
        self._never.wait()
        del job

    def wait_for(self, number: int, patience_s: float) -> None:
        """Return when so many wait."""
        end_s = time.monotonic() + patience_s
        while self.number < number:
            if time.monotonic() > end_s:
                raise TimeoutError(f"{self.number} of {number} parked after {patience_s:.0f} s")
            time.sleep(0.02)


def refill(port: int, jobs: int) -> None:
    """Let the stub offer more jobs."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/stub/jobs/{jobs}")
    connection.getresponse().read()
    connection.close()


def activate(port: int, jobs: int) -> list[dict[str, Any]]:
    """Return so many jobs as dictionaries."""
    from pydantic_core import from_json

    found: list[dict[str, Any]] = []
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while len(found) < jobs:
        body = json.dumps({"type": "x", "maxJobsToActivate": min(100, jobs - len(found)), "timeout": 60_000})
        connection.request("POST", "/v2/jobs/activation", body)
        found += from_json(connection.getresponse().read())["jobs"]
    connection.close()
    return found


def main() -> None:
    """Park ``few`` jobs, look, park ``many``, look again."""
    asked = options()
    port, few, many = asked["port"], asked["few"], asked["many"]
    parked = Parked()
    kept: list[Any] = []
    threading.stack_size(256 * 1024 if asked["small_stacks"] else 0)

    def park(number: int) -> None:
        if _WAY == "variables only":
            # Copied text by text, as they are in a job: nothing else of the answer stays.
            kept.extend(json.loads(json.dumps(job["variables"])) for job in activate(port, number))
            parked.number += number
        elif _WAY == "c8-client":
            refill(port, number)
        elif _WAY == "bare greenlets":
            import gevent

            kept.extend(gevent.spawn(parked.handler) for _ in range(number))
        elif _WAY == "threads":
            for job in activate(port, number):
                threading.Thread(target=parked.handler, args=(job,), daemon=True).start()
        else:
            import gevent
            import requests

            session = requests.Session()
            session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=many))

            def call(job: Any) -> None:
                parked.number += 1
                # Beyond this process's life.
                session.get(f"http://127.0.0.1:{port}/stub/sleep/600000")
                del job

            kept.extend(gevent.spawn(call, job) for job in activate(port, number))

    if _WAY == "c8-client":
        from camunda_client.c8.worker import add_job_worker, start_camunda_workers
        from camunda_client.config import initialize_config

        refill(port, 0)
        initialize_config({"api": {"baseUrl": f"http://127.0.0.1:{port}"}, "worker": {"pool": many}})
        add_job_worker("charge-card", parked.handler, timeout=600_000, max_jobs_active=many)
        start_camunda_workers()
    park(few)
    parked.wait_for(few, 60)
    time.sleep(0.3)
    before = memory_kib()
    park(many - few)
    parked.wait_for(many, 120)
    time.sleep(0.3)
    after = memory_kib()
    tell({name: (after[name] - before[name]) / (many - few) for name in before})


if __name__ == "__main__":
    main()
