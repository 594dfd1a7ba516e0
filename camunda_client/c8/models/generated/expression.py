"""Expressions and conditions, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from camunda_client.c8.models.base import ResponseModel

__all__ = ["EvaluatedConditionals", "EvaluatedExpression", "ProcessInstanceReference"]


class EvaluatedExpression(ResponseModel):
    """What an expression comes to."""

    expression: str | None = None
    result: Any = None
    warnings: list[dict[str, Any]] | None = None
    referenced_secrets: list[dict[str, Any]] | None = Field(default=None, alias="referencedSecrets")


class EvaluatedConditionals(ResponseModel):
    """The instances that conditions have started."""

    conditional_evaluation_key: str | None = Field(default=None, alias="conditionalEvaluationKey")
    tenant_id: str | None = Field(default=None, alias="tenantId")
    process_instances: list[dict[str, Any]] | None = Field(default=None, alias="processInstances")


class ProcessInstanceReference(ResponseModel):
    """A process instance and its definition."""

    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
