"""What sessionless calls have in common, and the adapter by which they get it.

Everything is shared by exclusion: whatever is not exactly as `requests` ships it keeps its own way, call by call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import PoolManager

from camunda_client.patching._shared_pools import PoolableOptions, SharedPools, SharingPoolManager
from camunda_client.patching._shared_tls import SharedTlsContexts

#: Safe to send twice (RFC 9110, 9.2.1), which a kept connection that dies may make necessary.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: They hold for one request. NTLM and Negotiate hold for a connection: it must not get to another caller.
_REQUEST_BOUND_AUTH = frozenset({"basic", "bearer", "digest"})


class SharedTransport:
    """The contexts, and the connections if asked, that all calls share."""

    def __init__(self, pooled: bool) -> None:
        self.pooled = pooled
        self.contexts = SharedTlsContexts()
        self.pools = SharedPools() if pooled else None

    def equip(self, session: Any) -> None:
        """Exchange the plain adapters of a session that was just made; leave special ones alone."""
        adapters = getattr(session, "adapters", None)
        # Neither for a mock of a session.
        if isinstance(adapters, dict):
            for prefix, adapter in adapters.items():
                if _is_plain(adapter):
                    adapters[prefix] = SharingAdapter(adapter, self)

    def close(self) -> None:
        """Close this thread's kept connections."""
        if self.pools is not None:
            self.pools.close()


def _is_plain(adapter: object) -> bool:
    if type(adapter) is not HTTPAdapter or type(adapter.poolmanager) is not PoolManager:
        return False
    # Anything else there (ssl_context, source_address, ...) was asked for by the caller.
    return adapter.poolmanager.connection_pool_kw.keys() <= {"maxsize", "block"}


class SharingAdapter(HTTPAdapter):
    """The adapter of one call: as the one it replaces, with a TLS context, and pools, from what calls share."""

    # For a copy by pickle, which keeps neither.
    _shared: SharedTransport | None = None

    def __init__(self, plain: HTTPAdapter, shared: SharedTransport) -> None:  # makes no second pool manager
        vars(self).update(vars(plain))
        self._shared = shared
        if shared.pools is not None:
            self.poolmanager: Any = SharingPoolManager(plain.poolmanager, shared.pools)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Add the shared context to what decides which connections may serve the request."""
        host: Any
        options: Any
        host, options = super().build_connection_pool_key_attributes(request, verify, cert)
        if self._shared is None:
            return host, options
        if host["scheme"] == "https":
            context = self._shared.contexts.find(verify, cert)
            if context is None or "ssl_context" in options:
                return host, options
            options["ssl_context"] = context
        if self._shared.pooled and _is_poolable(request):
            options = PoolableOptions(options)
        return host, options


def _is_poolable(request: PreparedRequest) -> bool:
    headers: Mapping[str, Any] = request.headers
    if request.method not in _SAFE_METHODS or request.body is not None or "Upgrade" in headers:
        return False
    authorization = headers.get("Authorization")
    if authorization is None:
        return True
    text = authorization.decode("latin-1") if isinstance(authorization, bytes) else str(authorization)
    return text.partition(" ")[0].lower() in _REQUEST_BOUND_AUTH
