"""Searches, and what is looked up by key: answered from the engine's histories. They came with 8.8."""

from __future__ import annotations

from functools import partial

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import (
    Rows,
    deployed,
    get,
    in_dialect,
    instances,
    of_instances,
    pasts,
    row_of,
    search,
)
from camunda_client.embedded.gateway._past import Past, Row
from camunda_client.embedded.gateway._problems import Answer, no_content, ok
from camunda_client.embedded.model import Decision, Definition, Form
from camunda_client.embedded.run import Runtime


def _definitions(runtime: Runtime) -> list[Row]:
    definitions = runtime.deployments.everything()[0]
    latest = {(one.tenant_id, one.process_id): one for one in definitions}
    return [
        {
            "processDefinitionKey": one.key, "processDefinitionId": one.process_id, "version": one.version,
            "name": one.process.root.name or None, "resourceName": one.resource_name,
            "versionTag": one.version_tag or None, "tenantId": one.tenant_id, "hasStartForm": False, "state": "ACTIVE",
            "isLatestVersion": latest[one.tenant_id, one.process_id] is one,
        }
        for one in definitions
    ]  # fmt: skip


def _decisions(runtime: Runtime) -> list[Row]:
    decisions = runtime.deployments.everything()[1]
    latest = {(one.graph.tenant_id, one.decision_id): one for one in decisions}
    return [
        {
            "decisionDefinitionKey": one.key, "decisionDefinitionId": one.decision_id, "name": one.name,
            "version": one.version, "decisionRequirementsId": one.graph.graph_id, "tenantId": one.graph.tenant_id,
            "decisionRequirementsKey": one.graph.key, "decisionRequirementsName": one.graph.name,
            "decisionRequirementsVersion": one.graph.version,
            "isLatestVersion": latest[one.graph.tenant_id, one.decision_id] is one,
        }
        for one in decisions
    ]  # fmt: skip


def _resource(exchange: Exchange, key: int) -> Definition | Decision | Form | None:
    with exchange.engine.looking() as runtime:
        return next((one for kind in runtime.deployments.everything()[:3] for one in kind if one.key == key), None)


def xml(exchange: Exchange, *, rows: Rows, key: str, what: str) -> Answer:
    """Answer with the document of a process or decision, as it was deployed."""
    found = _resource(exchange, row_of(exchange, rows, key, what)[key])
    content = found.graph.content if isinstance(found, Decision) else b"" if found is None else found.content
    return Answer(200, content, "text/xml;charset=UTF-8")


def start_form(exchange: Exchange) -> Answer:
    """Answer that there is none: the engine reads no forms of start events."""
    row_of(exchange, DEFINITIONS, "processDefinitionKey", "Process definition")
    return no_content()


def user_task_form(exchange: Exchange) -> Answer:
    """Answer with a user task's form, or 204 if it has none."""
    key = row_of(exchange, USER_TASKS, "userTaskKey", "User task")["formKey"]
    form = None if key is None else _resource(exchange, key)
    if not isinstance(form, Form):
        return no_content()
    text = form.content.decode()
    row = {"formKey": form.key, "formId": form.form_id, "version": form.version, "tenantId": form.tenant_id}
    return ok(in_dialect(exchange, "FormResult", row | {"schema": text}))


def user_task_variables(exchange: Exchange) -> Answer:
    """Search the variables that a user task sees: of its own scope, and of all around it."""
    scopes = _scopes(exchange)

    def rows(exchange: Exchange) -> list[Row]:
        return [row for row in VARIABLES(exchange) if row["scopeKey"] in scopes]

    return search(
        exchange, rows=rows, schema="VariableSearchResult", filters="UserTaskVariableFilter", key="variableKey"
    )


def effective_variables(exchange: Exchange) -> Answer:
    """Search the variables that a user task sees, of each name only that of the nearest scope."""
    scopes = _scopes(exchange)

    def rows(exchange: Exchange) -> list[Row]:
        seen = [row for row in VARIABLES(exchange) if row["scopeKey"] in scopes]
        nearest = sorted(seen, key=lambda row: scopes.index(row["scopeKey"]), reverse=True)
        return list({row["name"]: row for row in nearest}.values())

    return search(
        exchange, rows=rows, schema="VariableSearchResult", filters="UserTaskVariableFilter", key="variableKey"
    )


