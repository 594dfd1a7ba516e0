"""Incidents: instances that wait for a human."""

from __future__ import annotations

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, key, made
from camunda_client.c8.api._call import Call, run
from camunda_client.c8.models import ResolveIncidentRequest
from camunda_client.error import ErrorCode

__all__ = ["resolve_incident"]


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
