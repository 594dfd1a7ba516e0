"""A job as its worker receives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from camunda_client.embedded.run._instances import TASK_LISTENER, Job
from camunda_client.embedded.run._task_decisions import as_listener_sees


@dataclass(frozen=True, slots=True)
class ActivatedJob:
    """A job with what its worker may know of it, as it was at one moment."""

    key: int
    type: str
    process_instance_key: int
    process_id: str
    process_version: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    headers: dict[str, str]
    worker: str
    retries: int
    deadline_ms: int
    variables: dict[str, Any]
    tenant_id: str
    kind: str
    listener_event_type: str
    root_process_instance_key: int
    priority: int
    #: Empty for a lease without one.
    lease_token: str
    tags: list[str]
    business_id: str
    #: Of a task listener: its user task as it will be.
    user_task: dict[str, Any] | None = None


def as_received(job: Job, variables: dict[str, Any], fetch_variables: Iterable[str]) -> ActivatedJob:
    """Return a job as its worker receives it.

    Args:
        job: Which.
        variables: What its element sees.
        fetch_variables: Names of those wanted; all when empty.
    """
    instance, definition = job.instance, job.instance.process.definition
    task = instance.user_task if job.kind == TASK_LISTENER else None
    if task is not None and task.transition is not None and task.transition.variables:
        variables = variables | task.transition.variables
    wanted = set(fetch_variables)
    if wanted:
        variables = {name: value for name, value in variables.items() if name in wanted}
    return ActivatedJob(
        job.key, job.type, instance.process.key, definition.process_id, definition.version, definition.key,
        instance.element.id, instance.key, dict(job.headers), job.worker, job.retries, job.deadline_ms,
        variables, job.tenant_id, job.kind,
        job.listener_event_type,
        instance.process.outermost.key, job.priority, job.lease_token, list(instance.process.tags),
        job.business_id, None if task is None else as_listener_sees(task),
    )  # fmt: skip
