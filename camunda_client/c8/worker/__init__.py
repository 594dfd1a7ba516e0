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

from camunda_client.c8.models import AdHocResult, Completion, Corrections, Denied, UserTaskResult
from camunda_client.c8.worker._execution import HandlerTimedOut, JobLost, keep_in_jobs
from camunda_client.c8.worker._handlers import JobWorker, JobWorkerRequest, camunda_worker, check_unique
from camunda_client.c8.worker._health import Health, JobInHand, StopReport
from camunda_client.c8.worker._hooks import JobOutcome, after_job, around_job, before_job, on_failure
from camunda_client.c8.worker._manager import (
    CamundaWorkerManager,
    add_job_worker,
    clear,
    health,
    jobs_in_hand,
    register_workers,
    registered_workers,
    start_camunda_workers,
    stop_camunda_workers,
)
from camunda_client.c8.worker._markers import Client, DocumentContent, Header, JobField, Variable, Variables
from camunda_client.c8.worker._run_handler import HandlerRun, run_handler, worker_settings
from camunda_client.c8.worker._settings import WorkerSettings
from camunda_client.c8.worker._unfit import UnfitVariables

__all__ = [
    "AdHocResult",
    "CamundaWorkerManager",
    "Client",
    "Completion",
    "Corrections",
    "Denied",
    "DocumentContent",
    "HandlerRun",
    "HandlerTimedOut",
    "Header",
    "Health",
    "JobField",
    "JobInHand",
    "JobLost",
    "JobOutcome",
    "JobWorker",
    "JobWorkerRequest",
    "StopReport",
    "UnfitVariables",
    "UserTaskResult",
    "Variable",
    "Variables",
    "WorkerSettings",
    "add_job_worker",
    "after_job",
    "around_job",
    "before_job",
    "camunda_worker",
    "check_unique",
    "clear",
    "health",
    "jobs_in_hand",
    "keep_in_jobs",
    "on_failure",
    "register_workers",
    "registered_workers",
    "run_handler",
    "start_camunda_workers",
    "stop_camunda_workers",
    "worker_settings",
]
