"""Decisions that were evaluated, and the files they were deployed in."""

from __future__ import annotations

from functools import partial

from camunda_client.embedded.gateway._decided import rows as rows_of_records
from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import deployed, get, in_dialect, row_of, search, the_one
from camunda_client.embedded.gateway._past import Row
from camunda_client.embedded.gateway._problems import Answer, ok
from camunda_client.embedded.run import Runtime


def _instances(exchange: Exchange) -> list[Row]:
    records = exchange.engine.decision_records()
    with exchange.engine.looking() as runtime:
        until_ms = runtime.clock.now_ms() - exchange.delay_ms
        return rows_of_records(records, runtime.histories.by_key, exchange.dialect, until_ms)


def instance(exchange: Exchange) -> Answer:
    """Answer with one decision that was evaluated, with its inputs and the rules that matched."""
    key, name = "decisionEvaluationInstanceKey", "Decision instance"
    row = the_one(exchange, _instances(exchange), key, exchange.arguments[key], name)
    return ok(in_dialect(exchange, "DecisionInstanceGetQueryResult", row))


def _requirements(runtime: Runtime) -> list[Row]:
    graphs = {id(one.graph): one.graph for one in runtime.deployments.everything()[1]}.values()
    return [
        {
            "decisionRequirementsKey": graph.key, "decisionRequirementsId": graph.graph_id, "version": graph.version,
            "decisionRequirementsName": graph.name, "resourceName": graph.resource_name, "tenantId": graph.tenant_id,
            "content": graph.content,
        }
        for graph in graphs
    ]  # fmt: skip


def requirements_xml(exchange: Exchange) -> Answer:
    """Answer with a file of decisions, as it was deployed."""
    row = row_of(exchange, REQUIREMENTS, "decisionRequirementsKey", "Decision requirements")
    return Answer(200, row["content"], "text/xml;charset=UTF-8")


REQUIREMENTS = deployed(_requirements)
_INSTANCES = partial(
    search, rows=_instances, schema="DecisionInstanceResult", filters="DecisionInstanceFilter",
    key="decisionEvaluationInstanceKey",
)  # fmt: skip
_SEARCH = partial(
    search, rows=REQUIREMENTS, schema="DecisionRequirementsResult", filters="DecisionRequirementsFilter",
    key="decisionRequirementsKey",
)  # fmt: skip
_GET = partial(
    get, rows=REQUIREMENTS, schema="DecisionRequirementsResult", key="decisionRequirementsKey",
    what="Decision requirements",
)  # fmt: skip
ROUTES: list[Route] = [
    ("POST", "/v2/decision-instances/search", _INSTANCES),
    ("GET", "/v2/decision-instances/<decisionEvaluationInstanceKey>", instance),
    ("POST", "/v2/decision-requirements/search", _SEARCH),
    ("GET", "/v2/decision-requirements/<decisionRequirementsKey>", _GET),
    ("GET", "/v2/decision-requirements/<decisionRequirementsKey>/xml", requirements_xml),
]
