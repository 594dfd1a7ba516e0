"""How handlers are named: the decorator, its function form, and the move into the process's manager."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from camunda_client.c8.worker._manager import CamundaWorkerManager, queue
from camunda_client.c8.worker._registry import JobWorker, JobWorkerRequest
from camunda_client.c8.worker._signature import check_handler
from camunda_client.error import SignatureException

if TYPE_CHECKING:
    from collections.abc import Callable

_Handler = TypeVar("_Handler", bound="Callable[..., Any]")


def camunda_worker(
    job_type: str,
    polling_interval: int | None = None,
    worker: str | None = None,
    timeout: int | None = None,
    max_jobs_to_activate: int | None = None,
    fetch_variables: list[str] | None = None,
    request_timeout: int | None = None,
    tenant_ids: list[str] | None = None,
    *,
    max_jobs_active: int | None = None,
    auto_extend: bool | None = None,
    handler_timeout: int | None = None,
    max_lease: int | None = None,
    retry_back_off: int | None = None,
) -> Callable[[_Handler], _Handler]:
    """Make a function the handler of a job type; it stays callable as before.

    Whatever is left out comes from the configuration (``api.job``). All times are milliseconds.

    Args:
        job_type: The type in the BPMN task's ``zeebe:taskDefinition``.
        polling_interval: Ceiling of the wait between polls when they fail or come back empty early.
        worker: Name that Camunda keeps with the job; default the configuration's.
        timeout: The lease: how long Camunda waits for a sign of life. It is extended while the handler runs, so it may
            be short; a dead worker's jobs come back after it.
        max_jobs_to_activate: Jobs per poll at most; default all free slots.
        fetch_variables: Names of the variables to bring; default all.
        request_timeout: How long Camunda may hold a poll open, below 30,000; default 10,000.
        tenant_ids: Tenants whose jobs to ask for.
        max_jobs_active: Jobs of this type in flight at most, default 100; 1 for code that isn't re-entrant.
        auto_extend: Whether the lease is extended while the handler runs; default yes.
        handler_timeout: The handler is stopped and its job failed after this; default never.
        max_lease: The lease is not extended beyond this; default for ever.
        retry_back_off: First wait before a failed job is offered again; it doubles with each failure.

    Returns:
        The decorator. It refuses, with :class:`SignatureException`, what can't be called as ``handler(job)``.

    Raises:
        SignatureException: No job type, or ``fetch_variables`` or ``tenant_ids`` that are not lists of names.
    """
    if not isinstance(job_type, str) or not job_type.strip():
        raise SignatureException(
            f"camunda_worker needs a job type, got {job_type!r}; use @camunda_worker(job_type='…')"
        )

    fetch_variables = _names("fetch_variables", fetch_variables)
    tenant_ids = _names("tenant_ids", tenant_ids)

    def decorate(handler: _Handler) -> _Handler:
        check_handler(handler)

        def call(*args: Any, **kwargs: Any) -> Any:
            return handler(*args, **kwargs)

        functools.update_wrapper(call, handler)
        queue.append(
            JobWorker(
                job_type,
                handler,
                polling_interval,
                JobWorkerRequest(
                    job_type, worker, timeout, max_jobs_to_activate, fetch_variables, request_timeout, tenant_ids
                ),
                max_jobs_active=max_jobs_active,
                auto_extend=auto_extend,
                handler_timeout=handler_timeout,
                max_lease=max_lease,
                retry_back_off=retry_back_off,
            )
        )
        return call  # type: ignore[return-value]

    return decorate


def _names(argument: str, value: Any) -> list[str] | None:
    """Return the names as a list; a text alone would be read letter by letter, and its jobs or variables never come."""
    if value is None:
        return None
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(name, str) and name for name in value):
        return list(value)
    raise SignatureException(f"camunda_worker needs {argument} as a list of names, got {value!r}; write ['…']")


def add_job_worker(
    job_type: str,
    handler: Callable[..., Any],
    polling_interval: int | None = None,
    worker: str | None = None,
    timeout: int | None = None,
    max_jobs_to_activate: int | None = None,
    fetch_variables: list[str] | None = None,
    request_timeout: int | None = None,
    tenant_ids: list[str] | None = None,
    **options: Any,
) -> None:
    """Register a handler at once, without a decorator; the arguments are those of :func:`camunda_worker`."""
    camunda_worker(
        job_type,
        polling_interval,
        worker,
        timeout,
        max_jobs_to_activate,
        fetch_variables,
        request_timeout,
        tenant_ids,
        **options,
    )(handler)
    register_workers()


def register_workers() -> None:
    """Hand all decorated handlers to the process's manager; again does nothing more."""
    manager = CamundaWorkerManager()
    while queue:
        manager.add_worker(queue.pop(0))
