"""Requests about the cluster itself: topology, licence, clock."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, invalid, no_content, ok, spring
from camunda_client.embedded.gateway._strict import shown


def topology(exchange: Exchange) -> Answer:
    """Return the one broker there is."""
    return ok(exchange.dialect.topology("127.0.0.1", exchange.port))


def license_(exchange: Exchange) -> Answer:
    """Return the licence there is not."""
    return ok(exchange.dialect.license())


def status(exchange: Exchange) -> Answer:
    """Return 204 for a healthy cluster; 8.6 has no such route."""
    return no_content() if exchange.dialect.newer else spring(404, exchange.path)


def me(exchange: Exchange) -> Answer:
    """Return who asks; everyone may do everything here."""
    named = [{"tenantId": one, "name": one, "description": None} for one in sorted(exchange.engine.tenants or [])]
    if not exchange.dialect.newer:
        return spring(404, exchange.path)
    user: dict[str, Any] = {
        "username": "embedded",
        "displayName": None,
        "email": None,
        "authorizedComponents": ["*"],
        "tenants": named,
        "groups": [],
        "roles": [],
        # Described as text in 8.8.
        "salesPlanType": None if exchange.dialect.nullable else "",
        "c8Links": {},
        "canLogout": False,
    }
    return ok(shown(exchange.dialect.name, "CamundaUserResult", user))


def pin(exchange: Exchange) -> Answer:
    """Stop the clock at a moment."""
    timestamp_ms = exchange.body("ClockPinRequest").integer("timestamp")
    if timestamp_ms is None:
        raise invalid("No timestamp provided.", exchange.path)
    if timestamp_ms < 0:
        raise invalid(f"The value for timestamp is '{timestamp_ms}' but must be not negative.", exchange.path)
    exchange.engine.pin_clock(timestamp_ms)
    return no_content()


def reset(exchange: Exchange) -> Answer:
    """Let the clock run again."""
    exchange.engine.reset_clock()
    return no_content()


ROUTES: list[Route] = [
    ("GET", "/v2/topology", topology),
    ("GET", "/v2/license", license_),
    ("GET", "/v2/status", status),
    ("GET", "/v2/authentication/me", me),
    ("PUT", "/v2/clock", pin),
    ("POST", "/v2/clock/reset", reset),
]
