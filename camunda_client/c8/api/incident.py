"""Incidents: instances that wait for a human."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, key, made
from camunda_client.c8.api._call import Call, run, run_for
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search, search_forwards
from camunda_client.c8.api._short import call_of, got
from camunda_client.c8.models import ResolveIncidentRequest
from camunda_client.c8.models.generated import (
    CreatedBatchOperation,
    Incident,
    IncidentDefinitionStatistics,
    IncidentErrorStatistics,
    IncidentFilter,
)
from camunda_client.error import ErrorCode

__all__ = [
    "get_incident",
    "get_incident_statistics_by_definition",
    "get_incident_statistics_by_error",
    "resolve_incident",
    "resolve_process_instance_incidents",
    "search_element_instance_incidents",
    "search_incidents",
    "search_process_instance_incidents",
]


def resolve_incident(incident_key: str | int, operation_reference: int | None = None) -> None:
    """Let the engine try again. A job without retries must be given some first: ``update_job(key, retries=1)``.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/incidents/{incidentKey}/resolution.
    """
    incident = key(incident_key, "incident_key")
    run(
        Call(
            "POST",
            f"/incidents/{incident}/resolution",
            ErrorCode.C8_FAILED_TO_RESOLVE_INCIDENT,
            (incident,),
            body(made(ResolveIncidentRequest, operationReference=operation_reference)),
            settled_by=(Verdict.GONE,),
            # The other 404 of this endpoint: the incident is there still.
            unless_it_says="no retries left",
        )
    )


def search_incidents(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[IncidentFilter]
) -> Iterator[Incident]:
    """Yield incidents that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `IncidentFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/incidents/search.
    """
    return search("/incidents/search", Incident, IncidentFilter, filters, sort=sort, page_size=page_size)


def get_incident(incident_key: str | int) -> Incident:
    """Return an incident.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/incidents/{incidentKey}.
    """
    found = key(incident_key, "incident_key")
    return got(f"/incidents/{found}", Incident)


def search_process_instance_incidents(
    process_instance_key: str | int,
    /,
    *,
    sort: Sort = (),
    page_size: int = PAGE_SIZE,
    **filters: Unpack[IncidentFilter],
) -> Iterator[Incident]:
    """Yield incidents of a process instance and of all that it called, page by page as they are asked for.

    Args:
        process_instance_key: The calling instance; ``process_instance_key`` as a filter would narrow it to one of them.
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `IncidentFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: There is no such instance (status 404), or the engine could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/incidents/search.
    """
    instance = key(process_instance_key, "process_instance_key")
    return search(
        f"/process-instances/{instance}/incidents/search",
        Incident,
        IncidentFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def search_element_instance_incidents(
    element_instance_key: str | int,
    /,
    *,
    sort: Sort = (),
    page_size: int = PAGE_SIZE,
    **filters: Unpack[IncidentFilter],
) -> Iterator[Incident]:
    """Yield incidents of an element instance and of all inside of it; Camunda 8.9 and later.

    Args:
        element_instance_key: Where.
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `IncidentFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/element-instances/{elementInstanceKey}/incidents/search.
    """
    element = key(element_instance_key, "element_instance_key")
    path = f"/element-instances/{element}/incidents/search"
    return search(path, Incident, IncidentFilter, filters, sort=sort, page_size=page_size, since="8.9")


def resolve_process_instance_incidents(process_instance_key: str | int) -> CreatedBatchOperation:
    """Begin to resolve all incidents of a process instance; Camunda 8.9 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-instances/{processInstanceKey}/incident-resolution.
    """
    instance = key(process_instance_key, "process_instance_key")
    call = call_of("POST", f"/process-instances/{instance}/incident-resolution", safe=False, since="8.9")
    return run_for(CreatedBatchOperation, call)


def get_incident_statistics_by_error() -> Iterator[IncidentErrorStatistics]:
    """Yield for each error how many active process instances have it, page by page; Camunda 8.9 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/incidents/statistics/process-instances-by-error.
    """
    path = "/incidents/statistics/process-instances-by-error"
    return search_forwards(path, IncidentErrorStatistics, {}, since="8.9", by_offset=True)


def get_incident_statistics_by_definition(error_hash_code: int) -> Iterator[IncidentDefinitionStatistics]:
    """Yield for each definition how many active process instances have an error; Camunda 8.9 and later.

    Args:
        error_hash_code: Which error, as `get_incident_statistics_by_error` says.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/incidents/statistics/process-instances-by-definition.
    """
    path = "/incidents/statistics/process-instances-by-definition"
    wanted = {"error_hash_code": error_hash_code}
    return search_forwards(path, IncidentDefinitionStatistics, wanted, since="8.9", by_offset=True)
