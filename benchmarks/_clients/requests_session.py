"""What one writes without this package: greenlets, and one ``requests`` session for all of them."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import gevent  # noqa: E402
import requests  # noqa: E402
from _count import Count, options, tell  # noqa: E402
from gevent.lock import Semaphore  # noqa: E402
from gevent.pool import Pool  # noqa: E402


def main() -> None:
    """Poll in one greenlet, work each job in one of its own, with a log line per job."""
    asked = options()
    in_flight, batch = asked["in_flight"], min(asked["batch"] or 120, asked["in_flight"])
    base = f"http://127.0.0.1:{asked['port']}/v2/jobs"
    count = Count(asked["warm"], asked["jobs"])
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=in_flight + 1))
    free = Semaphore(in_flight)
    pool = Pool(in_flight)

    def work(job: dict[str, object]) -> None:
        if asked["sleep_s"]:
            time.sleep(asked["sleep_s"])
        session.post(f"{base}/{job['jobKey']}/completion", json={"variables": {}}).raise_for_status()
        sys.stderr.write(json.dumps({"event": "completed", "job_key": job["jobKey"]}) + "\n")
        count.one()
        free.release()

    count.begin()
    while count.result is None:
        for _ in range(batch):
            free.acquire()
        body = {"type": "charge-card", "worker": "session", "timeout": 60_000, "maxJobsToActivate": batch}
        for job in session.post(f"{base}/activation", json=body).json()["jobs"]:
            pool.start(gevent.Greenlet(work, job))
    tell(count.result)


if __name__ == "__main__":
    main()
