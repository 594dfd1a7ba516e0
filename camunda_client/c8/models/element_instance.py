"""Element instances: the running parts of a process instance, and their variables."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from camunda_client.c8.models.base import RequestModel

__all__ = ["ActivateAdHocRequest", "AdHocActivity", "SetVariablesRequest"]


class SetVariablesRequest(RequestModel):
    """Sets variables where an element instance is."""

    variables: dict[str, Any]
    #: True: exactly there. False: each variable where it exists, going outwards, else at the process instance.
    local: bool = False
    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)


class AdHocActivity(RequestModel):
    """An element of an ad-hoc sub-process to start, with variables of its own."""

    element_id: str = Field(alias="elementId", min_length=1)
    variables: dict[str, Any] | None = None


class ActivateAdHocRequest(RequestModel):
    """Starts elements of an ad-hoc sub-process."""

    elements: list[AdHocActivity] = Field(min_length=1)
    cancel_remaining_instances: bool | None = Field(default=None, alias="cancelRemainingInstances")
