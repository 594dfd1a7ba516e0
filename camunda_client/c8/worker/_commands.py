"""The requests of a worker: activate, complete, fail, throw, extend; over our own wire or over ``requests``.

``requests`` is used where it can do what the wire can't: a proxy, or ``worker.transport`` set to ``requests``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from camunda_client.c8 import _http, auth
from camunda_client.c8._wire import Lane, Wire, tls_contexts, too_late

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8._wire import Route
    from camunda_client.config import C8Config

#: Seconds for a job command. A frozen broker is answered for by its gateway after 15 s (504); waiting for that would
#: hold one of few connections, and a command may be sent again.
COMMAND_TIMEOUT_S = 10.0
#: Seconds beyond a poll's own time-out: a stuck broker's answer comes 15 s late (measured on 8.6.0).
POLL_GRACE_S = 20.0
#: Connections for lease extensions at most, and the part of the process's descriptors that they may take.
_MOST_LEASE_CONNECTIONS, _LEASE_DESCRIPTORS = 256, 1 / 4


class _Lane(Protocol):
    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        credentials: str | None,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer: ...

    def close(self) -> None: ...


class Commands:
    """One gateway, as a worker sees it. Every method returns the answer, whatever its status.

    All of them raise :class:`ServiceException` when there is none: ``ConnectionFailed`` where the gateway gave no
    usable answer, and what :mod:`camunda_client.c8.auth` raises where no credentials could be had.
    """

    def __init__(self, config: C8Config) -> None:
        """Prepare for the configured gateway; nothing is sent yet."""
        self._config = config
        _http.warn_once(config.api)
        base = urlsplit(config.api.base_url)
        self._polls: _Lane
        self._reports: _Lane
        self._leases: _Lane
        #: Extensions that may be under way at once. They have connections of their own, so that they never queue behind
        #: reports; as many as are needed, since a lost answer must hold up no other.
        self.most_extensions = _most_extensions()
        if config.api.proxy or config.worker.transport == "requests":
            self._polls = self._reports = self._leases = _RequestsLane(config)
        else:
            wire = Wire(
                base,
                tls_contexts(config.api.tls) if base.scheme == "https" else None,
                connect_timeout_s=config.api.connect_timeout / 1000,
                body_cap=config.api.max_response_bytes,
            )
            self._polls = wire.lane()
            self._reports = wire.lane()
            self._leases = wire.lane()

    def activate(self, body: bytes, request_timeout_s: float) -> Answer:
        """``POST /v2/jobs/activation``."""
        return self._send(self._polls, "POST", "/v2/jobs/activation", body, request_timeout_s + POLL_GRACE_S)

    def settle(self, job_key: str, command: str, body: bytes, may_send: Callable[[], bool] | None = None) -> Answer:
        """``POST /v2/jobs/{jobKey}/{completion | failure | error}``, unless ``may_send`` says no by then."""
        return self._send(self._reports, "POST", f"/v2/jobs/{job_key}/{command}", body, COMMAND_TIMEOUT_S, may_send)

    def extend(self, job_key: str, body: bytes, timeout_s: float = COMMAND_TIMEOUT_S) -> Answer:
        """``PATCH /v2/jobs/{jobKey}``: a new lease from now on."""
        return self._send(self._leases, "PATCH", f"/v2/jobs/{job_key}", body, timeout_s)

    def route(self) -> Route | None:
        """Return how another thread can reach the gateway; ``None`` where only ``requests`` can."""
        return self._leases.route() if isinstance(self._leases, Lane) else None

    def topology(self) -> Answer:
        """``GET /v2/topology``."""
        return self._send(self._leases, "GET", "/v2/topology", b"", COMMAND_TIMEOUT_S)

    def close(self) -> None:
        """Close the idle connections."""
        for lane in (self._polls, self._reports, self._leases):
            lane.close()

    def _send(
        self,
        lane: _Lane,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer:
        credentials = auth.authorization(self._config)
        answer = lane.send(method, path, body, timeout_s, credentials, may_send)
        if answer.status != 401 or credentials is None:
            return answer
        # Revoked before its time. Once more, if there is anything better to offer than what was refused.
        fresh = auth.authorization_after_401(self._config, credentials)
        return answer if fresh is None else lane.send(method, path, body, timeout_s, fresh, may_send)


def _most_extensions() -> int:
    try:
        import resource
    except ImportError:  # not on Windows
        return _MOST_LEASE_CONNECTIONS
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if descriptors == resource.RLIM_INFINITY:
        return _MOST_LEASE_CONNECTIONS
    return max(min(int(descriptors * _LEASE_DESCRIPTORS), _MOST_LEASE_CONNECTIONS), 8)


class _RequestsLane:
    """The same through ``requests``: any proxy it knows, at ten to twenty times the CPU."""

    def __init__(self, config: C8Config) -> None:
        self._config = config

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        credentials: str | None,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if credentials:
            headers["Authorization"] = credentials
        url, settings = self._config.api.base_url + path, self._config.api
        if may_send is not None and not may_send():
            raise too_late(settings.base_url)
        return _http.exchange(method, url, body=body, headers=headers, timeout_s=timeout_s, settings=settings)

    def close(self) -> None:
        """Leave the session alone: API functions share it."""
