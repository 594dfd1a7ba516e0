"""Camunda's REST API over an engine, on loopback."""

from typing import TYPE_CHECKING, Any

from camunda_client.embedded.gateway._dialects import DIALECTS
from camunda_client.embedded.gateway._faults import STATES, Fault, Faults
from camunda_client.embedded.gateway._oidc import IssuerError, Oidc

if TYPE_CHECKING:
    from camunda_client.embedded.gateway._server import Gateway

__all__ = ["DIALECTS", "STATES", "Fault", "Faults", "Gateway", "IssuerError", "Oidc"]


def __getattr__(name: str) -> Any:
    """Load the server when it is asked for: it needs gevent, and loads ``ssl`` with it."""
    if name == "Gateway":
        from camunda_client.embedded.gateway._server import Gateway

        return Gateway
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
