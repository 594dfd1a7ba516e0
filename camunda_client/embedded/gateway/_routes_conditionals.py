"""Requests about conditional start events, from 8.9 on."""

from __future__ import annotations

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, invalid, ok


def evaluate(exchange: Exchange) -> Answer:
    """Start an instance for each conditional start event that holds."""
    body = exchange.body("ConditionalEvaluationInstruction")
    variables, key = body.object("variables"), body.integer("processDefinitionKey")
    if variables is None:
        raise invalid("No variables provided.", exchange.path)
    tenant_id = exchange.tenant(body.text("tenantId"), "Evaluate Conditional")
    exchange.check_size("EVALUATE")
    evaluation, started = exchange.engine.evaluate_conditionals(variables, definition_key=key, tenant_id=tenant_id)
    shown = exchange.dialect.key
    instances = [
        {
            "processDefinitionKey": shown(one.process_definition_key),
            "processInstanceKey": shown(one.process_instance_key),
        }
        for one in started
    ]
    return ok({"conditionalEvaluationKey": shown(evaluation), "processInstances": instances, "tenantId": tenant_id})


ROUTES: list[Route] = [("POST", "/v2/conditionals/evaluation", evaluate)]
