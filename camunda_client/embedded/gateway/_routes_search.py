"""Searches, and what is looked up by key: answered from the engine's histories. They came with 8.8."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._past import PREVIEW, Past, Row
from camunda_client.embedded.gateway._problems import Answer, Refused, invalid, no_content, ok, problem
from camunda_client.embedded.gateway._search import NoSuchSearchError, matching, ordered, page_of
from camunda_client.embedded.gateway._strict import described, shown
from camunda_client.embedded.model import Decision, Definition, Form
from camunda_client.embedded.run import Runtime

Rows = Callable[[Exchange], list[Row]]


def _pasts(exchange: Exchange) -> list[Past]:
    with exchange.engine.looking() as runtime:
        until_ms = runtime.clock.now_ms() - exchange.delay_ms
        histories, definition = runtime.histories.by_key.values(), runtime.deployments.by_key
        return [Past(history, definition(history.process_definition_key), until_ms) for history in histories]


def _of_instances(what: Callable[[Past], list[Row]]) -> Rows:
    return lambda exchange: [row for past in _pasts(exchange) for row in what(past)]


def _instances(exchange: Exchange) -> list[Row]:
    found = [past.instance() for past in _pasts(exchange)]
    return [row for row in found if row is not None]


def _deployed(what: Callable[[Runtime], list[Row]]) -> Rows:
    def rows(exchange: Exchange) -> list[Row]:
        with exchange.engine.looking() as runtime:
            return what(runtime)

    return rows


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


def _told(exchange: Exchange, schema: str, row: Row) -> Row:
    """Return a row in the dialect: the members that it describes, keys as text."""
    keyed = {
        name: str(value) if name.endswith("Key") and isinstance(value, int) else value for name, value in row.items()
    }
    return shown(exchange.dialect.name, schema, keyed)


def search(exchange: Exchange, *, rows: Rows, schema: str, filters: str, key: str) -> Answer:
    """Answer a search."""
    given = exchange.search_body(filters)
    known = described(exchange.dialect.name, schema)
    try:
        found = ordered(matching(rows(exchange), given.get("filter") or {}), given.get("sort") or [], known)
        page, said = page_of(found, given.get("page") or {}, key, nullable=exchange.dialect.nullable)
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error
    items = [_told(exchange, schema, _previewed(exchange, row)) for row in page]
    return ok({"items": items, "page": said})


def _previewed(exchange: Exchange, row: Row) -> Row:
    """Cut the value of a variable, unless the whole of it was asked for."""
    whole = "truncateValues=false" in exchange.environ.get("QUERY_STRING", "")
    if "isTruncated" not in row or whole or len(row["value"]) <= PREVIEW:
        return row
    return row | {"value": row["value"][:PREVIEW], "isTruncated": True}


def get(exchange: Exchange, *, rows: Rows, schema: str, key: str, what: str) -> Answer:
    """Answer with one row."""
    return ok(_told(exchange, schema, _row(exchange, rows, key, what)))


def _row(exchange: Exchange, rows: Rows, key: str, what: str) -> Row:
    wanted = exchange.key(key)
    row = next((row for row in rows(exchange) if row[key] == wanted), None)
    if row is None:
        raise Refused(problem(404, "NOT_FOUND", f"{what} with key '{wanted}' not found", exchange.path))
    return row


def _resource(exchange: Exchange, key: int) -> Definition | Decision | Form | None:
    with exchange.engine.looking() as runtime:
        return next((one for kind in runtime.deployments.everything() for one in kind if one.key == key), None)


def xml(exchange: Exchange, *, rows: Rows, key: str, what: str) -> Answer:
    """Answer with the document of a process or decision, as it was deployed."""
    found = _resource(exchange, _row(exchange, rows, key, what)[key])
    content = found.graph.content if isinstance(found, Decision) else b"" if found is None else found.content
    return Answer(200, content, "text/xml;charset=UTF-8")


def start_form(exchange: Exchange) -> Answer:
    """Answer that there is none: the engine reads no forms of start events."""
    _row(exchange, DEFINITIONS, "processDefinitionKey", "Process definition")
    return no_content()


def user_task_form(exchange: Exchange) -> Answer:
    """Answer with a user task's form, or 204 if it has none."""
    key = _row(exchange, USER_TASKS, "userTaskKey", "User task")["formKey"]
    form = None if key is None else _resource(exchange, key)
    if not isinstance(form, Form):
        return no_content()
    text = form.content.decode()
    row = {"formKey": form.key, "formId": form.form_id, "version": form.version, "tenantId": form.tenant_id}
    return ok(_told(exchange, "FormResult", row | {"schema": text}))


def user_task_variables(exchange: Exchange) -> Answer:
    """Search the variables that a user task sees: of its own scope, and of the process instance."""
    task = _row(exchange, USER_TASKS, "userTaskKey", "User task")
    scopes = {task["elementInstanceKey"], task["processInstanceKey"]}

    def rows(exchange: Exchange) -> list[Row]:
        return [row for row in VARIABLES(exchange) if row["scopeKey"] in scopes]

    return search(
        exchange, rows=rows, schema="VariableSearchResult", filters="UserTaskVariableFilter", key="variableKey"
    )


def statistics(exchange: Exchange) -> Answer:
    """Answer how many instances of each element an instance has."""
    key = _row(exchange, _instances, "processInstanceKey", "Process instance")["processInstanceKey"]
    past = next(past for past in _pasts(exchange) if past.history.process_instance_key == key)
    return ok({"items": past.statistics()})


USER_TASKS, VARIABLES = _of_instances(Past.user_tasks), _of_instances(Past.variables)
DEFINITIONS, DECISIONS = _deployed(_definitions), _deployed(_decisions)
#: Path, rows, schemas of an item and of the filter, the key's member, and what one is called.
_KINDS: list[tuple[str, Rows, str, str, str, str]] = [
    ("user-tasks", USER_TASKS, "UserTaskResult", "UserTaskFilter", "userTaskKey", "User task"),
    ("incidents", _of_instances(Past.incidents), "IncidentResult", "IncidentFilter", "incidentKey", "Incident"),
    ("process-instances", _instances, "ProcessInstanceResult", "ProcessInstanceFilter", "processInstanceKey",
     "Process instance"),
    ("element-instances", _of_instances(Past.elements), "ElementInstanceResult", "ElementInstanceFilter",
     "elementInstanceKey", "Element instance"),
    ("jobs", _of_instances(Past.jobs), "JobSearchResult", "JobFilter", "jobKey", ""),
    ("variables", VARIABLES, "VariableSearchResult", "VariableFilter", "variableKey", "Variable"),
    ("process-definitions", DEFINITIONS, "ProcessDefinitionResult", "ProcessDefinitionFilter", "processDefinitionKey",
     "Process definition"),
    ("decision-definitions", DECISIONS, "DecisionDefinitionResult", "DecisionDefinitionFilter",
     "decisionDefinitionKey", "Decision definition"),
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


ROUTES: list[Route] = [
    *_routes(),
    ("GET", "/v2/process-definitions/<processDefinitionKey>/form", start_form),
    ("GET", "/v2/user-tasks/<userTaskKey>/form", user_task_form),
    ("POST", "/v2/user-tasks/<userTaskKey>/variables/search", user_task_variables),
    ("GET", "/v2/process-instances/<processInstanceKey>/statistics/element-instances", statistics),
]
