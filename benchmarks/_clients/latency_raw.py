"""The least between a job's creation and somebody knowing of it: one socket, one long poll after another."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from queue import Queue
from threading import Thread
from urllib.parse import urlsplit

from _count import options

#: One alone could not keep up with a loaded engine, which would then have less to do.
_COMPLETING = 16


def main() -> None:
    """Print ``[number, start]`` for each job; threads complete them, so that neither polls nor completions wait."""
    asked = options()
    place = urlsplit(asked["rest"])
    connected = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    polling = connected(place.netloc, timeout=60)
    headers = {"Content-Type": "application/json"}
    if os.environ.get("BENCHMARK_AUTHORIZATION"):
        headers["Authorization"] = os.environ["BENCHMARK_AUTHORIZATION"]
    base = f"{place.path}/v2/jobs"
    done: Queue[dict[str, object]] = Queue()

    def complete() -> None:
        completing = connected(place.netloc, timeout=60)
        while True:
            job = done.get()
            completing.request("POST", f"{base}/{job.get('jobKey', job.get('key'))}/completion", b"{}", headers)
            completing.getresponse().read()

    for _ in range(_COMPLETING):
        Thread(target=complete, daemon=True).start()
    body = json.dumps(
        {"type": asked["job_type"], "worker": "raw", "timeout": 60_000, "maxJobsToActivate": 32, "requestTimeout": 9000}
    )
    while True:
        polling.request("POST", f"{base}/activation", body, headers)
        jobs = json.loads(polling.getresponse().read())["jobs"]
        started_s = time.monotonic()
        for job in jobs:
            sys.stdout.write(json.dumps([job["variables"]["number"], started_s]) + "\n")
        sys.stdout.flush()
        for job in jobs:
            done.put(job)


if __name__ == "__main__":
    main()
