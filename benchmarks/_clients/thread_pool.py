"""The usual way with threads: a ``ThreadPoolExecutor``, and a ``requests`` session for each of its threads."""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from _count import Count, options, tell


def main() -> None:
    """Poll in the main thread, work each job in one of ``in_flight`` threads, with a log line per job."""
    asked = options()
    in_flight, batch = asked["in_flight"], min(asked["batch"] or 120, asked["in_flight"])
    base = f"http://127.0.0.1:{asked['port']}/v2/jobs"
    count = Count(asked["warm"], asked["jobs"])
    counting = threading.Lock()
    own = threading.local()
    free = threading.Semaphore(in_flight)
    # A small stack: a thousand threads of 8 MB are refused by some machines.
    threading.stack_size(256 * 1024)
    pool = ThreadPoolExecutor(in_flight)

    def work(job: dict[str, object]) -> None:
        if asked["sleep_s"]:
            time.sleep(asked["sleep_s"])
        if not hasattr(own, "session"):
            own.session = requests.Session()
        own.session.post(f"{base}/{job['jobKey']}/completion", json={"variables": {}}).raise_for_status()
        sys.stderr.write(json.dumps({"event": "completed", "job_key": job["jobKey"]}) + "\n")
        with counting:
            count.one()
        free.release()

    polling = requests.Session()
    count.begin()
    while count.result is None:
        for _ in range(batch):
            free.acquire()
        body = {"type": "charge-card", "worker": "threads", "timeout": 60_000, "maxJobsToActivate": batch}
        for job in polling.post(f"{base}/activation", json=body).json()["jobs"]:
            pool.submit(work, job)
    tell(count.result)


if __name__ == "__main__":
    main()
