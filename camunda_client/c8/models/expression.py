"""Expressions and conditions: what is asked of the engine about them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from camunda_client.c8.models.base import Key, RequestModel, Since

__all__ = ["EvaluateConditionalsRequest", "EvaluateExpressionRequest"]


class EvaluateExpressionRequest(RequestModel):
    """Evaluates a FEEL expression."""

    expression: str = Field(min_length=1)
    tenant_id: str | None = Field(default=None, alias="tenantId")
    scope_key: Annotated[Key | None, Since("8.10")] = Field(default=None, alias="scopeKey")
    variables: dict[str, Any] | None = None


class EvaluateConditionalsRequest(RequestModel):
    """Starts instances by conditional start events."""

    variables: dict[str, Any]
    tenant_id: str | None = Field(default=None, alias="tenantId")
    process_definition_key: Key | None = Field(default=None, alias="processDefinitionKey")
