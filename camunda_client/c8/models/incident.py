"""Incidents: instances that wait for a human."""

from __future__ import annotations

from pydantic import Field

from camunda_client.c8.models.base import RequestModel

__all__ = ["ResolveIncidentRequest"]


class ResolveIncidentRequest(RequestModel):
    """Lets the engine try again; a job needs new retries first. Camunda 8.6 insists on a body, be it empty."""

    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
