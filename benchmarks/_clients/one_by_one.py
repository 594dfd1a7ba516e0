"""One job after another and a new connection for each request: ``requests.post`` without a session."""

from __future__ import annotations

import json
import sys
import time

import requests
from _count import Count, options, tell


def main() -> None:
    """Poll, work what came, poll again; ``in_flight`` is only how many jobs a poll asks for."""
    asked = options()
    base = f"http://127.0.0.1:{asked['port']}/v2/jobs"
    count = Count(asked["warm"], asked["jobs"])
    batch = min(asked["batch"] or 120, asked["in_flight"])
    body = {"type": "charge-card", "worker": "serial", "timeout": 60_000, "maxJobsToActivate": batch}
    count.begin()
    while count.result is None:
        for job in requests.post(f"{base}/activation", json=body).json()["jobs"]:
            if asked["sleep_s"]:
                time.sleep(asked["sleep_s"])
            requests.post(f"{base}/{job['jobKey']}/completion", json={"variables": {}}).raise_for_status()
            sys.stderr.write(json.dumps({"event": "completed", "job_key": job["jobKey"]}) + "\n")
            count.one()
    tell(count.result)


if __name__ == "__main__":
    main()
