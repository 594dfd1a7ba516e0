"""Signals: sent to everything that waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from pydantic import Field

from camunda_client.c8.models.base import DEFAULT_TENANT, RequestModel, ResponseModel, Tenant

__all__ = ["BroadcastSignalRequest", "BroadcastSignalResponse"]


class BroadcastSignalRequest(RequestModel):
    """Broadcasts a signal."""

    signal_name: str = Field(alias="signalName")
    variables: dict[str, Any] | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, signalName: str, variables: dict[str, Any] | None = ..., tenantId: str | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, signal_name: str, variables: dict[str, Any] | None = ..., tenant_id: str | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class BroadcastSignalResponse(ResponseModel):
    """The signal that was broadcast."""

    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    signal_key: str = Field(alias="signalKey")
