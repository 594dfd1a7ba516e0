"""A ``requests`` worker by hand: a thread pool, a session for each thread, as many jobs as threads are free."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from _work import Work, authorization, options

asked = options()
work = Work(asked)
base = f"{asked['rest']}/v2/jobs"
own = threading.local()
free = threading.Semaphore(asked["in_flight"])


def session() -> requests.Session:
    made = requests.Session()
    made.headers.update(authorization())
    return made


def run(job: dict) -> None:
    if not hasattr(own, "session"):
        own.session = session()
    work()
    own.session.post(f"{base}/{job.get('jobKey', job.get('key'))}/completion", json={"variables": {"done": True}})
    free.release()


polling = session()
threading.stack_size(256 * 1024)
pool = ThreadPoolExecutor(asked["in_flight"])
body = {"type": asked["job_type"], "worker": "threads", "timeout": 120_000, "requestTimeout": 5000}
while True:
    free.acquire()
    room = 1
    while room < 120 and free.acquire(blocking=False):
        room += 1
    answer = polling.post(f"{base}/activation", json={**body, "maxJobsToActivate": room})
    found = answer.json().get("jobs", []) if answer.ok else []
    for one in found:
        pool.submit(run, one)
    if len(found) < room:
        free.release(room - len(found))
