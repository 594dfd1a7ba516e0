"""Incidents: instances that wait for a human."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, key, made
from camunda_client.c8.api._call import Call, run
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got
from camunda_client.c8.models import ResolveIncidentRequest
from camunda_client.c8.models.generated import Incident, IncidentFilter
from camunda_client.error import ErrorCode

__all__ = ["get_incident", "resolve_incident", "search_incidents", "search_process_instance_incidents"]


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