def _scopes(exchange: Exchange) -> list[int]:
    """Return the scopes of a user task, the innermost first."""
    task = row_of(exchange, USER_TASKS, "userTaskKey", "User task")
    instance, element = task["processInstanceKey"], task["elementInstanceKey"]
    return next(past.around(element) for past in pasts(exchange) if past.history.process_instance_key == instance)


USER_TASKS, VARIABLES = of_instances(Past.user_tasks), of_instances(Past.variables)
DEFINITIONS, DECISIONS = deployed(_definitions), deployed(_decisions)
#: Path, rows, schemas of an item and of the filter, the key's member, and what one is called.
_KINDS: list[tuple[str, Rows, str, str, str, str]] = [
    ("user-tasks", USER_TASKS, "UserTaskResult", "UserTaskFilter", "userTaskKey", "User task"),
    ("incidents", of_instances(Past.incidents), "IncidentResult", "IncidentFilter", "incidentKey", "Incident"),
    ("process-instances", instances, "ProcessInstanceResult", "ProcessInstanceFilter", "processInstanceKey",
     "Process instance"),
    ("element-instances", of_instances(Past.elements), "ElementInstanceResult", "ElementInstanceFilter",
     "elementInstanceKey", "Element instance"),
    ("jobs", of_instances(Past.jobs), "JobSearchResult", "JobFilter", "jobKey", ""),
    ("variables", VARIABLES, "VariableSearchResult", "VariableFilter", "variableKey", "Variable"),
    ("process-definitions", DEFINITIONS, "ProcessDefinitionResult", "ProcessDefinitionFilter", "processDefinitionKey",
     "Process definition"),
    ("decision-definitions", DECISIONS, "DecisionDefinitionResult", "DecisionDefinitionFilter",
     "decisionDefinitionKey", "Decision definition"),
    ("message-subscriptions", of_instances(Past.message_subscriptions), "MessageSubscriptionResult",
     "MessageSubscriptionFilter", "messageSubscriptionKey", ""),
    ("correlated-message-subscriptions", of_instances(Past.correlated_messages), "CorrelatedMessageSubscriptionResult",
     "CorrelatedMessageSubscriptionFilter", "subscriptionKey", ""),
    # There are none: nothing here is done in batches.
    ("batch-operations", lambda _exchange: [], "BatchOperationResponse", "BatchOperationFilter", "batchOperationKey",
     "Batch operation"),
    ("batch-operation-items", lambda _exchange: [], "BatchOperationItemResponse", "BatchOperationItemFilter",
     "itemKey", ""),
]  # fmt: skip


def _routes() -> list[Route]:
    found: list[Route] = []
    for path, rows, schema, filters, key, what in _KINDS:
        one = partial(search, rows=rows, schema=schema, filters=filters, key=key)
        found.append(("POST", f"/v2/{path}/search", one))
        if what:
            schema = schema.replace("VariableSearchResult", "VariableResult")
            found.append(("GET", f"/v2/{path}/<{key}>", partial(get, rows=rows, schema=schema, key=key, what=what)))
        if path.endswith("definitions"):
            found.append(("GET", f"/v2/{path}/<{key}>/xml", partial(xml, rows=rows, key=key, what=what)))
    return found


SINCE_8_9: list[Route] = [
    ("POST", "/v2/user-tasks/<userTaskKey>/effective-variables/search", effective_variables),
]
ROUTES: list[Route] = [
    *_routes(),
    ("GET", "/v2/process-definitions/<processDefinitionKey>/form", start_form),
    ("GET", "/v2/user-tasks/<userTaskKey>/form", user_task_form),
    ("POST", "/v2/user-tasks/<userTaskKey>/variables/search", user_task_variables),
]
