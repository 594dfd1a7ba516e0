"""Process definitions and forms, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import Number, ResponseModel, Since, Text

__all__ = [
    "Form",
    "MessageSubscriptionStatistics",
    "ProcessDefinition",
    "ProcessDefinitionFilter",
    "ProcessDefinitionStatisticsFilter",
    "ProcessInstanceStatistics",
    "ProcessVersionStatistics",
]


class ProcessDefinition(ResponseModel):
    """A deployed process."""

    name: str | None = None
    resource_name: Text = Field(default="", alias="resourceName")
    version: Number = 0
    version_tag: str | None = Field(default=None, alias="versionTag")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    tenant_id: Text = Field(default="", alias="tenantId")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    has_start_form: bool = Field(default=False, alias="hasStartForm")
    state: str | None = None


class Form(ResponseModel):
    """A deployed form."""

    tenant_id: Text = Field(default="", alias="tenantId")
    form_id: Text = Field(default="", alias="formId")
    schema_: Any = Field(default=None, alias="schema")
    version: Number = 0
    form_key: Text = Field(default="", alias="formKey")


class ProcessInstanceStatistics(ResponseModel):
    """How many active instances a process has, with and without incidents."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    latest_process_definition_name: str | None = Field(default=None, alias="latestProcessDefinitionName")
    has_multiple_versions: bool | None = Field(default=None, alias="hasMultipleVersions")
    active_instances_without_incident_count: int | None = Field(
        default=None, alias="activeInstancesWithoutIncidentCount"
    )
    active_instances_with_incident_count: int | None = Field(default=None, alias="activeInstancesWithIncidentCount")


class ProcessVersionStatistics(ResponseModel):
    """The same for one version of a process."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_definition_name: str | None = Field(default=None, alias="processDefinitionName")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    process_definition_version: int | None = Field(default=None, alias="processDefinitionVersion")
    active_instances_with_incident_count: int | None = Field(default=None, alias="activeInstancesWithIncidentCount")
    active_instances_without_incident_count: int | None = Field(
        default=None, alias="activeInstancesWithoutIncidentCount"
    )


class MessageSubscriptionStatistics(ResponseModel):
    """How many message subscriptions the instances of a definition have."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instances_with_active_subscriptions: int | None = Field(
        default=None, alias="processInstancesWithActiveSubscriptions"
    )
    active_subscriptions: int | None = Field(default=None, alias="activeSubscriptions")


class ProcessDefinitionFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    name: TextCondition
    is_latest_version: bool
    resource_name: str
    version: int
    version_tag: str
    process_definition_id: TextCondition
    tenant_id: str
    process_definition_key: str
    has_start_form: bool
    state: Annotated[str, Since("8.9")]


class ProcessDefinitionStatisticsFilter(TypedDict, total=False):
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
    batch_operation_key: Annotated[TextCondition, Since("8.9")]
    business_id: Annotated[TextCondition, Since("8.9")]
    suspended_date: Annotated[TextCondition, Since("8.10")]
