"""Incidents, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import ResponseModel, Text

__all__ = ["Incident", "IncidentDefinitionStatistics", "IncidentErrorStatistics", "IncidentFilter"]


class Incident(ResponseModel):
    """What keeps an instance from going on."""

    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    error_type: Text = Field(default="", alias="errorType")
    error_message: Text = Field(default="", alias="errorMessage")
    element_id: Text = Field(default="", alias="elementId")
    creation_time: Text = Field(default="", alias="creationTime")
    state: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    incident_key: Text = Field(default="", alias="incidentKey")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    element_instance_key: Text = Field(default="", alias="elementInstanceKey")
    job_key: str | None = Field(default=None, alias="jobKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class IncidentErrorStatistics(ResponseModel):
    """How many active instances have incidents with one error."""

    error_hash_code: int | None = Field(default=None, alias="errorHashCode")
    error_message: str | None = Field(default=None, alias="errorMessage")
    active_instances_with_error_count: int | None = Field(default=None, alias="activeInstancesWithErrorCount")


class IncidentDefinitionStatistics(ResponseModel):
    """How many active instances of one definition have incidents with an error."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_definition_name: str | None = Field(default=None, alias="processDefinitionName")
    process_definition_version: int | None = Field(default=None, alias="processDefinitionVersion")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    active_instances_with_error_count: int | None = Field(default=None, alias="activeInstancesWithErrorCount")


class IncidentFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    process_definition_id: TextCondition
    error_type: TextCondition
    error_message: TextCondition
    element_id: TextCondition
    creation_time: TextCondition
    state: TextCondition
    tenant_id: TextCondition
    incident_key: TextCondition
    process_definition_key: TextCondition
    process_instance_key: TextCondition
    element_instance_key: TextCondition
    job_key: TextCondition
