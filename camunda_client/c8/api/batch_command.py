"""Commands for all process instances, decision instances or jobs that fit a filter; each begins a batch operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import body, made
from camunda_client.c8.api._call import run_for
from camunda_client.c8.api._search import narrowed
from camunda_client.c8.api._short import call_of
from camunda_client.c8.models import (
    BatchRequest,
    JobChangeset,
    MappingInstructions,
    MigrateInstancesRequest,
    MigrationPlan,
    MoveInstancesRequest,
    UpdateJobsRequest,
)
from camunda_client.c8.models.generated import (
    CreatedBatchOperation,
    DecisionInstanceFilter,
    JobFilter,
    ProcessInstanceFilter,
)
from camunda_client.error import InvalidRequestError

__all__ = [
    "cancel_process_instances",
    "delete_decision_instances",
    "delete_process_instances",
    "migrate_process_instances",
    "modify_process_instances",
    "resolve_incidents",
    "resume_process_instances",
    "suspend_process_instances",
    "update_jobs",
]


def cancel_process_instances(
    *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to cancel all process instances that fit; `get_batch_operation` says how far it is.

    Args:
        operation_reference: Kept with the engine's records of this; Camunda 8.9 and later.
        filters: What must be true of each; see `ProcessInstanceFilter`. There must be one, and none may be None: an
            empty filter would mean every instance.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/cancellation.
    """
    return _begun("/process-instances/cancellation", ProcessInstanceFilter, filters, operation_reference)


def resolve_incidents(
    *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to resolve the incidents of all process instances that fit.

    Args:
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/incident-resolution.
    """
    return _begun("/process-instances/incident-resolution", ProcessInstanceFilter, filters, operation_reference)


def migrate_process_instances(
    target_process_definition_key: str | int,
    elements: Mapping[str, str],
    *,
    operation_reference: int | None = None,
    **filters: Unpack[ProcessInstanceFilter],
) -> CreatedBatchOperation:
    """Begin to move all process instances that fit to another definition.

    Args:
        target_process_definition_key: The definition.
        elements: For each element's id, the id of what it becomes.
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/migration.
    """
    plan = made(
        MigrationPlan,
        targetProcessDefinitionKey=str(target_process_definition_key),
        mappingInstructions=_mapped(elements),
    )
    return _begun(
        "/process-instances/migration",
        ProcessInstanceFilter,
        filters,
        operation_reference,
        kind=MigrateInstancesRequest,
        migrationPlan=plan,
    )


def modify_process_instances(
    moves: Mapping[str, str], *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to move what is active in all process instances that fit: from some elements to others.

    Args:
        moves: For each element's id, the id of the one to start in its place.
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/modification.
    """
    path, kind, mapped = "/process-instances/modification", MoveInstancesRequest, _mapped(moves)
    return _begun(path, ProcessInstanceFilter, filters, operation_reference, kind=kind, moveInstructions=mapped)


def delete_process_instances(
    *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to delete all ended process instances that fit, with their history; Camunda 8.9 and later.

    Args:
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/deletion.
    """
    return _begun("/process-instances/deletion", ProcessInstanceFilter, filters, operation_reference, since="8.9")


def suspend_process_instances(
    *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to suspend all process instances that fit; Camunda 8.10 and later.

    Args:
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/suspension.
    """
    return _begun("/process-instances/suspension", ProcessInstanceFilter, filters, operation_reference, since="8.10")


def resume_process_instances(
    *, operation_reference: int | None = None, **filters: Unpack[ProcessInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to resume all suspended process instances that fit; Camunda 8.10 and later.

    Args:
        operation_reference: As of `cancel_process_instances`.
        filters: As of `cancel_process_instances`.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/resumption.
    """
    return _begun("/process-instances/resumption", ProcessInstanceFilter, filters, operation_reference, since="8.10")


def delete_decision_instances(
    *, operation_reference: int | None = None, **filters: Unpack[DecisionInstanceFilter]
) -> CreatedBatchOperation:
    """Begin to delete all decision instances that fit; Camunda 8.9 and later.

    Args:
        operation_reference: As of `cancel_process_instances`.
        filters: What must be true of each; see `DecisionInstanceFilter`. There must be one, and none may be None.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/decision-instances/deletion.
    """
    return _begun("/decision-instances/deletion", DecisionInstanceFilter, filters, operation_reference, since="8.9")


def update_jobs(
    changes: JobChangeset, *, operation_reference: int | None = None, **filters: Unpack[JobFilter]
) -> CreatedBatchOperation:
    """Begin to change all jobs that fit; Camunda 8.10 and later.

    Args:
        changes: What to change about each, such as ``JobChangeset(retries=3)``.
        operation_reference: As of `cancel_process_instances`.
        filters: What must be true of each; see `JobFilter`. There must be one, and none may be None.

    Raises:
        InvalidRequestError: A keyword is unknown or None, or there is none; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/batch-update.
    """
    return _begun(
        "/jobs/batch-update",
        JobFilter,
        filters,
        operation_reference,
        since="8.10",
        kind=UpdateJobsRequest,
        changeset=changes,
    )


def _begun(
    path: str,
    known: type,
    wanted: Mapping[str, Any],
    reference: int | None,
    *,
    since: str = "8.8",
    kind: type[BatchRequest] = BatchRequest,
    **more: Any,
) -> CreatedBatchOperation:
    empty = [name for name, value in wanted.items() if value is None]
    if empty or not wanted:
        why = f"{empty[0]} is None" if empty else "no filter is given"
        raise InvalidRequestError(f"{why}: POST /v2{path} would reach more than you mean; say what must be true")
    filters, needs = narrowed(path, known, wanted, since)
    # Sent twice, it would be two operations.
    call = call_of("POST", path, body(made(kind, filter=filters, operationReference=reference, **more)), safe=False)
    return run_for(CreatedBatchOperation, replace(call, since=needs))


def _mapped(elements: Mapping[str, str]) -> list[MappingInstructions]:
    return [made(MappingInstructions, sourceElementId=source, targetElementId=to) for source, to in elements.items()]
