"""How many active instances, incidents and subscriptions there are, by process, version and error; from 8.9 on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import in_dialect, pasts
from camunda_client.embedded.gateway._past import Past, Row
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, ok
from camunda_client.embedded.gateway._search import NoSuchSearchError, fits, ordered, page_of
from camunda_client.embedded.gateway._strict import described

_WITH, _WITHOUT = "activeInstancesWithIncidentCount", "activeInstancesWithoutIncidentCount"


def by_process(exchange: Exchange) -> Answer:
    """Answer with the active instances of each process, of whatever version."""
    document, found = _unfiltered(exchange), _Groups()
    for past, row in _active(exchange):
        group = found.at(
            (row["processDefinitionId"], row["tenantId"]), row, "processDefinitionId", "tenantId",
            versions=set(), **{_WITH: 0, _WITHOUT: 0},
        )  # fmt: skip
        group[_WITH if row["hasIncident"] else _WITHOUT] += 1
        group["versions"].add(row["processDefinitionVersion"])
        group["latestProcessDefinitionName"] = past.process_name
    for group in found.rows():
        group["hasMultipleVersions"] = len(group["versions"]) > 1
    return _paged(exchange, found.rows(), document, "ProcessDefinitionInstanceStatisticsResult")


def by_version(exchange: Exchange) -> Answer:
    """Answer with the active instances of each version of a process."""
    document, found = exchange.search_body("ProcessDefinitionInstanceVersionStatisticsFilter"), _Groups()
    wanted = _wanted(exchange, document, "processDefinitionId")
    for past, row in _active(exchange):
        if _fits(exchange, row, wanted):
            group = found.at(
                row["processDefinitionKey"], row, "processDefinitionId", "processDefinitionKey", "tenantId",
                "processDefinitionVersion", processDefinitionName=past.process_name, **{_WITH: 0, _WITHOUT: 0},
            )  # fmt: skip
            group[_WITH if row["hasIncident"] else _WITHOUT] += 1
    return _paged(exchange, found.rows(), document, "ProcessDefinitionInstanceVersionStatisticsResult")


def subscriptions(exchange: Exchange) -> Answer:
    """Answer how many message subscriptions the instances of each definition have open."""
    document, found = exchange.search_body("MessageSubscriptionFilter"), _Groups()
    wanted: Row = document.get("filter") or {}
    for past in pasts(exchange):
        rows = [row for row in past.message_subscriptions() if row["messageSubscriptionState"] == "CREATED"]
        rows = [row for row in rows if _fits(exchange, row, wanted)]
        if rows:
            group = found.at(
                rows[0]["processDefinitionKey"], rows[0], "processDefinitionId", "processDefinitionKey", "tenantId",
                processInstancesWithActiveSubscriptions=0, activeSubscriptions=0,
            )  # fmt: skip
            group["processInstancesWithActiveSubscriptions"] += 1
            group["activeSubscriptions"] += len(rows)
    return _paged(exchange, found.rows(), document, "ProcessDefinitionMessageSubscriptionStatisticsResult")


def by_error(exchange: Exchange) -> Answer:
    """Answer how many active instances have incidents with each error."""
    document, found = _unfiltered(exchange), _Groups()
    for past, _ in _active(exchange):
        for message in _errors(past):
            group = found.at(
                message, {}, errorHashCode=_hash_code(message), errorMessage=message, activeInstancesWithErrorCount=0
            )
            group["activeInstancesWithErrorCount"] += 1
    return _paged(exchange, found.rows(), document, "IncidentProcessInstanceStatisticsByErrorResult")


def by_definition(exchange: Exchange) -> Answer:
    """Answer how many active instances of each definition have incidents with an error."""
    document, found = exchange.search_body("IncidentProcessInstanceStatisticsByDefinitionFilter"), _Groups()
    error = _wanted(exchange, document, "errorHashCode")["errorHashCode"]
    for past, row in _active(exchange):
        if error in map(_hash_code, _errors(past)):
            group = found.at(
                row["processDefinitionKey"], row, "processDefinitionId", "processDefinitionKey", "tenantId",
                "processDefinitionVersion", activeInstancesWithErrorCount=0,
                processDefinitionName=past.process_name or row["processDefinitionId"],
            )  # fmt: skip
            group["activeInstancesWithErrorCount"] += 1
    return _paged(exchange, found.rows(), document, "IncidentProcessInstanceStatisticsByDefinitionResult")


class _Groups:
    """Rows that are counted in, in the order of their first."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, Row] = {}

    def at(self, key: Hashable, row: Row, *names: str, **more: Any) -> Row:
        """Return the row of a key; a new one has some members of another row, and more."""
        if key not in self._rows:
            self._rows[key] = {name: row[name] for name in names} | more | {"group": len(self._rows)}
        return self._rows[key]

    def rows(self) -> list[Row]:
        """Return the rows."""
        return list(self._rows.values())


def _active(exchange: Exchange) -> Iterable[tuple[Past, Row]]:
    for past in pasts(exchange):
        row = past.instance()
        if row is not None and row["state"] == "ACTIVE":
            yield past, row


def _errors(past: Past) -> list[str]:
    return list(dict.fromkeys(row["errorMessage"] for row in past.incidents() if row["state"] == "ACTIVE"))


def _hash_code(text: str) -> int:
    """Return what Java's ``String.hashCode()`` returns; Camunda's hash codes of errors are those."""
    found = 0
    encoded = text.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(encoded), 2):
        found = (31 * found + int.from_bytes(encoded[index : index + 2], "big")) & 0xFFFFFFFF
    return found - (1 << 32) if found >= 1 << 31 else found


def _unfiltered(exchange: Exchange) -> Row:
    document = exchange.search_body("IncidentFilter")
    if "filter" in document:
        raise bad_request("Request property [filter] cannot be parsed", exchange.path)
    return document


def _wanted(exchange: Exchange, document: Row, needed: str) -> Row:
    wanted: Row = document.get("filter") or {}
    if needed not in wanted:
        raise invalid(f"No {needed} provided.", exchange.path)
    return wanted


def _fits(exchange: Exchange, row: Row, wanted: Row) -> bool:
    try:
        return fits(row, wanted)
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error


def _paged(exchange: Exchange, rows: list[Row], document: Row, schema: str) -> Answer:
    known = described(exchange.dialect.name, schema)
    try:
        rows = ordered(rows, document.get("sort") or [], known)
        found, said = page_of(rows, document.get("page") or {}, "group", nullable=exchange.dialect.nullable)
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error
    return ok({"items": [in_dialect(exchange, schema, row) for row in found], "page": said})


ROUTES: list[Route] = [
    ("POST", "/v2/process-definitions/statistics/process-instances", by_process),
    ("POST", "/v2/process-definitions/statistics/process-instances-by-version", by_version),
    ("POST", "/v2/process-definitions/statistics/message-subscriptions", subscriptions),
    ("POST", "/v2/incidents/statistics/process-instances-by-error", by_error),
    ("POST", "/v2/incidents/statistics/process-instances-by-definition", by_definition),
]
