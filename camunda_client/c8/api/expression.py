"""Expressions and conditions, evaluated by the engine; Camunda 8.9 and later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camunda_client.c8.api._arguments import body, json_object, key, made
from camunda_client.c8.api._call import run_for
from camunda_client.c8.api._short import call_of
from camunda_client.c8.models import EvaluateConditionalsRequest, EvaluateExpressionRequest
from camunda_client.c8.models.generated import EvaluatedConditionals, EvaluatedExpression

__all__ = ["evaluate_conditionals", "evaluate_expression"]

_SINCE = "8.9"


def evaluate_expression(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    scope_key: str | int | None = None,
    tenant_id: str | None = None,
) -> EvaluatedExpression:
    """Return what a FEEL expression comes to.

    Args:
        expression: With its equals sign: ``=amount * 2``.
        variables: What it can use.
        scope_key: An element instance whose variables it can use, too; Camunda 8.10 and later.
        tenant_id: Whose cluster variables it sees.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/expression/evaluation.
    """
    content = made(
        EvaluateExpressionRequest,
        expression=expression,
        variables=None if variables is None else json_object(variables, "variables"),
        scopeKey=None if scope_key is None else key(scope_key, "scope_key"),
        tenantId=tenant_id,
    )
    return run_for(EvaluatedExpression, call_of("POST", "/expression/evaluation", body(content), since=_SINCE))


def evaluate_conditionals(
    variables: Mapping[str, Any], *, process_definition_key: str | int | None = None, tenant_id: str | None = None
) -> EvaluatedConditionals:
    """Start an instance for each conditional start event whose condition holds.

    Args:
        variables: What the conditions are asked with, and what the instances begin with.
        process_definition_key: Only of this definition.
        tenant_id: Whose.

    Raises:
        InvalidRequestError: The variables can't be right; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/conditionals/evaluation.
    """
    content = made(
        EvaluateConditionalsRequest,
        variables=json_object(variables, "variables"),
        processDefinitionKey=None if process_definition_key is None else str(process_definition_key),
        tenantId=tenant_id,
    )
    # Sent twice, it would start each instance twice.
    call = call_of("POST", "/conditionals/evaluation", body(content), safe=False, since=_SINCE)
    return run_for(EvaluatedConditionals, call)
