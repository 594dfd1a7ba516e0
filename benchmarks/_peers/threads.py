"""A ``requests`` worker by hand: a thread pool, a session for each thread, as many jobs as threads are free."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from _work import Work, options

asked = options()
work = Work(asked)
base = f"{asked['rest']}/v2/jobs"
own = threading.local()
in_flight = 0
changed = threading.Condition()


def run(job: dict) -> None:
    global in_flight
    if not hasattr(own, "session"):
        own.session = requests.Session()
    work()
    own.session.post(f"{base}/{job.get('jobKey', job.get('key'))}/completion", json={"variables": {"done": True}})
    with changed:
        in_flight -= 1
        changed.notify()


polling = requests.Session()
threading.stack_size(256 * 1024)
pool = ThreadPoolExecutor(asked["in_flight"])
while True:
    with changed:
        changed.wait_for(lambda: in_flight < asked["in_flight"])
        free = asked["in_flight"] - in_flight
    body = {"type": asked["job_type"], "worker": "threads", "timeout": 120_000, "requestTimeout": 5000}
    answer = polling.post(f"{base}/activation", json={**body, "maxJobsToActivate": min(free, 120)})
    for found in answer.json().get("jobs", []) if answer.ok else []:
        with changed:
            in_flight += 1
        pool.submit(run, found)
