"""Process instances: start, cancel, migrate, modify."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8 import _target
from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, key, made
from camunda_client.c8.api._call import Call, RepeatRule, run, run_for
from camunda_client.c8.api._search import PAGE_SIZE, Sort, listed, search
from camunda_client.c8.api._short import got, send
from camunda_client.c8.models import (
    CancelProcessInstanceRequest,
    CreateProcessInstanceRequest,
    CreateProcessInstanceResponse,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
)
from camunda_client.c8.models.generated import (
    CallHierarchyEntry,
    ElementStatistics,
    ProcessInstance,
    ProcessInstanceFilter,
    SequenceFlow,
)
from camunda_client.error import ErrorCode

__all__ = [
    "cancel_process_instance",
    "create_process_instance",
    "delete_process_instance",
    "get_process_instance",
    "get_process_instance_call_hierarchy",
    "get_process_instance_sequence_flows",
    "get_process_instance_statistics",
    "migrate_process_instance",
    "modify_process_instance",
    "resume_process_instance",
    "search_process_instances",
    "suspend_process_instance",
]

#: Seconds after the engine's own time limit; its answer may come late.
_LATE_S = 20.0


def create_process_instance(request: CreateProcessInstanceRequest) -> CreateProcessInstanceResponse:
    """Start a process instance and return its key.

    It is sent again only if it surely wasn't carried out. A `ConnectionFailed` whose ``maybe_applied`` is True
    therefore means: perhaps it runs. So does an answer of status 408 or 5xx that doesn't rule it out (mostly 500, 502
    or 504, and a proxy's 503); the message then ends in "perhaps it was carried out all the same, ...".

    It takes ``api.timeout`` at most. Only one that waits for the instance's end (``await_completion``) may take longer:
    20 s more than its ``request_timeout``, if that is more.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances.
    """
    timeout_s = None
    if request.await_completion:
        timeout_s = max(_target.config().api.timeout / 1000, request.request_timeout / 1000 + _LATE_S)
    call = Call(
        "POST",
        "/process-instances",
        ErrorCode.C8_FAILED_TO_CREATE_PROCESS_INSTANCE,
        body=body(request),
        repeat=RepeatRule.IF_NOT_APPLIED,
        timeout_s=timeout_s,
    )
    return run_for(CreateProcessInstanceResponse, call)


def cancel_process_instance(process_instance_key: str | int, operation_reference: int | None = None) -> None:
    """End a running instance, and with it all that it called.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/cancellation.
    """
    content = made(CancelProcessInstanceRequest, operationReference=operation_reference)
    instance = key(process_instance_key, "process_instance_key")
    run(
        Call(
            "POST",
            f"/process-instances/{instance}/cancellation",
            ErrorCode.C8_FAILED_TO_CANCEL_PROCESS_INSTANCE,
            (instance,),
            body(content),
            settled_by=(Verdict.GONE,),
        )
    )


def migrate_process_instance(process_instance_key: str | int, request: MigrateProcessInstanceRequest) -> None:
    """Move a running instance to another definition.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/migration.
    """
    code = ErrorCode.C8_FAILED_TO_MIGRATE_PROCESS_INSTANCE
    _change(process_instance_key, "migration", code, request)


def modify_process_instance(process_instance_key: str | int, request: ModifyProcessInstanceRequest) -> None:
    """Activate and terminate elements of a running instance, in one step.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/modification.
    """
    code = ErrorCode.C8_FAILED_TO_MODIFY_PROCESS_INSTANCE
    _change(process_instance_key, "modification", code, request)


def _change(
    process_instance_key: str | int,
    what: str,
    code: ErrorCode,
    request: MigrateProcessInstanceRequest | ModifyProcessInstanceRequest,
) -> None:
    instance = key(process_instance_key, "process_instance_key")
    path = f"/process-instances/{instance}/{what}"
    # Neither may happen twice: a second modification activates its elements again.
    run(Call("POST", path, code, (instance,), body(request), repeat=RepeatRule.IF_NOT_APPLIED))


def search_process_instances(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[ProcessInstanceFilter]
) -> Iterator[ProcessInstance]:
    """Yield process instances that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `ProcessInstanceFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/search.
    """
    return search(
        "/process-instances/search", ProcessInstance, ProcessInstanceFilter, filters, sort=sort, page_size=page_size
    )


def get_process_instance(process_instance_key: str | int) -> ProcessInstance:
    """Return a process instance, running or ended.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-instances/{processInstanceKey}.
    """
    found = key(process_instance_key, "process_instance_key")
    return got(f"/process-instances/{found}", ProcessInstance)


def get_process_instance_statistics(process_instance_key: str | int) -> list[ElementStatistics]:
    """Return, for each element that was reached, how many of its instances are active, completed or have an incident.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-instances/{processInstanceKey}/statistics/element-instances.
    """
    instance = key(process_instance_key, "process_instance_key")
    return listed(f"/process-instances/{instance}/statistics/element-instances", ElementStatistics)


def get_process_instance_sequence_flows(process_instance_key: str | int) -> list[SequenceFlow]:
    """Return the sequence flows that an instance has taken.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/process-instances/{processInstanceKey}/sequence-flows.
    """
    instance = key(process_instance_key, "process_instance_key")
    return listed(f"/process-instances/{instance}/sequence-flows", SequenceFlow)


def get_process_instance_call_hierarchy(process_instance_key: str | int) -> list[CallHierarchyEntry]:
    """Return the instances whose call activities led to this one, the outermost first.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-instances/{processInstanceKey}/call-hierarchy.
    """
    instance = key(process_instance_key, "process_instance_key")
    return listed(f"/process-instances/{instance}/call-hierarchy", CallHierarchyEntry)


def delete_process_instance(process_instance_key: str | int) -> None:
    """Delete an ended process instance with its history; Camunda 8.9 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/deletion.
    """
    instance = key(process_instance_key, "process_instance_key")
    send("POST", f"/process-instances/{instance}/deletion", settled_by=(Verdict.GONE,), since="8.9")


def suspend_process_instance(process_instance_key: str | int) -> None:
    """Suspend a process instance until it is resumed, but none that it has called; Camunda 8.10 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/suspension.
    """
    instance = key(process_instance_key, "process_instance_key")
    send("POST", f"/process-instances/{instance}/suspension", settled_by=(Verdict.CONFLICT,), since="8.10")


def resume_process_instance(process_instance_key: str | int) -> None:
    """Resume a suspended process instance; Camunda 8.10 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/resumption.
    """
    instance = key(process_instance_key, "process_instance_key")
    send("POST", f"/process-instances/{instance}/resumption", settled_by=(Verdict.CONFLICT,), since="8.10")
