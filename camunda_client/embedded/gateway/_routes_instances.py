"""What is asked of one instance or definition: incidents, sequence flows, callers, how often elements were reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import in_dialect, instances, of_instances, pasts, row_of, search
from camunda_client.embedded.gateway._past import Past, Row
from camunda_client.embedded.gateway._problems import Answer, invalid, ok
from camunda_client.embedded.gateway._search import NoSuchSearchError, fits

INCIDENTS, ELEMENTS = of_instances(Past.incidents), of_instances(Past.elements)


def _instance(exchange: Exchange) -> Past:
    key = row_of(exchange, instances, "processInstanceKey", "Process instance")["processInstanceKey"]
    return next(past for past in pasts(exchange) if past.history.process_instance_key == key)


def incidents(exchange: Exchange) -> Answer:
    """Search the incidents of an instance and of those that it called, however far down."""
    key = _instance(exchange).history.process_instance_key
    found = {key}
    for past in pasts(exchange):  # the oldest first, so callers before those they called
        if past.history.parent_key in found:
            found.add(past.history.process_instance_key)

    def rows(exchange: Exchange) -> list[Row]:
        return [row for row in INCIDENTS(exchange) if row["processInstanceKey"] in found]

    return search(exchange, rows=rows, schema="IncidentResult", filters="IncidentFilter", key="incidentKey")


def element_incidents(exchange: Exchange) -> Answer:
    """Search the incidents of an element instance, of all that are in it, and of what those called."""
    key = row_of(exchange, ELEMENTS, "elementInstanceKey", "Element instance")["elementInstanceKey"]
    found: set[int] = set()
    for past in pasts(exchange):
        if past.history.parent_element_key in found or key == past.history.process_instance_key:
            found |= past.inside(past.history.process_instance_key)
        else:
            found |= past.inside(key)

    def rows(exchange: Exchange) -> list[Row]:
        return [row for row in INCIDENTS(exchange) if row["elementInstanceKey"] in found]

    return search(exchange, rows=rows, schema="IncidentResult", filters="IncidentFilter", key="incidentKey")


def sequence_flows(exchange: Exchange) -> Answer:
    """Answer with the sequence flows that an instance has taken; of an instance that is not there, with none."""
    wanted = exchange.key("processInstanceKey")
    rows = [row for past in pasts(exchange) if past.history.process_instance_key == wanted
            for row in past.sequence_flows()]  # fmt: skip
    return ok({"items": [in_dialect(exchange, "ProcessInstanceSequenceFlowResult", row) for row in rows]})


def call_hierarchy(exchange: Exchange) -> Answer:
    """Answer with the callers of an instance, the outermost first, and the instance itself last."""
    by_key = {past.history.process_instance_key: past for past in pasts(exchange)}
    way: list[Past] = []
    past: Past | None = _instance(exchange)
    while past is not None:
        way.append(past)
        past = by_key.get(past.history.parent_key or 0)
    rows = [_caller(one) for one in reversed(way)]
    return ok([in_dialect(exchange, "ProcessInstanceCallHierarchyEntry", row) for row in rows])


def _caller(past: Past) -> Row:
    history = past.history
    return {
        "processInstanceKey": history.process_instance_key, "processDefinitionKey": history.process_definition_key,
        "processDefinitionName": past.process_name or history.process_id,
    }  # fmt: skip


def instance_statistics(exchange: Exchange) -> Answer:
    """Answer how many instances of each element an instance has."""
    return _statistics([_instance(exchange)])


def definition_statistics(exchange: Exchange) -> Answer:
    """Answer how many instances of each element all instances of a definition have, or those that a filter fits."""
    key = exchange.key("processDefinitionKey")
    wanted: dict[str, Any] = exchange.search_body("ProcessDefinitionStatisticsFilter").get("filter") or {}
    try:
        return _statistics(
            past
            for past in pasts(exchange)
            if past.history.process_definition_key == key and (row := past.instance()) and fits(row, wanted)
        )
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error


def _statistics(found: Iterable[Past]) -> Answer:
    sums: dict[str, Row] = {}
    for past in found:
        for row in past.statistics():
            one = sums.setdefault(row["elementId"], {"elementId": row["elementId"]})
            for name, count in row.items():
                if name != "elementId":
                    one[name] = one.get(name, 0) + count
    return ok({"items": list(sums.values())})


SINCE_8_9: list[Route] = [
    ("POST", "/v2/element-instances/<elementInstanceKey>/incidents/search", element_incidents),
]
ROUTES: list[Route] = [
    ("POST", "/v2/process-instances/<processInstanceKey>/incidents/search", incidents),
    ("GET", "/v2/process-instances/<processInstanceKey>/sequence-flows", sequence_flows),
    ("GET", "/v2/process-instances/<processInstanceKey>/call-hierarchy", call_hierarchy),
    ("GET", "/v2/process-instances/<processInstanceKey>/statistics/element-instances", instance_statistics),
    ("POST", "/v2/process-definitions/<processDefinitionKey>/statistics/element-instances", definition_statistics),
]
