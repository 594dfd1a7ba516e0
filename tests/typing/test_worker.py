"""The worker's public names as a type checker sees them; read by mypy, never run."""

from __future__ import annotations

from typing_extensions import assert_type

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    StopReport,
    add_job_worker,
    camunda_worker,
    register_workers,
    start_camunda_workers,
    stop_camunda_workers,
)


@camunda_worker(job_type="a", timeout=5000, max_jobs_active=1)
def handler(job: ActivatedJob) -> dict[str, int]:
    assert_type(job.job_key, str)
    assert_type(job.retries, int)
    return {"a": 1}


def use(job: ActivatedJob) -> None:
    assert_type(handler(job), dict[str, int])
    add_job_worker("b", handler, worker="w")
    register_workers()
    start_camunda_workers()
    assert_type(stop_camunda_workers(), StopReport)
