"""Connections that know the deadline of the exchange they serve: names, connecting, proxies, TLS, sending, reading."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from threading import get_native_id
from time import monotonic
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from camunda_client.c8._http._addresses import Addresses
from camunda_client.c8._http._reading import StrictResponse, current, send_all

#: Seconds. The engine closes connections after 60 s of idleness; one that is about to be closed may die under us.
IDLE_LIMIT_S = 45.0
#: Hosts whose addresses are kept: gateway, token server, proxy, and those of a test's many configurations.
_MOST_HOSTS = 64

_addresses: dict[tuple[str, int], Addresses] = {}


def _addresses_of(host: str, port: int) -> Addresses:
    found = _addresses.get((host, port))
    if found is None:
        for oldest in list(_addresses)[: 1 - _MOST_HOSTS]:
            _addresses.pop(oldest, None)
        found = _addresses.setdefault((host, port), Addresses(host, port))
    return found


class TimedHTTPConnection(HTTPConnection):
    """A connection over plain HTTP; its deadline is that of the exchange it serves."""

    response_class = StrictResponse
    _used_at = 0.0
    _made_by = 0

    def connect(self) -> None:
        progress = current.get(None)
        if progress is not None:
            progress.reached_socket = True
            sent = progress.sent
            self.timeout = max(0.001, min(self.timeout or progress.left_s(), progress.left_s()))
            progress.connected_by = monotonic() + self.timeout
        try:
            super().connect()
        finally:
            if progress is not None:
                progress.sent = sent  # a proxy has seen CONNECT so far, the server nothing

    def _new_conn(self) -> socket.socket:
        progress = current.get(None)
        self._made_by = get_native_id()
        if progress is None:
            return super()._new_conn()
        addresses = _addresses_of(self._dns_host.strip("[]"), self.port)
        try:
            sock = self._connected(addresses, progress.connected_by)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out.") from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def _connected(self, addresses: Addresses, deadline: float) -> socket.socket:
        failure: OSError = OSError("its name has no address")
        known = addresses.get(deadline)
        for number, (family, address) in enumerate(known):
            # Of the time that is left, each address gets its part: the last may be the one that answers.
            limit_s = (deadline - monotonic()) / (len(known) - number)
            if limit_s <= 0:
                failure = TimeoutError("timed out")
                break
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(limit_s)
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                addresses.prefer(address)
                return sock
        addresses.doubt()
        raise failure

    def send(self, data: Any) -> None:
        progress = current.get(None)
        if self.sock is None:
            self.connect()
        if progress is None or self.sock is None:
            super().send(data)
            return
        progress.reached_socket = progress.sent = True
        if isinstance(data, bytes) and isinstance(self.sock, socket.socket):
            sys.audit("http.client.send", self, data)
            send_all(self.sock, data, progress.deadline)
        else:  # TLS within TLS, to a proxy
            self.sock.settimeout(max(0.001, progress.left_s()))
            super().send(data)

    def getresponse(self) -> Any:
        self._used_at = monotonic()
        return super().getresponse()

    def close(self) -> None:
        raw = getattr(self.sock, "_sock", None)
        if raw is None or self._made_by == get_native_id():
            super().close()
            return
        # gevent would leave the closing to the loop of the native thread that connected, which may stand still or be
        # gone (ValueError). Connections that a greenlet waits for are not closed by others, so nothing waits there.
        raw.close()
        with suppress(ValueError):
            super().close()

    @property
    def is_connected(self) -> bool:
        return monotonic() - self._used_at < IDLE_LIMIT_S and super().is_connected


class TimedHTTPSConnection(TimedHTTPConnection, HTTPSConnection):
    """The same over TLS, with the certificates as their files have them now."""

    def connect(self) -> None:
        progress = current.get(None)
        if progress is not None and progress.tls is not None:
            context = progress.tls()
            self.ssl_context = context
            # Whatever urllib3 would read by itself is in the context.
            self.ca_certs = self.ca_cert_dir = self.cert_file = self.key_file = None
            if self.proxy_config is not None:
                self.proxy_config = self.proxy_config._replace(ssl_context=context)
        super().connect()


class TimedHTTPPool(urllib3.HTTPConnectionPool):
    """Connections to one server."""

    ConnectionCls = TimedHTTPConnection


class TimedHTTPSPool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = TimedHTTPSConnection


POOLS = {"http": TimedHTTPPool, "https": TimedHTTPSPool}
