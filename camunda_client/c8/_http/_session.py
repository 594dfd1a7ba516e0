"""Sessions of `requests` in which the environment cannot change where a token goes.

With its defaults `requests` would take the token to proxies named in the environment, replace it by what
~/.netrc says, prefer REQUESTS_CA_BUNDLE to our certificates and repeat a body to wherever it is redirected.
"""

from __future__ import annotations

import os
import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from camunda_client.c8._http._cautions import warn_once
from camunda_client.c8._http._sockets import POOLS
from camunda_client.c8._per_config import PerConfig
from camunda_client.config import ApiConfig

#: More than a process has jobs in flight: a smaller pool throws connections away, with a warning each.
_POOL_SIZE = 1000

#: Of each configuration its own, so that one client's can be closed.
_sessions: PerConfig[ApiConfig, dict[tuple[Any, ...], requests.Session]] = PerConfig()


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Skip the check for files: one that is missing while it is replaced only matters to new connections."""


class _Authorization(AuthBase):
    """Sets the header last, so that nothing replaces it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def send(
    method: str, url: str, body: bytes | None, headers: dict[str, str], timeout_s: float, settings: ApiConfig
) -> requests.Response:
    """Send one request and return its answer, the body still to be read."""
    others = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
    return _session_for(settings).request(
        method,
        url,
        data=body,
        headers=others,
        auth=_Authorization(authorization) if authorization is not None else None,
        timeout=(min(timeout_s, settings.connect_timeout / 1000), timeout_s),
        allow_redirects=False,
        stream=True,
    )


def _session_for(settings: ApiConfig) -> requests.Session:
    proxy = settings.proxy.get_secret_value() if settings.proxy is not None else None
    epoch = _epoch()
    tls = settings.tls
    key = (epoch, proxy, tls.verify, tls.ca_file, tls.cert_file, tls.key_file)
    sessions = _sessions.get_or_make(settings, dict)
    session = sessions.get(key)
    if session is None:
        for old in [old for old in sessions if old[0] != epoch]:
            sessions.pop(old, None)
        session = sessions.setdefault(key, _new_session(settings, proxy))
    return session


def _epoch() -> tuple[type[socket.socket], int]:
    # The socket class changes when gevent patches: a pool with locks from before would deadlock its greenlets.
    # The process id changes by fork: parent and child must not talk on one connection.
    return socket.socket, os.getpid()


def close(settings: ApiConfig) -> None:
    """Close the connections of a configuration that nothing uses; those of an earlier epoch are let go."""
    for key, session in (_sessions.pop(settings) or {}).items():
        if key[0] == _epoch():
            session.close()


class _Session(requests.Session):
    """Never follows or reads redirects: an invalid `Location` would raise a ValueError."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - as it is called
        return None


def _new_session(settings: ApiConfig, proxy: str | None) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.proxies = {"http": proxy, "https": proxy} if proxy is not None else {}
    # Whom to trust, and who we are, is in the context that each new connection is given.
    session.verify = settings.tls.verify
    # A load balancer's cookie would tie all our traffic to one gateway.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "c8-client"
    session.headers["Accept-Encoding"] = "identity"
    adapter = _Adapter(pool_connections=16, pool_maxsize=_POOL_SIZE, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    warn_once(settings)
    return session
