"""Element instances, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import ResponseModel, Text

__all__ = ["ElementInstance", "ElementInstanceFilter"]


class ElementInstance(ResponseModel):
    """One run through one element of a process instance."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    start_date: Text = Field(default="", alias="startDate")
    end_date: str | None = Field(default=None, alias="endDate")
    element_id: Text = Field(default="", alias="elementId")
    element_name: Text = Field(default="", alias="elementName")
    type: Text = ""
    state: Text = ""
    has_incident: bool = Field(default=False, alias="hasIncident")
    tenant_id: Text = Field(default="", alias="tenantId")
    element_instance_key: Text = Field(default="", alias="elementInstanceKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    incident_key: str | None = Field(default=None, alias="incidentKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class ElementInstanceFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    process_definition_id: str
    state: TextCondition
    type: str
    element_id: str
    element_name: str
    has_incident: bool
    tenant_id: str
    element_instance_key: str
    process_instance_key: str
    process_definition_key: str
    incident_key: str
    start_date: TextCondition
    end_date: TextCondition
    element_instance_scope_key: str
