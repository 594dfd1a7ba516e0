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
from typing import TYPE_CHECKING, Any

from camunda_client import patching

patching.patch()

from camunda_client.c8.models import AdHocResult, Completion, Corrections, Denied, UserTaskResult
from camunda_client.c8.worker import _idempotency
from camunda_client.c8.worker._blocking import BlockingModule, blocking_modules
from camunda_client.c8.worker._errors import BpmnError, Incident, Retry, map_errors
from camunda_client.c8.worker._execution import HandlerTimedOut, JobLost, keep_in_jobs
from camunda_client.c8.worker._forms import (
    Client,
    DocumentContent,
    Header,
    JobField,
    UnfitVariables,
    Variable,
    Variables,
)
from camunda_client.c8.worker._group import WorkerRegistry
from camunda_client.c8.worker._handlers import JobWorker, JobWorkerRequest, camunda_worker, check_unique
from camunda_client.c8.worker._health import Health, JobInHand, StopReport
from camunda_client.c8.worker._hooks import JobOutcome, after_job, also_fetch, around_job, before_job, on_failure
from camunda_client.c8.worker._idempotency import PostgresStore, RedisStore, idempotent
from camunda_client.c8.worker._manager import (
    CamundaWorkerManager,
    add_job_worker,
    change_workers,
    clear,
    health,
    jobs_in_hand,
    register_workers,
    registered_workers,
    start_camunda_workers,
    stop_camunda_workers,
)
from camunda_client.c8.worker._offload import HandlerProcessDied, try_children
from camunda_client.c8.worker._resources import Resource
from camunda_client.c8.worker._run_handler import HandlerRun, run_handler, worker_settings
from camunda_client.c8.worker._settings import WorkerSettings

if TYPE_CHECKING:
    from camunda_client.c8.worker._idempotency import SqliteStore

__all__ = [
    "AdHocResult",
    "BlockingModule",
    "BpmnError",
    "CamundaWorkerManager",
    "Client",
    "Completion",
    "Corrections",
    "Denied",
    "DocumentContent",
    "HandlerProcessDied",
    "HandlerRun",
    "HandlerTimedOut",
    "Header",
    "Health",
    "Incident",
    "JobField",
    "JobInHand",
    "JobLost",
    "JobOutcome",
    "JobWorker",
    "JobWorkerRequest",
    "PostgresStore",
    "RedisStore",
    "Resource",
    "Retry",
    "SqliteStore",
    "StopReport",
    "UnfitVariables",
    "UserTaskResult",
    "Variable",
    "Variables",
    "WorkerRegistry",
    "WorkerSettings",
    "add_job_worker",
    "after_job",
    "also_fetch",
    "around_job",
    "before_job",
    "blocking_modules",
    "camunda_worker",
    "change_workers",
    "check_unique",
    "clear",
    "health",
    "idempotent",
    "jobs_in_hand",
    "keep_in_jobs",
    "map_errors",
    "on_failure",
    "register_workers",
    "registered_workers",
    "run_handler",
    "start_camunda_workers",
    "stop_camunda_workers",
    "try_children",
    "worker_settings",
]


def __getattr__(name: str) -> Any:
    """Load SQLite when it is asked for; see :mod:`camunda_client.c8.worker._idempotency`."""
    if name == "SqliteStore":
        return _idempotency.SqliteStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
