"""Requests about the cluster itself: topology, licence, clock."""

from __future__ import annotations

from camunda_client.embedded.gateway._problems import Answer, invalid, no_content, ok, spring
from camunda_client.embedded.gateway._routes import Call, route


@route("GET", "/v2/topology")
def topology(call: Call) -> Answer:
    """Return the one broker there is."""
    return ok(call.dialect.topology("127.0.0.1", call.port))


@route("GET", "/v2/license")
def license_(call: Call) -> Answer:
    """Return the licence there is not."""
    return ok(call.dialect.license())


@route("GET", "/v2/status")
def status(call: Call) -> Answer:
    """Return 204 for a healthy cluster; 8.6 has no such route."""
    return no_content() if call.dialect.newer else spring(404, call.path)


@route("PUT", "/v2/clock")
def pin(call: Call) -> Answer:
    """Stop the clock at a moment."""
    timestamp_ms = call.body().integer("timestamp")
    if timestamp_ms is None:
        raise invalid("No timestamp provided.", call.path)
    if timestamp_ms < 0:
        raise invalid(f"The value for timestamp is '{timestamp_ms}' but must be not negative.", call.path)
    call.engine.pin_clock(timestamp_ms)
    return no_content()


@route("POST", "/v2/clock/reset")
def reset(call: Call) -> Answer:
    """Let the clock run again."""
    call.engine.reset_clock()
    return no_content()
