"""Element instances: the running parts of a process instance, and their variables."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from camunda_client.c8.models.base import RequestModel

__all__ = ["SetVariablesRequest"]


class SetVariablesRequest(RequestModel):
    """Sets variables where an element instance is."""

    variables: dict[str, Any]
    #: True: exactly there. False: each variable where it exists, going outwards, else at the process instance.
    local: bool = False
    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
