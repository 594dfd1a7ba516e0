"""Decisions: evaluate a deployed DMN table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, overload

from pydantic import AliasChoices, Field, model_validator

from camunda_client.c8.models.base import DEFAULT_TENANT, Key, NullAs, Number, RequestModel, ResponseModel, Tenant, Text

__all__ = ["EvaluateDecisionRequest", "EvaluateDecisionResponse"]


class EvaluateDecisionRequest(RequestModel):
    """Evaluates a decision, by its id (newest version) or its key."""

    decision_definition_id: str | None = Field(default=None, alias="decisionDefinitionId")
    decision_definition_key: Key | None = Field(default=None, alias="decisionDefinitionKey")
    variables: dict[str, Any] | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, decisionDefinitionId: str | None = ..., decisionDefinitionKey: Key | None = ...,
            variables: dict[str, Any] | None = ..., tenantId: str | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, decision_definition_id: str | None = ..., decision_definition_key: Key | None = ...,
            variables: dict[str, Any] | None = ..., tenant_id: str | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on

    @model_validator(mode="after")
    def _one_definition(self) -> EvaluateDecisionRequest:
        if (self.decision_definition_id is None) == (self.decision_definition_key is None):
            found = "neither" if self.decision_definition_id is None else "both"
            raise ValueError(f"give exactly one of decisionDefinitionId and decisionDefinitionKey; {found} is set")
        return self


class EvaluateDecisionResponse(ResponseModel):
    """What was decided. ``output`` is JSON text, ``"null"`` if no rule matched."""

    decision_definition_key: Text = Field(default="", alias="decisionDefinitionKey")
    decision_definition_id: Text = Field(default="", alias="decisionDefinitionId")
    decision_definition_name: Text = Field(default="", alias="decisionDefinitionName")
    decision_definition_version: Number = Field(default=0, alias="decisionDefinitionVersion")
    decision_requirements_id: Text = Field(default="", alias="decisionRequirementsId")
    decision_requirements_key: Text = Field(default="", alias="decisionRequirementsKey")
    output: Text = "null"
    #: Not empty if the evaluation failed; ``failure_message`` then says why.
    failed_decision_definition_id: Text = Field(default="", alias="failedDecisionDefinitionId")
    failure_message: Text = Field(default="", alias="failureMessage")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    # 8.8 says decisionEvaluationKey as well, and may leave the older one out.
    decision_instance_key: Text = Field(
        default="",
        alias="decisionInstanceKey",
        validation_alias=AliasChoices("decisionInstanceKey", "decisionEvaluationKey"),
        serialization_alias="decisionInstanceKey",
    )
    decision_evaluation_key: str | None = Field(default=None, alias="decisionEvaluationKey")
    evaluated_decisions: Annotated[list[dict[str, Any]], NullAs(list)] = Field(
        default_factory=list, alias="evaluatedDecisions"
    )
