"""This package, as its README shows it."""

from __future__ import annotations

from camunda_client.c8.worker import add_job_worker, start_camunda_workers  # isort: skip (patches)

import time

from _work import Work, options

from camunda_client.c8.models import ActivatedJob
from camunda_client.config import initialize_config

asked = options()
work = Work(asked)
initialize_config({"api": {"baseUrl": asked["rest"]}, "worker": {"pool": asked["in_flight"]}})


def handler(job: ActivatedJob) -> dict[str, object]:
    work()
    return {"done": True}


add_job_worker(asked["job_type"], handler, timeout=120_000, max_jobs_active=asked["in_flight"])
start_camunda_workers()
while True:
    time.sleep(2)
