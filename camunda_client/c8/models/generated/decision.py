"""Decision definitions and instances, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import NullAs, Number, ResponseModel, Since, Text

__all__ = [
    "DecisionDefinition",
    "DecisionDefinitionFilter",
    "DecisionInstance",
    "DecisionInstanceFilter",
    "DecisionRequirements",
    "DecisionRequirementsFilter",
    "FoundDecisionInstance",
]


class DecisionDefinition(ResponseModel):
    """A deployed decision."""

    decision_definition_id: Text = Field(default="", alias="decisionDefinitionId")
    name: Text = ""
    version: Number = 0
    decision_requirements_id: Text = Field(default="", alias="decisionRequirementsId")
    tenant_id: Text = Field(default="", alias="tenantId")
    decision_definition_key: Text = Field(default="", alias="decisionDefinitionKey")
    decision_requirements_key: Text = Field(default="", alias="decisionRequirementsKey")
    decision_requirements_name: str | None = Field(default=None, alias="decisionRequirementsName")
    decision_requirements_version: int | None = Field(default=None, alias="decisionRequirementsVersion")


class FoundDecisionInstance(ResponseModel):
    """One evaluation of a decision, as a search finds it."""

    decision_evaluation_instance_key: Text = Field(default="", alias="decisionEvaluationInstanceKey")
    state: Text = ""
    evaluation_date: Text = Field(default="", alias="evaluationDate")
    evaluation_failure: str | None = Field(default=None, alias="evaluationFailure")
    decision_definition_id: Text = Field(default="", alias="decisionDefinitionId")
    decision_definition_name: Text = Field(default="", alias="decisionDefinitionName")
    decision_definition_version: Number = Field(default=0, alias="decisionDefinitionVersion")
    decision_definition_type: Text = Field(default="", alias="decisionDefinitionType")
    result: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    decision_evaluation_key: Text = Field(default="", alias="decisionEvaluationKey")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
    decision_definition_key: Text = Field(default="", alias="decisionDefinitionKey")
    element_instance_key: str | None = Field(default=None, alias="elementInstanceKey")
    root_decision_definition_key: str | None = Field(default=None, alias="rootDecisionDefinitionKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    business_id: str | None = Field(default=None, alias="businessId")


class DecisionInstance(ResponseModel):
    """One evaluation of a decision, with inputs and rules."""

    decision_evaluation_instance_key: Text = Field(default="", alias="decisionEvaluationInstanceKey")
    state: Text = ""
    evaluation_date: Text = Field(default="", alias="evaluationDate")
    evaluation_failure: str | None = Field(default=None, alias="evaluationFailure")
    decision_definition_id: Text = Field(default="", alias="decisionDefinitionId")
    decision_definition_name: Text = Field(default="", alias="decisionDefinitionName")
    decision_definition_version: Number = Field(default=0, alias="decisionDefinitionVersion")
    decision_definition_type: Text = Field(default="", alias="decisionDefinitionType")
    result: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    decision_evaluation_key: Text = Field(default="", alias="decisionEvaluationKey")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
    decision_definition_key: Text = Field(default="", alias="decisionDefinitionKey")
    element_instance_key: str | None = Field(default=None, alias="elementInstanceKey")
    evaluated_inputs: Annotated[list[dict[str, Any]], NullAs(list)] = Field(
        default_factory=list, alias="evaluatedInputs"
    )
    matched_rules: Annotated[list[dict[str, Any]], NullAs(list)] = Field(default_factory=list, alias="matchedRules")
    root_decision_definition_key: str | None = Field(default=None, alias="rootDecisionDefinitionKey")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    business_id: str | None = Field(default=None, alias="businessId")


class DecisionDefinitionFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    decision_definition_id: str
    name: str
    version: int
    decision_requirements_id: str
    tenant_id: str
    decision_definition_key: str
    decision_requirements_key: str
    is_latest_version: Annotated[bool, Since("8.9")]
    decision_requirements_name: Annotated[str, Since("8.9")]
    decision_requirements_version: Annotated[int, Since("8.9")]


class DecisionRequirements(ResponseModel):
    """A deployed file of decisions."""

    decision_requirements_name: Text = Field(default="", alias="decisionRequirementsName")
    version: Number = 0
    decision_requirements_id: Text = Field(default="", alias="decisionRequirementsId")
    resource_name: Text = Field(default="", alias="resourceName")
    tenant_id: Text = Field(default="", alias="tenantId")
    decision_requirements_key: Text = Field(default="", alias="decisionRequirementsKey")


class DecisionInstanceFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    decision_evaluation_instance_key: TextCondition
    state: TextCondition
    evaluation_failure: str
    evaluation_date: TextCondition
    decision_definition_id: str
    decision_definition_name: str
    decision_definition_version: int
    decision_definition_type: str
    tenant_id: str
    decision_evaluation_key: str
    process_definition_key: str
    process_instance_key: str
    decision_definition_key: TextCondition
    element_instance_key: TextCondition
    root_decision_definition_key: Annotated[TextCondition, Since("8.9")]
    decision_requirements_key: Annotated[TextCondition, Since("8.9")]
    business_id: Annotated[TextCondition, Since("8.10")]


class DecisionRequirementsFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    decision_requirements_name: str
    version: int
    decision_requirements_id: str
    tenant_id: str
    decision_requirements_key: str
    resource_name: str
