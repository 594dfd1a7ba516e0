"""Whose requests an engine takes: by its gateway and by calls alike.

What is deployed for a tenant that is not there would run here, and be refused by the real engine.
"""

from __future__ import annotations

from collections.abc import Iterable

DEFAULT_TENANT = "<default>"


def tenants_named(names: Iterable[str] | None) -> frozenset[str] | None:
    """Return the tenants of an engine, the default one among them, or None: multi-tenancy is disabled.

    Raises:
        TypeError: A text instead of texts, whose letters would be tenants.
    """
    if isinstance(names, (str, bytes)):
        raise TypeError(f"tenants takes a list of names, got the text {names!r}; write tenants=[{names!r}]")
    return None if names is None else frozenset({*names, DEFAULT_TENANT})


def refusal(tenants: frozenset[str] | None, tenant_id: str, request: str) -> str | None:
    """Return why a request for a tenant is refused, in 8.6.0's words, or None if it is not.

    Args:
        tenants: The engine's.
        tenant_id: Whom the request is for.
        request: What 8.6.0 calls it (``Deploy Resources``).
    """
    named = f"Expected to handle request {request} with tenant identifier '{tenant_id}', but"
    if tenants is None:
        return None if tenant_id == DEFAULT_TENANT else f"{named} multi-tenancy is disabled"
    return None if tenant_id in tenants else f"{named} tenant is not authorized"
