"""Requests about conditional start events, from 8.9 on."""

from __future__ import annotations

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, ok, spring
from camunda_client.embedded.gateway._requests import read_body

#: Members of the request; the tables of what is described do not have them.
_REQUEST = ("variables", "tenantId", "processDefinitionKey")


def evaluate(exchange: Exchange) -> Answer:
    """Start an instance for each conditional start event that holds."""
    if not exchange.dialect.nullable:
        return spring(404, exchange.path)
    body = read_body(exchange.environ, exchange.path, exchange.read())
    for name in body.document:
        if name not in _REQUEST:
            raise bad_request(f"Request property [{name}] cannot be parsed", exchange.path)
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
