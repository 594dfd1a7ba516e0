"""Work Camunda's jobs with plain blocking handlers, hundreds at once.

    @camunda_worker(job_type="charge-card")
    def charge_card(job: ActivatedJob) -> dict:
        ...

    register_workers()
    start_camunda_workers()

Importing this package makes blocking I/O cooperative (``gevent.monkey.patch_all()``), which is its first act; set
``CAMUNDA_CLIENT_PATCH=0`` to do that yourself.
"""

# ruff: noqa: E402 - patching comes before everything that might copy an unpatched name
from camunda_client import patching

patching.patch()

from camunda_client.c8.worker._execution import HandlerTimedOut, JobLost, keep_in_jobs
from camunda_client.c8.worker._handlers import JobWorker, JobWorkerRequest, camunda_worker
from camunda_client.c8.worker._health import Health, StopReport
from camunda_client.c8.worker._hooks import JobOutcome, after_job, around_job, before_job, on_failure
from camunda_client.c8.worker._manager import (
    CamundaWorkerManager,
    add_job_worker,
    clear,
    health,
    register_workers,
    start_camunda_workers,
    stop_camunda_workers,
)

__all__ = [
    "CamundaWorkerManager",
    "HandlerTimedOut",
    "Health",
    "JobLost",
    "JobOutcome",
    "JobWorker",
    "JobWorkerRequest",
    "StopReport",
    "add_job_worker",
    "after_job",
    "around_job",
    "before_job",
    "camunda_worker",
    "clear",
    "health",
    "keep_in_jobs",
    "on_failure",
    "register_workers",
    "start_camunda_workers",
    "stop_camunda_workers",
]
