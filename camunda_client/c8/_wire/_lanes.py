"""The worker's own HTTP connections: few, kept alive, and cheap enough for thousands of jobs a second.

Jobs cost microseconds here because a request is one ``sendall`` and an answer one ``recv`` into a C parser;
``requests`` would cost ten to twenty times that. One fact to remember: a connection that failed after its request was
sent leaves open whether Camunda applied it, and says so (``ConnectionFailed.maybe_applied``).
"""

from __future__ import annotations

import socket as constants
import ssl
import time
from typing import TYPE_CHECKING, Final

import gevent.socket
import gevent.ssl
import httptools

from camunda_client import __version__
from camunda_client.c8._http import Addresses
from camunda_client.c8._wire._channel import Channel, Deadlines, PlainChannel, SecureChannel, wait_for_any
from camunda_client.c8._wire._response import IDLE_LIMIT_S, BodyTooLarge, Connection, HeadTooLarge
from camunda_client.error import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from camunda_client._files import Reloading
    from camunda_client.c8._http import Address, Answer

#: How an exchange can fail. The parser reports a 101, which was not asked for, by a class that is not among its errors.
_BROKEN: Final = (OSError, ValueError, httptools.HttpParserError, httptools.HttpParserUpgrade)


class Lane:
    """Kept-alive connections for one purpose, the most recently used first.

    Purposes have lanes of their own so that reports never wait for polls, nor lease extensions for reports.
    """

    def __init__(self, wire: Wire) -> None:
        """Open as many connections as there are requests at once."""
        self._wire = wire
        self._idle: list[Connection] = []
        self._static = self._head = b" HTTP/1.1\r\n" + wire.static_head
        self._credentials: str | None = None

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        credentials: str | None,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer:
        """Send one request of the REST API, ``path`` below the gateway's base; see :meth:`exchange`."""
        if credentials != self._credentials:
            self._credentials = credentials
            line = f"\r\nAuthorization: {credentials}".encode("ascii") if credentials else b""
            self._head = self._static + line
        return self.exchange(self._start(method, path) + self._head, body, timeout_s, may_send)

    def _start(self, method: str, path: str) -> bytes:
        return f"{method} {self._wire.base_path}{path}".encode("ascii")

    def request(self, method: str, path: str, body: bytes) -> bytes:
        """Return a whole request with the credentials of the last one; other threads may ask."""
        return b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (self._start(method, path), self._head, len(body), body)

    def route(self) -> Route:
        """Return how another thread can reach the gateway."""
        return Route(self, self._wire)

    def exchange(
        self, head: bytes, body: bytes, timeout_s: float, may_send: Callable[[], bool] | None = None
    ) -> Answer:
        """Send one request and return its answer, whatever its status.

        Args:
            head: Request line and headers without ``Content-Length`` and the closing empty line.
            body: The body, possibly empty.
            timeout_s: Seconds for the whole exchange, connecting included.
            may_send: Asked when there is a connection, which may have taken long.

        Raises:
            ConnectionFailed: No (whole, understandable) answer came, or the request was not to be sent any more.
        """
        deadline = time.monotonic() + timeout_s
        connection = self._take(deadline)
        if may_send is not None and not may_send():
            self._idle.append(connection)
            raise too_late(self._wire.origin)
        sent = False
        try:
            try:
                connection.send(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body), deadline)
            except (BrokenPipeError, ConnectionResetError):
                # Refused before all of it was there, being too large above all: the answer may say so.
                answer, reusable = connection.receive()[0], False
            else:
                sent = True
                answer, reusable = connection.receive()
        except _BROKEN as error:
            connection.close()
            raise _failure(error, self._wire.origin, maybe_applied=sent) from error
        except BaseException:
            # A killed greenlet must not leave a connection behind on which an answer is still to come.
            connection.close()
            raise
        if reusable:
            connection.idle_since = now = time.monotonic()
            self._idle.append(connection)
            # What a burst left at the bottom would never be used again, nor closed.
            while now - self._idle[0].idle_since > IDLE_LIMIT_S:
                self._idle.pop(0).close()
        else:
            connection.close()
        return answer

    def _take(self, deadline: float) -> Connection:
        now = time.monotonic()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh(now):
                return connection
            connection.close()
        try:
            return self._wire.connect(deadline)
        except (OSError, UnicodeError) as error:
            raise _failure(error, self._wire.origin, maybe_applied=False) from error

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()


