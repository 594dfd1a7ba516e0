"""Message subscriptions, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import Number, ResponseModel, Since, Text

__all__ = [
    "CorrelatedMessageSubscription",
    "CorrelatedMessageSubscriptionFilter",
    "MessageSubscription",
    "MessageSubscriptionFilter",
]


class MessageSubscription(ResponseModel):
    """What waits for a message."""

    message_subscription_key: Text = Field(default="", alias="messageSubscriptionKey")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
    element_id: Text = Field(default="", alias="elementId")
    element_instance_key: str | None = Field(default=None, alias="elementInstanceKey")
    message_subscription_state: Text = Field(default="", alias="messageSubscriptionState")
    last_updated_date: Text = Field(default="", alias="lastUpdatedDate")
    message_name: Text = Field(default="", alias="messageName")
    correlation_key: str | None = Field(default=None, alias="correlationKey")
    tenant_id: Text = Field(default="", alias="tenantId")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    message_subscription_type: str | None = Field(default=None, alias="messageSubscriptionType")
    extension_properties: dict[str, Any] | None = Field(default=None, alias="extensionProperties")
    process_definition_name: str | None = Field(default=None, alias="processDefinitionName")
    process_definition_version: int | None = Field(default=None, alias="processDefinitionVersion")
    tool_name: str | None = Field(default=None, alias="toolName")
    inbound_connector_type: str | None = Field(default=None, alias="inboundConnectorType")
    business_id: str | None = Field(default=None, alias="businessId")
    tool_properties: dict[str, Any] | None = Field(default=None, alias="toolProperties")


class CorrelatedMessageSubscription(ResponseModel):
    """What a message was handed to."""

    correlation_key: str | None = Field(default=None, alias="correlationKey")
    correlation_time: Text = Field(default="", alias="correlationTime")
    element_id: Text = Field(default="", alias="elementId")
    element_instance_key: str | None = Field(default=None, alias="elementInstanceKey")
    message_key: Text = Field(default="", alias="messageKey")
    message_name: Text = Field(default="", alias="messageName")
    partition_id: Number = Field(default=0, alias="partitionId")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    subscription_key: Text = Field(default="", alias="subscriptionKey")
    tenant_id: Text = Field(default="", alias="tenantId")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    business_id: str | None = Field(default=None, alias="businessId")


class MessageSubscriptionFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    message_subscription_key: TextCondition
    process_definition_id: TextCondition
    process_instance_key: TextCondition
    element_id: TextCondition
    element_instance_key: TextCondition
    message_subscription_state: TextCondition
    last_updated_date: TextCondition
    message_name: TextCondition
    correlation_key: TextCondition
    tenant_id: TextCondition
    process_definition_key: Annotated[TextCondition, Since("8.9")]
    message_subscription_type: Annotated[TextCondition, Since("8.9")]
    process_definition_name: Annotated[TextCondition, Since("8.9")]
    process_definition_version: Annotated[NumberCondition, Since("8.9")]
    tool_name: Annotated[TextCondition, Since("8.9")]
    inbound_connector_type: Annotated[TextCondition, Since("8.9")]
    business_id: Annotated[TextCondition, Since("8.10")]


class CorrelatedMessageSubscriptionFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    correlation_key: TextCondition
    correlation_time: TextCondition
    element_id: TextCondition
    element_instance_key: TextCondition
    message_key: TextCondition
    message_name: TextCondition
    partition_id: NumberCondition
    process_definition_id: TextCondition
    process_definition_key: TextCondition
    process_instance_key: TextCondition
    subscription_key: TextCondition
    tenant_id: TextCondition
    business_id: Annotated[TextCondition, Since("8.10")]
