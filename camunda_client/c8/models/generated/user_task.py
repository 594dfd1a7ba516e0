"""User tasks, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import JsonObject, NullAs, Number, ResponseModel, Since, Text

__all__ = ["AuditLogEntry", "UserTask", "UserTaskAuditLogFilter", "UserTaskFilter", "UserTaskVariableFilter"]


class UserTask(ResponseModel):
    """A task for a person."""

    name: str | None = None
    state: Text = ""
    assignee: str | None = None
    element_id: Text = Field(default="", alias="elementId")
    candidate_groups: Annotated[list[str], NullAs(list)] = Field(default_factory=list, alias="candidateGroups")
    candidate_users: Annotated[list[str], NullAs(list)] = Field(default_factory=list, alias="candidateUsers")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    creation_date: Text = Field(default="", alias="creationDate")
    completion_date: str | None = Field(default=None, alias="completionDate")
    follow_up_date: str | None = Field(default=None, alias="followUpDate")
    due_date: str | None = Field(default=None, alias="dueDate")
    tenant_id: Text = Field(default="", alias="tenantId")
    external_form_reference: str | None = Field(default=None, alias="externalFormReference")
    process_definition_version: Number = Field(default=0, alias="processDefinitionVersion")
    custom_headers: JsonObject = Field(default_factory=dict, alias="customHeaders")
    priority: Number = 0
    user_task_key: Text = Field(default="", alias="userTaskKey")
    element_instance_key: Text = Field(default="", alias="elementInstanceKey")
    process_name: str | None = Field(default=None, alias="processName")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    form_key: str | None = Field(default=None, alias="formKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    tags: list[str] | None = None
    business_id: str | None = Field(default=None, alias="businessId")


class AuditLogEntry(ResponseModel):
    """Who did what, and when."""

    audit_log_key: str | None = Field(default=None, alias="auditLogKey")
    entity_key: str | None = Field(default=None, alias="entityKey")
    entity_type: str | None = Field(default=None, alias="entityType")
    operation_type: str | None = Field(default=None, alias="operationType")
    batch_operation_key: str | None = Field(default=None, alias="batchOperationKey")
    batch_operation_type: str | None = Field(default=None, alias="batchOperationType")
    timestamp: str | None = None
    actor_id: str | None = Field(default=None, alias="actorId")
    actor_type: str | None = Field(default=None, alias="actorType")
    agent_element_id: str | None = Field(default=None, alias="agentElementId")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    result: str | None = None
    category: str | None = None
    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    element_instance_key: str | None = Field(default=None, alias="elementInstanceKey")
    job_key: str | None = Field(default=None, alias="jobKey")
    user_task_key: str | None = Field(default=None, alias="userTaskKey")
    decision_requirements_id: str | None = Field(default=None, alias="decisionRequirementsId")
    decision_requirements_key: str | None = Field(default=None, alias="decisionRequirementsKey")
    decision_definition_id: str | None = Field(default=None, alias="decisionDefinitionId")
    decision_definition_key: str | None = Field(default=None, alias="decisionDefinitionKey")
    decision_evaluation_key: str | None = Field(default=None, alias="decisionEvaluationKey")
    deployment_key: str | None = Field(default=None, alias="deploymentKey")
    form_key: str | None = Field(default=None, alias="formKey")
    resource_key: str | None = Field(default=None, alias="resourceKey")
    related_entity_key: str | None = Field(default=None, alias="relatedEntityKey")
    related_entity_type: str | None = Field(default=None, alias="relatedEntityType")
    entity_description: str | None = Field(default=None, alias="entityDescription")
    inbound_channel_type: str | None = Field(default=None, alias="inboundChannelType")
    inbound_channel_tool_name: str | None = Field(default=None, alias="inboundChannelToolName")


class UserTaskFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    state: TextCondition
    assignee: TextCondition
    priority: NumberCondition
    element_id: str
    name: TextCondition
    candidate_group: TextCondition
    candidate_user: TextCondition
    tenant_id: TextCondition
    process_definition_id: str
    creation_date: TextCondition
    completion_date: TextCondition
    follow_up_date: TextCondition
    due_date: TextCondition
    process_instance_variables: list[dict[str, Any]]
    local_variables: list[dict[str, Any]]
    user_task_key: str
    process_definition_key: str
    process_instance_key: str
    element_instance_key: str
    tags: Annotated[list[str], Since("8.9")]
    business_id: Annotated[TextCondition, Since("8.10")]


class UserTaskVariableFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    name: TextCondition


class UserTaskAuditLogFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    operation_type: Annotated[TextCondition, Since("8.9")]
    result: Annotated[TextCondition, Since("8.9")]
    timestamp: Annotated[TextCondition, Since("8.9")]
    actor_type: Annotated[TextCondition, Since("8.9")]
    actor_id: Annotated[TextCondition, Since("8.9")]
