"""Requests about cluster variables, from 8.9 on."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import in_dialect, search
from camunda_client.embedded.gateway._past import Row
from camunda_client.embedded.gateway._problems import Answer, Refused, invalid, no_content, ok, problem
from camunda_client.embedded.gateway._requests import Body


def _rows(exchange: Exchange) -> list[Row]:
    with exchange.engine.looking() as runtime:
        found = runtime.lifecycle.variables.of_cluster
        return [
            {
                "name": name, "tenantId": tenant_id or None, "scope": "TENANT" if tenant_id else "GLOBAL",
                "value": json.dumps(value, ensure_ascii=False, separators=(",", ":")), "isTruncated": False,
                "metadata": found.metadata[tenant_id, name], "kind": "JSON", "place": f"{tenant_id}/{name}",
            }
            for (tenant_id, name), value in found.values.items()
        ]  # fmt: skip


def _place(exchange: Exchange) -> tuple[str, str]:
    tenant_id = exchange.arguments.get("tenantId", "")
    if tenant_id:
        exchange.tenant(tenant_id, "Cluster Variable")
    return tenant_id, exchange.arguments.get("name", "")


def _shown(exchange: Exchange, tenant_id: str, name: str) -> Answer:
    row = next((row for row in _rows(exchange) if row["place"] == f"{tenant_id}/{name}"), None)
    if row is None:
        raise Refused(problem(404, "NOT_FOUND", f"Cluster variable with name '{name}' not found", exchange.path))
    return ok(in_dialect(exchange, "ClusterVariableResult", row))


def get(exchange: Exchange) -> Answer:
    """Answer with one, its value whole."""
    return _shown(exchange, *_place(exchange))


def create(exchange: Exchange) -> Answer:
    """Keep a new one."""
    body = exchange.body("CreateClusterVariableRequest")
    tenant_id, _ = _place(exchange)
    name, kind = body.text("name"), body.text("kind")
    if not name:
        raise invalid("No name provided.", exchange.path)
    if kind not in (None, "JSON"):
        raise invalid(f"the embedded engine has no cluster variables of kind '{kind}'", exchange.path)
    value = _value(exchange, body)
    exchange.engine.create_cluster_variable(name, value, tenant_id=tenant_id, metadata=body.object("metadata"))
    return _shown(exchange, tenant_id, name)


def update(exchange: Exchange) -> Answer:
    """Give one another value."""
    body = exchange.body("UpdateClusterVariableRequest")
    tenant_id, name = _place(exchange)
    value = _value(exchange, body)
    exchange.engine.update_cluster_variable(name, value, tenant_id=tenant_id, metadata=body.object("metadata"))
    return _shown(exchange, tenant_id, name)


def delete(exchange: Exchange) -> Answer:
    """Forget one."""
    tenant_id, name = _place(exchange)
    exchange.engine.delete_cluster_variable(name, tenant_id=tenant_id)
    return no_content()


def _value(exchange: Exchange, body: Body) -> Any:
    if "value" not in body.document:
        raise invalid("No value provided.", exchange.path)
    return body.document["value"]


_SEARCH = partial(
    search, rows=_rows, schema="ClusterVariableSearchResult", filters="ClusterVariableSearchQueryFilterRequest",
    key="place",
)  # fmt: skip
ROUTES: list[Route] = [("POST", "/v2/cluster-variables/search", _SEARCH)]
for _where in ("/v2/cluster-variables/global", "/v2/cluster-variables/tenants/<tenantId>"):
    ROUTES += [
        ("POST", _where, create),
        ("GET", f"{_where}/<name>", get),
        ("PUT", f"{_where}/<name>", update),
        ("DELETE", f"{_where}/<name>", delete),
    ]
