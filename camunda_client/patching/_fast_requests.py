"""Handlers' own ``requests.get(...)`` without what makes it slow: reading the CA bundle for each call, 20 ms of CPU.

`requests.get()` and its like make a `Session` for each call. One name is exchanged, by which `requests.api` finds the
class: the sessions made there get adapters that share TLS contexts, and connections if asked. The user's own
sessions are never seen here, so they stay as they are.

Nothing of `requests` is imported before :func:`speed_up_requests` is called: that must come after the patch.
"""

from __future__ import annotations

import inspect
import sys
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

from camunda_client.patching._report import PatchError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from camunda_client.patching._shared_adapter import SharedTransport

#: Methods of `HTTPAdapter` that are built upon, with their parameters.
_ADAPTER_METHODS = {
    "build_connection_pool_key_attributes": ["self", "request", "verify", "cert"],
    "get_connection_with_tls_context": ["self", "request", "verify", "proxies", "cert"],
    "cert_verify": ["self", "conn", "url", "verify", "cert"],
}


def speed_up_requests(pool_connections: bool = False) -> FastRequests:
    """Let sessionless calls (`requests.get()`, `requests.post()`, ...) share what costs most and shows least.

    Call it once, after :func:`camunda_client.patching.patch`; a second call only changes the mode. Shared is the TLS
    context of calls with the same ``verify`` and ``cert``, until a file named there changes. Cookies, auth, headers,
    proxies, hooks and adapters are not.

    Args:
        pool_connections: Keep the connections of `GET`, `HEAD` and `OPTIONS` for later calls to the same origin, for
            a minute. Such a request is sent a second time if the server closes a kept connection instead of answering.

    Returns:
        A handle to undo it; also a context manager that does so at its end.

    Raises:
        PatchError: This version of `requests` or `urllib3` is not as it must be. Nothing was changed.
    """
    import requests

    before: Any = requests.api.sessions  # type: ignore[attr-defined]
    if isinstance(before, _Sessions) and before.pooled == pool_connections:
        return FastRequests(before, before)
    real = before.real if isinstance(before, _Sessions) else before
    unexpected = _unexpected(real)
    if unexpected is not None:
        versions = f"requests {metadata.version('requests')} with urllib3 {metadata.version('urllib3')}"
        raise PatchError(
            f"{versions} can't be sped up, because {unexpected}; nothing was changed: do without --fast-requests "
            "and speed_up_requests(), or without what else changes requests"
        )
    from camunda_client.patching._shared_adapter import SharedTransport

    new = _Sessions(real, SharedTransport(pool_connections))
    requests.api.sessions = new  # type: ignore[attr-defined]
    return FastRequests(before, new)


class FastRequests:
    """What :func:`speed_up_requests` did, to be undone: by :meth:`undo` or at the end of a ``with``."""

    def __init__(self, before: ModuleType, new: ModuleType) -> None:
        self._before = before
        self._new = new

    def undo(self) -> None:
        """Restore what was before that call; kept connections are closed. What others put in its place stays."""
        import requests

        if requests.api.sessions is self._new:  # type: ignore[attr-defined]
            requests.api.sessions = self._before  # type: ignore[attr-defined]
        if self._new is not self._before and isinstance(self._new, _Sessions):
            self._new.shared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()


class _Sessions(ModuleType):
    """Stands where `requests.api` has the module `requests.sessions`; differs in what ``Session()`` gives."""

    def __init__(self, real: ModuleType, shared: SharedTransport) -> None:
        super().__init__(real.__name__)
        self.real = real
        self.shared = shared
        self.pooled = shared.pooled

    def __getattr__(self, name: str) -> Any:
        # Looked up for each call: tests and other libraries replace requests.sessions.Session.
        return self._session if name == "Session" else getattr(self.real, name)

    def _session(self) -> Any:
        session = self.real.Session()
        self.shared.equip(session)
        return session


def _unexpected(sessions: Any) -> str | None:
    """Return what is not as it must be for the exchange to have its effect and no other."""
    import requests
    import urllib3.connection
    import urllib3.connectionpool

    if sessions is not sys.modules.get("requests.sessions"):
        return "requests.api does not take Session from requests.sessions"
    if not {"sessions", "Session"} <= _names_in(requests.api.request):
        return "requests.api.request does not make a sessions.Session"
    adapter = requests.adapters.HTTPAdapter
    for name, parameters in _ADAPTER_METHODS.items():
        if _parameters(getattr(adapter, name, None)) != parameters:
            return f"HTTPAdapter.{name} does not take {', '.join(parameters)}"
    if "build_connection_pool_key_attributes" not in _names_in(adapter.get_connection_with_tls_context):
        return "HTTPAdapter.get_connection_with_tls_context does not ask build_connection_pool_key_attributes"
    if "cert_reqs" not in _parameters(getattr(urllib3.connection, "create_urllib3_context", None)):
        return "urllib3.connection has no create_urllib3_context(cert_reqs=...)"
    if _parameters(getattr(urllib3.connectionpool.HTTPConnectionPool, "_make_request", None))[:2] != ["self", "conn"]:
        return "urllib3's HTTPConnectionPool has no _make_request(conn, ...)"
    return None


def _parameters(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _names_in(function: Any) -> set[str]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return set(code.co_names) if code is not None else set()
