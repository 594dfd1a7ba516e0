"""Messages: publish them to what waits or will wait, or correlate them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, overload

from pydantic import Field

from camunda_client.c8.models.base import DEFAULT_TENANT, RequestModel, ResponseModel, Since, Tenant, Text

__all__ = ["CorrelateMessageRequest", "CorrelateMessageResponse", "PublishMessageRequest", "PublishMessageResponse"]


class PublishMessageRequest(RequestModel):
    """Publishes a message. With a ``message_id`` the engine refuses a second one while the first is buffered."""

    name: str
    correlation_key: str = Field(default="", alias="correlationKey")
    #: Milliseconds the message is kept for a subscriber that doesn't wait yet.
    time_to_live: int = Field(default=0, alias="timeToLive")
    message_id: str | None = Field(default=None, alias="messageId")
    variables: dict[str, Any] | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    #: Only for instances that have it; Camunda 8.10 and later.
    business_id: Annotated[str | None, Since("8.10")] = Field(default=None, alias="businessId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, name: str, correlationKey: str = ..., timeToLive: int = ..., messageId: str | None = ...,
            variables: dict[str, Any] | None = ..., tenantId: str | None = ...,
            businessId: Annotated[str | None, Since("8.10")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, name: str, correlation_key: str = ..., time_to_live: int = ..., message_id: str | None = ...,
            variables: dict[str, Any] | None = ..., tenant_id: str | None = ...,
            business_id: Annotated[str | None, Since("8.10")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class PublishMessageResponse(ResponseModel):
    """The message that was published. The key is empty if an earlier try of ours had published it already."""

    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    message_key: Text = Field(default="", alias="messageKey")


class CorrelateMessageRequest(RequestModel):
    """Hands a message to what waits for it now."""

    name: str
    correlation_key: str = Field(default="", alias="correlationKey")
    variables: dict[str, Any] | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    #: Only for instances that have it; Camunda 8.10 and later.
    business_id: Annotated[str | None, Since("8.10")] = Field(default=None, alias="businessId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, name: str, correlationKey: str = ..., variables: dict[str, Any] | None = ...,
            tenantId: str | None = ..., businessId: Annotated[str | None, Since("8.10")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, name: str, correlation_key: str = ..., variables: dict[str, Any] | None = ...,
            tenant_id: str | None = ..., business_id: Annotated[str | None, Since("8.10")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class CorrelateMessageResponse(ResponseModel):
    """The instance that took the message."""

    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    message_key: Text = Field(default="", alias="messageKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
