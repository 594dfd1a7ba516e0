"""Process instances, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import NullAs, Number, ResponseModel, Since, Text

__all__ = ["CallHierarchyEntry", "ElementStatistics", "ProcessInstance", "ProcessInstanceFilter", "SequenceFlow"]


class ProcessInstance(ResponseModel):
    """A running or ended instance."""

    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_name: str | None = Field(default=None, alias="processDefinitionName")
    process_definition_version: Number = Field(default=0, alias="processDefinitionVersion")
    process_definition_version_tag: str | None = Field(default=None, alias="processDefinitionVersionTag")
    start_date: Text = Field(default="", alias="startDate")
    end_date: str | None = Field(default=None, alias="endDate")
    state: Text = ""
    has_incident: bool = Field(default=False, alias="hasIncident")
    tenant_id: Text = Field(default="", alias="tenantId")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    parent_process_instance_key: str | None = Field(default=None, alias="parentProcessInstanceKey")
    parent_element_instance_key: str | None = Field(default=None, alias="parentElementInstanceKey")
    tags: Annotated[list[str], NullAs(list)] = Field(default_factory=list)
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    business_id: str | None = Field(default=None, alias="businessId")
    suspended_date: str | None = Field(default=None, alias="suspendedDate")


class ElementStatistics(ResponseModel):
    """How many instances of one element there are."""

    element_id: Text = Field(default="", alias="elementId")
    active: Number = 0
    canceled: Number = 0
    incidents: Number = 0
    completed: Number = 0


class SequenceFlow(ResponseModel):
    """A sequence flow that an instance has taken."""

    sequence_flow_id: Text = Field(default="", alias="sequenceFlowId")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    element_id: Text = Field(default="", alias="elementId")
    tenant_id: Text = Field(default="", alias="tenantId")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class CallHierarchyEntry(ResponseModel):
    """An instance on the way from the first caller."""

    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    process_definition_name: Text = Field(default="", alias="processDefinitionName")


class ProcessInstanceFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    start_date: TextCondition
    end_date: TextCondition
    state: TextCondition
    has_incident: bool
    tenant_id: TextCondition
    variables: list[dict[str, Any]]
    process_instance_key: TextCondition
    parent_process_instance_key: TextCondition
    parent_element_instance_key: TextCondition
    batch_operation_id: TextCondition
    error_message: TextCondition
    has_retries_left: bool
    element_instance_state: TextCondition
    element_id: TextCondition
    has_element_instance_incident: bool
    incident_error_hash_code: NumberCondition
    tags: list[str]
    process_definition_id: TextCondition
    process_definition_name: TextCondition
    process_definition_version: NumberCondition
    process_definition_version_tag: TextCondition
    process_definition_key: TextCondition
    batch_operation_key: Annotated[TextCondition, Since("8.9")]
    business_id: Annotated[TextCondition, Since("8.9")]
    suspended_date: Annotated[TextCondition, Since("8.10")]