class Wire:
    """The way to one gateway: its address, its TLS, and the lanes that lead there."""

    def __init__(
        self,
        base: SplitResult,
        tls: Reloading[gevent.ssl.SSLContext] | None,
        *,
        connect_timeout_s: float,
        body_cap: int,
    ) -> None:
        """Lead to the gateway at ``base`` (already checked); for https with the contexts of ``tls``.

        A gateway that can't be connected to in ``connect_timeout_s`` is treated as not there; answers with bodies of
        more than ``body_cap`` bytes are refused.
        """
        self.origin = f"{base.scheme}://{base.netloc}"
        self.base_path = base.path
        self._host = base.hostname or ""
        self._port = base.port or (443 if base.scheme == "https" else 80)
        self._tls = tls
        self._connect_timeout_s = connect_timeout_s
        self._body_cap = body_cap
        self._addresses = Addresses(self._host, self._port, wait_for_any)
        self._deadlines = Deadlines()
        self.static_head = (
            f"Host: {base.netloc}\r\nUser-Agent: c8-client/{__version__}\r\nAccept: application/json\r\n"
            "Content-Type: application/json"
        ).encode("ascii")

    def lane(self) -> Lane:
        """Return a new lane."""
        return Lane(self)

    @property
    def host(self) -> str:
        """The gateway's host, as its certificate names it."""
        return self._host

    @property
    def is_secure(self) -> bool:
        """Whether connections have TLS."""
        return self._tls is not None

    def known_addresses(self) -> list[Address]:
        """Return the addresses that are known now, without looking any up."""
        return self._addresses.known()

    def tls_context(self) -> ssl.SSLContext:
        """Return the context that connections have now, without looking at files.

        Raises:
            OSError: They have none.
        """
        if self._tls is None:
            raise OSError("there is no TLS")
        return self._tls.current

    def connect(self, deadline: float) -> Connection:
        """Return a new connection, TLS done; the host's addresses are tried in turn until ``deadline`` (monotonic).

        Raises:
            OSError: Name unknown, refused, timed out, or a certificate that doesn't fit.
            UnicodeError: No host can have such a name.
        """
        failure: OSError = OSError(f"no address for {self._host}")
        addresses = self._addresses.get(deadline)
        for number, (family, address) in enumerate(addresses):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                failure = TimeoutError("could not connect in time")
                break
            # Of the time that is left, each address gets its part: the last may be the one that answers.
            limit_s = min(left_s / (len(addresses) - number), self._connect_timeout_s)
            connected_by = time.monotonic() + limit_s
            sock = gevent.socket.socket(family, constants.SOCK_STREAM)
            try:
                sock.settimeout(limit_s)
                sock.connect(address)
                sock.setsockopt(constants.IPPROTO_TCP, constants.TCP_NODELAY, 1)
                channel = self._channel(sock, connected_by)
                if time.monotonic() >= deadline:
                    # A request sent now would be cut before its answer.
                    channel.close()
                    raise TimeoutError("could not connect in time")
                self._addresses.prefer(address)
                return Connection(channel, time.monotonic(), self._body_cap)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
        self._addresses.doubt()
        raise failure

    def _channel(self, sock: gevent.socket.socket, connected_by: float) -> Channel:
        if self._tls is None:
            return PlainChannel(sock, self._deadlines)
        secured = self._tls.get().wrap_socket(sock, server_hostname=self._host, do_handshake_on_connect=False)
        return SecureChannel(secured, self._deadlines, connected_by)


class Route:
    """How a thread without a hub reaches the gateway: nothing here waits, takes a lock or logs."""

    def __init__(self, lane: Lane, wire: Wire) -> None:
        self._lane, self._wire = lane, wire
        self.host, self.secure = wire.host, wire.is_secure

    def extension(self, job_key: str, body: bytes) -> bytes:
        """Return the request for an extension."""
        return self._lane.request("PATCH", f"/v2/jobs/{job_key}", body)

    def addresses(self) -> list[Address]:
        """Return the addresses that are known now."""
        return self._wire.known_addresses()

    def tls(self) -> ssl.SSLContext:
        """Return the context that connections have now."""
        return self._wire.tls_context()


def too_late(origin: str) -> ConnectionFailed:
    """Return what is raised where a request was not sent, because meanwhile it might have done harm."""
    message = f"not sent to {origin}: it had waited too long for a connection"
    return ConnectionFailed(message, maybe_applied=False, reason="too_late")


def _failure(error: Exception, origin: str, *, maybe_applied: bool) -> ConnectionFailed:
    if isinstance(error.__context__, BodyTooLarge):
        error = error.__context__  # the parser wraps what its callbacks raise
    name = type(error).__name__
    message = f"no answer from {origin}: {error or name} ({name})"
    return ConnectionFailed(message, maybe_applied=maybe_applied, reason=_reason(error))


def _reason(error: Exception) -> str:
    """Return one word for what went wrong, for logs and metrics."""
    if isinstance(error, (BodyTooLarge, HeadTooLarge)):
        return "too_large"
    for kinds, word in _REASONS:
        if isinstance(error, kinds):
            return word
    return "connection" if isinstance(error, OSError) else "bad_response"


#: First match wins; TLS and DNS errors are OSErrors too.
_REASONS: Final = (
    (ConnectionRefusedError, "refused"),
    ((ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError), "reset"),
    ((constants.gaierror, UnicodeError), "dns"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
)
