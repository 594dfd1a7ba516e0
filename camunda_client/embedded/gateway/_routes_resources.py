"""Requests about deployed files that jobs are linked to: scripts from 8.7 on, any file from 8.10 on."""

from __future__ import annotations

from functools import partial

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import deployed, row_of, search
from camunda_client.embedded.gateway._past import Row
from camunda_client.embedded.gateway._problems import Answer, ok, spring
from camunda_client.embedded.model import Resource
from camunda_client.embedded.run import Runtime


def _resources(runtime: Runtime) -> list[Row]:
    return [
        {
            "resourceKey": one.key, "resourceId": one.resource_id, "resourceName": one.resource_name,
            "version": one.version, "versionTag": one.version_tag or None, "tenantId": one.tenant_id,
        }
        for one in runtime.deployments.everything()[3]
    ]  # fmt: skip


def resource(exchange: Exchange) -> Answer:
    """Answer with what is known of a file."""
    if not exchange.dialect.string_keys:
        return spring(404, exchange.path)
    row = row_of(exchange, deployed(_resources), "resourceKey", "Resource")
    return ok(row | {"resourceKey": exchange.dialect.key(row["resourceKey"])})


def script(exchange: Exchange) -> Answer:
    """Answer with the JSON of an RPA script."""
    found = _content(exchange) if exchange.dialect.string_keys else None
    if found is None or not found.resource_name.endswith(".rpa"):
        return spring(404, exchange.path)
    return Answer(200, found.content, "application/json")


def content(exchange: Exchange) -> Answer:
    """Answer with a file as it was deployed."""
    found = _content(exchange) if exchange.dialect.newest else None
    return spring(404, exchange.path) if found is None else Answer(200, found.content, "application/octet-stream")


def _content(exchange: Exchange) -> Resource | None:
    key = row_of(exchange, deployed(_resources), "resourceKey", "Resource")["resourceKey"]
    with exchange.engine.looking() as runtime:
        return next((one for one in runtime.deployments.everything()[3] if one.key == key), None)


ROUTES: list[Route] = [
    ("GET", "/v2/resources/<resourceKey>", resource),
    ("GET", "/v2/resources/<resourceKey>/content", script),
    ("GET", "/v2/resources/<resourceKey>/content/binary", content),
]
SINCE_8_9: list[Route] = [
    (
        "POST",
        "/v2/resources/search",
        partial(
            search, rows=deployed(_resources), schema="ResourceResult", filters="ResourceFilter", key="resourceKey"
        ),
    ),
]
