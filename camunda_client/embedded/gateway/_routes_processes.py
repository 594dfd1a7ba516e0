"""Requests about deployments, process instances, messages, signals and decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Request

from camunda_client.embedded.gateway._completion import Completion, Settlement, timed_out
from camunda_client.embedded.gateway._decided import evaluated, instance_key, type_of
from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, no_content, ok, problem
from camunda_client.embedded.gateway._requests import INT32, Body, check_content_type
from camunda_client.embedded.model import Deployment, as_text
from camunda_client.embedded.run import Activation

#: Milliseconds; a message without a time to live of its own is not buffered. Where it is absent the spec says 0.
LONGEST_TTL_MS = 86_400_000 * 365 * 1000


def deploy(exchange: Exchange) -> Answer:
    """Deploy the files of a multipart form."""
    check_content_type(exchange.environ, exchange.path, wanted="multipart/form-data")
    if "boundary=" not in (exchange.environ.get("CONTENT_TYPE") or ""):
        return problem(
            500, "Filter issue",
            "Request processing failed: org.springframework.web.multipart.MultipartException: "
            "Failed to parse multipart servlet request", f" {exchange.path}",
        )  # fmt: skip
    request = Request(exchange.environ)
    files = request.files.getlist("resources")
    if not files:
        raise bad_request("Required part 'resources' is not present.", exchange.path)
    tenant_id = exchange.tenant(request.form.get("tenantId"), "Deploy Resources")
    deployment = exchange.engine.deploy(*[(file.filename or "", file.read()) for file in files], tenant_id=tenant_id)
    return ok(_deployment(exchange, deployment))


def _deployment(exchange: Exchange, deployment: Deployment) -> dict[str, Any]:
    key, tenant_id = exchange.dialect.key, deployment.tenant_id
    entries: list[dict[str, Any]] = [
        {
            "processDefinition": {
                "processDefinitionId": definition.process_id,
                "processDefinitionVersion": definition.version,
                "processDefinitionKey": key(definition.key),
                "resourceName": definition.resource_name,
                "tenantId": tenant_id,
            }
        }
        for definition in deployment.processes
    ]
    entries += [
        {
            "decisionDefinition": {
                "decisionDefinitionId": decision.decision_id,
                "version": decision.version,
                "decisionDefinitionKey": key(decision.key),
                "name": decision.name,
                "tenantId": tenant_id,
                "decisionRequirementsId": decision.graph.graph_id,
                "decisionRequirementsKey": key(decision.graph.key),
            }
        }
        for decision in deployment.decisions
    ]
    entries += [
        {
            "decisionRequirements": {
                "decisionRequirementsId": graph.graph_id,
                "version": graph.version,
                "decisionRequirementsName": graph.name,
                "tenantId": tenant_id,
                "decisionRequirementsKey": key(graph.key),
                "resourceName": graph.resource_name,
            }
        }
        for graph in deployment.graphs
    ]
    entries += [
        {
            "form": {
                "formId": form.form_id,
                "version": form.version,
                "formKey": key(form.key),
                "resourceName": form.resource_name,
                "tenantId": tenant_id,
            }
        }
        for form in deployment.forms
    ]
    entries += [
        {
            "resource": {
                "resourceId": resource.resource_id,
                "resourceName": resource.resource_name,
                "version": resource.version,
                "tenantId": tenant_id,
                "resourceKey": key(resource.key),
            }
        }
        for resource in deployment.resources
    ]
    if exchange.dialect.nullable:
        kinds = ("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource")
        entries = [{**dict.fromkeys(kinds), **entry} for entry in entries]
    return {"deploymentKey": key(deployment.key), "deployments": entries, "tenantId": tenant_id}


def delete_resource(exchange: Exchange) -> Answer:
    """Delete a deployed resource."""
    body = exchange.body("DeleteResourceRequest", optional=True)
    exchange.check_operation_reference(body)
    key = exchange.key("resourceKey")
    if exchange.dialect.nullable and body.boolean("deleteHistory"):
        raise invalid("the embedded engine deletes no history: leave out deleteHistory", exchange.path)
    exchange.engine.delete_resource(key)
    if exchange.dialect.nullable:
        return ok({"resourceKey": exchange.dialect.key(key), "batchOperation": None})
    return ok({}) if exchange.dialect.newer else no_content()


def _check_one_given(members: dict[str, str | int | None], path: str) -> None:
    """Refuse a request that names its subject by none of some members, or by several.

    Raises:
        Refused: 400.
    """
    count, names = sum(value is not None for value in members.values()), ", ".join(members)
    if count == 0:
        raise invalid(f"At least one of [{names}] is required.", path)
    if count > 1:
        raise invalid(f"Only one of [{names}] is allowed.", path)


def create(exchange: Exchange) -> Answer:
    """Create a process instance, and wait for its end if asked to."""
    body = exchange.body("ProcessInstanceCreationInstruction")
    process_id, key = body.text("processDefinitionId"), body.integer("processDefinitionKey")
    version, variables = body.integer("processDefinitionVersion", INT32), body.object("variables")
    awaited, fetch = body.boolean("awaitCompletion"), body.texts("fetchVariables")
    starts = [item.text("elementId") for item in body.inners("startInstructions") or []]
    ends = [item.text("afterElementId") for item in body.inners("runtimeInstructions") or []]
    tags = body.tags() if exchange.dialect.newer else []
    business_id = body.business_id() if exchange.dialect.nullable else None
    _check_one_given({"processDefinitionId": process_id, "processDefinitionKey": key}, exchange.path)
    exchange.check_operation_reference(body)
    tenant_id = exchange.tenant(body.text("tenantId"), "Create Process Instance")
    if None in starts or None in ends:
        raise bad_request(None, exchange.path)
    exchange.check_size("CREATE")
    completion = Completion() if awaited else None
    history = exchange.engine.create_instance(
        process_id, variables, version=version, definition_key=key, tenant_id=tenant_id,
        start_at=[element_id for element_id in starts if element_id is not None],
        tags=tags, business_id=business_id or "",
        end_after=[element_id for element_id in ends if element_id is not None] if exchange.dialect.newer else [],
        on_end=None if completion is None else completion.ended,
    )  # fmt: skip
    shown: dict[str, Any] = {}
    if completion is not None:
        if not completion.wait():
            return timed_out(exchange.path)
        shown = {name: value for name, value in history.variables.items() if not fetch or name in fetch}
    answer: dict[str, Any] = {
        "processDefinitionKey": exchange.dialect.key(history.process_definition_key),
        "processDefinitionId": history.process_id,
        "processDefinitionVersion": history.version,
        "processInstanceKey": exchange.dialect.key(history.process_instance_key),
        "tenantId": tenant_id,
        "variables": shown,
    }
    if exchange.dialect.newer:
        answer["tags"] = tags
    if exchange.dialect.nullable:
        answer["businessId"] = business_id
    return ok(answer)


def cancel(exchange: Exchange) -> Answer:
    """Cancel a process instance."""
    exchange.check_operation_reference(exchange.body("CancelProcessInstanceRequest", optional=True))
    exchange.engine.cancel(exchange.key("processInstanceKey"))
    return no_content()


def modify(exchange: Exchange) -> Answer:
    """Modify a process instance."""
    body = exchange.body("ProcessInstanceModificationInstruction")
    activations, terminations = [], []
    for item in body.inners("activateInstructions") or []:
        activations.append(_activation(exchange, item, item.text("elementId")))
        _check_ancestor(exchange, item)
    for item in body.inners("terminateInstructions") or []:
        terminations += _terminated(exchange, item)
    for item in body.inners("moveInstructions") or [] if exchange.dialect.nullable else []:
        sources = _moved(exchange, item)
        terminations += sources
        activations += [_activation(exchange, item, item.text("targetElementId")) for _ in sources]
    exchange.check_operation_reference(body)
    exchange.engine.modify(exchange.key("processInstanceKey"), activations, terminations)
    return no_content()


def _activation(exchange: Exchange, item: Body, element_id: str | None) -> Activation:
    if element_id is None:
        raise invalid("No elementId provided.", exchange.path)
    activation = Activation(element_id)
    for instruction in item.inners("variableInstructions") or []:
        variables = instruction.object("variables")
        if not variables:
            raise invalid("No variables provided.", exchange.path)
        activation.variables.append((instruction.text("scopeId") or "", variables))
    return activation


def _check_ancestor(exchange: Exchange, item: Body) -> None:
    """Refuse an ancestor by its key from 8.8 on: the engine finds the scope by itself, and would pass over the key."""
    ancestor = item.integer("ancestorElementInstanceKey")
    if exchange.dialect.newer and ancestor not in (None, -1):
        raise invalid("The embedded engine has no ancestorElementInstanceKey: it finds the scope.", exchange.path)


def _terminated(exchange: Exchange, item: Body) -> list[int]:
    element_instance_key = item.integer("elementInstanceKey")
    if element_instance_key is not None:
        return [element_instance_key]
    element_id = item.text("elementId") if exchange.dialect.nullable else None
    if element_id is None:
        raise invalid("No elementInstanceKey provided.", exchange.path)
    return _active(exchange, element_id)


def _moved(exchange: Exchange, item: Body) -> list[int]:
    """Return the keys of the element instances that a move instruction is about."""
    source, scope = item.inner("sourceElementInstruction"), item.inner("ancestorScopeInstruction")
    if scope is not None:
        _check_ancestor(exchange, scope)
    key = None if source is None else source.integer("sourceElementInstanceKey")
    element_id = None if source is None else source.text("sourceElementId")
    if key is not None:
        return [key]
    if element_id is None:
        raise invalid("No sourceElementInstruction provided.", exchange.path)
    return _active(exchange, element_id)


def _active(exchange: Exchange, element_id: str) -> list[int]:
    """Return the keys of all active instances of an element."""
    try:
        records = exchange.engine.instance(exchange.key("processInstanceKey")).elements
    except KeyError:
        return []  # the engine says that there is no such instance
    ended = {record.key for record in records if record.state in ("COMPLETED", "TERMINATED")}
    here = [record for record in records if record.element_id == element_id and record.state == "ACTIVATED"]
    return [record.key for record in here if record.key not in ended]


def migrate(exchange: Exchange) -> Answer:
    """Migrate a process instance to another definition."""
    body = exchange.body("ProcessInstanceMigrationInstruction")
    target, instructions = body.integer("targetProcessDefinitionKey"), body.inners("mappingInstructions")
    problems = []
    if target is None:
        problems.append("No targetProcessDefinitionKey provided.")
    if not instructions:
        problems.append("No mappingInstructions provided.")
    mapping = [(i.text("sourceElementId") or "", i.text("targetElementId") or "") for i in instructions or []]
    if any(not source or not goal for source, goal in mapping):
        problems.append("All [sourceElementId, targetElementId] are required.")
    if problems or target is None:
        raise invalid(problems, exchange.path)
    exchange.check_operation_reference(body)
    exchange.engine.migrate(exchange.key("processInstanceKey"), target, mapping)
    return no_content()


def set_variables(exchange: Exchange) -> Answer:
    """Set variables at an element instance."""
    body = exchange.body("SetVariableRequest")
    variables, local = body.object("variables"), body.boolean("local")
    if not variables:
        raise invalid("No variables provided.", exchange.path)
    exchange.check_operation_reference(body)
    key = exchange.key("elementInstanceKey")
    exchange.check_size("UPDATE")
    settled = Settlement()
    exchange.engine.set_variables(key, variables, local=local is True, settle=settled)
    return settled.answer(exchange.path)


def publish(exchange: Exchange) -> Answer:
    """Publish a message."""
    body, name, key, variables, tenant_id = _message(exchange, "Publish Message", "MessagePublicationRequest")
    ttl_ms, message_id = body.integer("timeToLive"), body.text("messageId")
    if body.has("timeToLive") and ttl_ms is None:
        raise bad_request(None, exchange.path)
    ttl = timedelta(milliseconds=min(max(ttl_ms or 0, 0), LONGEST_TTL_MS))
    message_key = exchange.engine.publish(
        name, key, variables, ttl=ttl, message_id=message_id or "", tenant_id=tenant_id
    )
    return ok({"messageKey": exchange.dialect.key(message_key), "tenantId": tenant_id})


def correlate(exchange: Exchange) -> Answer:
    """Correlate a message at once."""
    _, name, key, variables, tenant_id = _message(
        exchange, "Correlate Message", "MessageCorrelationRequest", "messageName"
    )
    message_key, process_instance_key = exchange.engine.correlate(name, key, variables, tenant_id=tenant_id)
    return ok(
        {
            "messageKey": exchange.dialect.key(message_key),
            "tenantId": tenant_id,
            "processInstanceKey": exchange.dialect.key(process_instance_key),
        }
    )


def _message(
    exchange: Exchange, request: str, schema: str, named: str = "name"
) -> tuple[Body, str, str, dict[str, Any] | None, str]:
    body = exchange.body(schema)
    name, key, variables = body.text("name"), body.text("correlationKey"), body.object("variables")
    if not name or not name.strip():
        raise invalid(f"No {named} provided.", exchange.path)
    if body.has("correlationKey") and key is None:
        raise bad_request(None, exchange.path)
    tenant_id = exchange.tenant(body.text("tenantId"), request)
    exchange.check_size("PUBLISH")
    return body, name, key or "", variables, tenant_id


def broadcast(exchange: Exchange) -> Answer:
    """Broadcast a signal."""
    body = exchange.body("SignalBroadcastRequest")
    name, variables = body.text("signalName"), body.object("variables")
    if name is None:
        raise invalid("No signalName provided.", exchange.path)
    tenant_id = exchange.tenant(body.text("tenantId"), "Broadcast Signal")
    exchange.check_size("BROADCAST")
    key = exchange.engine.broadcast(name, variables, tenant_id=tenant_id)
    return ok({"signalKey": exchange.dialect.key(key), "tenantId": tenant_id})


def evaluate(exchange: Exchange) -> Answer:
    """Evaluate a decision."""
    body = exchange.body("DecisionEvaluationInstruction")
    decision_id, key = body.text("decisionDefinitionId"), body.integer("decisionDefinitionKey")
    variables = body.object("variables") or {}
    _check_one_given({"decisionDefinitionId": decision_id, "decisionDefinitionKey": key}, exchange.path)
    tenant_id = exchange.tenant(body.text("tenantId"), "Evaluate Decision")
    decision = exchange.engine.decision(decision_id=decision_id, key=key, tenant_id=tenant_id)
    if decision is None:
        named, kind = (decision_id, "id") if key is None else (key, "key")
        reason = f"Expected to evaluate decision '{named}', but no decision found for {kind} '{named}'"
        if named == "":
            reason = "Expected either a decision id or a valid decision key, but none provided"
        raise invalid(f"Command 'EVALUATE' rejected with code 'INVALID_ARGUMENT': {reason}", exchange.path)
    record = exchange.engine.evaluate_decision(decision, variables)
    show = exchange.dialect.key
    answer: dict[str, Any] = {
        "decisionDefinitionKey": show(decision.key),
        "decisionDefinitionId": decision.decision_id,
        "decisionDefinitionName": decision.name,
        "decisionDefinitionVersion": decision.version,
        "decisionRequirementsId": decision.graph.graph_id,
        "decisionRequirementsKey": show(decision.graph.key),
        "output": as_text(record.output),
        "failedDecisionDefinitionId": record.failed_id,
        "failureMessage": record.failure,
        "tenantId": tenant_id,
        "decisionInstanceKey": show(record.key),
        "evaluatedDecisions": [evaluated(exchange.dialect, item, tenant_id) for item in record.evaluated],
    }
    if exchange.dialect.newer:
        answer["decisionEvaluationKey"] = answer["decisionInstanceKey"]
    if exchange.dialect.nullable:
        answer["failedDecisionDefinitionId"] = answer["failedDecisionDefinitionId"] or None
        answer["failureMessage"] = record.failure or None
        for number, item in enumerate(record.evaluated, start=1):
            shown = answer["evaluatedDecisions"][number - 1]
            shown["decisionEvaluationInstanceKey"] = instance_key(record, number)
            shown["decisionDefinitionType"] = type_of(item)
    return ok(answer)


ROUTES: list[Route] = [
    ("POST", "/v2/deployments", deploy),
    ("POST", "/v2/resources/<resourceKey>/deletion", delete_resource),
    ("POST", "/v2/process-instances", create),
    ("POST", "/v2/process-instances/<processInstanceKey>/cancellation", cancel),
    ("POST", "/v2/process-instances/<processInstanceKey>/modification", modify),
    ("POST", "/v2/process-instances/<processInstanceKey>/migration", migrate),
    ("PUT", "/v2/element-instances/<elementInstanceKey>/variables", set_variables),
    ("POST", "/v2/messages/publication", publish),
    ("POST", "/v2/messages/correlation", correlate),
    ("POST", "/v2/signals/broadcast", broadcast),
    ("POST", "/v2/decision-definitions/evaluation", evaluate),
]
