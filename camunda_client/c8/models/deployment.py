"""Deployments: what came of the files that were uploaded."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from camunda_client.c8.models.base import (
    DEFAULT_TENANT,
    NullAs,
    Number,
    RequestModel,
    ResponseModel,
    Since,
    Tenant,
    Text,
)

__all__ = [
    "DeleteResourceRequest",
    "DeleteResourceResponse",
    "DeployResourcesResponse",
    "DeployedDecision",
    "DeployedDecisionRequirements",
    "DeployedForm",
    "DeployedProcess",
    "DeployedResource",
    "DeploymentEntry",
]


class DeployedProcess(ResponseModel):
    """A process definition."""

    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_version: Number = Field(default=0, alias="processDefinitionVersion")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    resource_name: Text = Field(default="", alias="resourceName")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")


class DeployedDecision(ResponseModel):
    """A decision of a DMN file."""

    decision_definition_id: Text = Field(default="", alias="decisionDefinitionId")
    version: Number = 0
    decision_definition_key: Text = Field(default="", alias="decisionDefinitionKey")
    name: Text = ""
    decision_requirements_id: Text = Field(default="", alias="decisionRequirementsId")
    decision_requirements_key: Text = Field(default="", alias="decisionRequirementsKey")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")


class DeployedDecisionRequirements(ResponseModel):
    """The requirements graph of a DMN file."""

    decision_requirements_id: Text = Field(default="", alias="decisionRequirementsId")
    version: Number = 0
    decision_requirements_name: Text = Field(default="", alias="decisionRequirementsName")
    decision_requirements_key: Text = Field(default="", alias="decisionRequirementsKey")
    resource_name: Text = Field(default="", alias="resourceName")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")


class DeployedForm(ResponseModel):
    """A form."""

    form_id: Text = Field(default="", alias="formId")
    version: Number = 0
    form_key: Text = Field(default="", alias="formKey")
    resource_name: Text = Field(default="", alias="resourceName")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")


class DeployedResource(ResponseModel):
    """Any other file (Camunda 8.7 and later)."""

    resource_id: Text = Field(default="", alias="resourceId")
    version: Number = 0
    resource_key: Text = Field(default="", alias="resourceKey")
    resource_name: Text = Field(default="", alias="resourceName")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")


class DeploymentEntry(ResponseModel):
    """One thing that was deployed; exactly one member is set."""

    process_definition: DeployedProcess | None = Field(default=None, alias="processDefinition")
    decision_definition: DeployedDecision | None = Field(default=None, alias="decisionDefinition")
    decision_requirements: DeployedDecisionRequirements | None = Field(default=None, alias="decisionRequirements")
    form: DeployedForm | None = None
    resource: DeployedResource | None = None


class DeployResourcesResponse(ResponseModel):
    """One deployment. The order of its entries means nothing."""

    deployment_key: str = Field(alias="deploymentKey")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    deployments: Annotated[list[DeploymentEntry], NullAs(list)] = Field(default_factory=list)

    @property
    def process_definitions(self) -> list[DeployedProcess]:
        """The processes among the entries."""
        return [entry.process_definition for entry in self.deployments if entry.process_definition is not None]


class DeleteResourceRequest(RequestModel):
    """Deletes a deployed process, decision or form."""

    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
    #: Camunda 8.9 and later: also what its ended instances have left behind.
    delete_history: Annotated[bool | None, Since("8.9")] = Field(default=None, alias="deleteHistory")


class DeleteResourceResponse(ResponseModel):
    """What is being deleted. Both are empty before Camunda 8.9, and if an earlier try of ours had deleted it."""

    resource_key: Text = Field(default="", alias="resourceKey")
    #: With ``delete_history``: the key and type of the batch operation that does it.
    batch_operation: dict[str, Any] | None = Field(default=None, alias="batchOperation")
