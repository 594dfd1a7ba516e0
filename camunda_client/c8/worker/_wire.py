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
from camunda_client.c8._http import Addresses, Answer, retry_after_s
from camunda_client.c8.worker._channel import Channel, Deadlines, PlainChannel, SecureChannel, wait_for_any
from camunda_client.error import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from camunda_client._files import Reloading
    from camunda_client.c8._http._addresses import Address

#: Seconds. Camunda's gateway closes a connection that was idle for 60 s (measured on 8.6.0).
IDLE_LIMIT_S: Final = 45.0
#: Seconds. A connection older than this is replaced, so that a moved or re-balanced gateway is found again.
AGE_LIMIT_S: Final = 600.0
#: Bytes that may come without one of the body among them: heads, trailers, what frames the body.
HEAD_LIMIT: Final = 65536


class BodyTooLarge(ValueError):
    """An answer went beyond ``api.maxResponseBytes``."""


class HeadTooLarge(ValueError):
    """An answer's head or trailer does not end."""


class _Response:
    """One answer while it is being parsed; the names of the methods are the parser's."""

    __slots__ = (
        "body",
        "cap",
        "done",
        "encoding",
        "has_length",
        "keep",
        "kind",
        "parser",
        "retry_after",
        "server",
        "size",
        "status",
    )

    def __init__(self, cap: int) -> None:
        #: Bytes beyond which a body is refused.
        self.cap = cap
        self.parser = httptools.HttpResponseParser(self)
        self.reset()

    def reset(self) -> None:
        self.body: list[bytes] = []
        self.size = 0
        #: 0 until the head is complete.
        self.status = 0
        self.kind = b""
        self.retry_after = b""
        self.server = b""
        self.encoding = b""
        self.has_length = False
        self.keep = False
        self.done = False

    def on_message_begin(self) -> None:
        # Whatever follows a whole answer was not asked for: this connection is no longer to be trusted.
        self.keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name)
        # Comparing lengths first keeps the usual dozen of uninteresting headers cheap.
        if size == 12 and name.lower() == b"content-type":
            self.kind = value
        elif size in (14, 17):
            self.has_length = self.has_length or name.lower() in (b"content-length", b"transfer-encoding")
        elif size == 6 and name.lower() == b"server":
            self.server = value
        elif size == 11 and name.lower() == b"retry-after":
            self.retry_after = value
        elif size == 16 and name.lower() == b"content-encoding":
            self.encoding = value

    def on_headers_complete(self) -> None:
        if not self.done:
            self.status = self.parser.get_status_code()
            self.keep = self.parser.should_keep_alive()

    def on_body(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > self.cap:
            raise BodyTooLarge(f"it has more than {self.cap} bytes; raise api.maxResponseBytes, or ask for fewer jobs")
        if not self.done:
            self.body.append(part)

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self.done = True
        else:
            self.reset()  # 1xx: the real answer follows

    def answer(self) -> Answer:
        if self.encoding and self.encoding.lower() != b"identity":
            raise ValueError(f"the answer is encoded as {self.encoding!r}, which was not asked for")
        return Answer(
            status=self.status,
            content_type=self.kind.decode("latin-1"),
            retry_after_s=retry_after_s(self.retry_after.decode("latin-1")) if self.retry_after else None,
            body=self.body[0] if len(self.body) == 1 else b"".join(self.body),
            server=self.server.decode("latin-1"),
        )


class _Connection:
    """One kept-alive connection with its parser."""

    __slots__ = ("_channel", "_response", "born", "idle_since")

    def __init__(self, channel: Channel, now: float, cap: int) -> None:
        self._channel = channel
        self._response = _Response(cap)
        self.born = now
        self.idle_since = now

    def is_fresh(self, now: float) -> bool:
        """Tell whether another request may go out here: young, recently used, nothing to read."""
        return (
            now - self.idle_since < IDLE_LIMIT_S
            and now - self.born < AGE_LIMIT_S
            # Readable while idle means closed, or an answer that nobody asked for.
            and self._channel.is_quiet()
        )

    def send(self, request: bytes, deadline: float) -> None:
        self._channel.begin(deadline)
        self._channel.send(request)

    def receive(self) -> tuple[Answer, bool]:
        """Return the answer and whether the connection may be used again."""
        chunk = self._channel.receive()
        if _is_plain_204(chunk):
            self._channel.end()
            return _NO_CONTENT, True
        response = self._response
        response.reset()
        idle = 0
        while chunk:
            size = response.size
            response.parser.feed_data(chunk)
            if response.done:
                self._channel.end()
                return response.answer(), response.keep
            # The parser keeps a header's value until it ends, which it may never do.
            idle = 0 if response.size > size else idle + len(chunk)
            if idle > HEAD_LIMIT:
                raise HeadTooLarge(f"it sent more than {HEAD_LIMIT} bytes of headers")
            chunk = self._channel.receive()
        # Without a length an answer ends with its connection; with one, it was cut.
        if not response.status or response.has_length:
            raise ConnectionResetError("the connection was closed before the answer was complete")
        return response.answer(), False

    def close(self) -> None:
        self._channel.close()


#: Camunda's answer to nearly all that a worker tells it.
_NO_CONTENT: Final = Answer(status=204)


def _is_plain_204(chunk: bytes) -> bool:
    """Tell whether this is a whole 204 that says nothing about its connection.

    Such an answer has no body and needs no parser, which would call back for each of Camunda's dozen headers.
    """
    return (
        chunk.startswith(b"HTTP/1.1 204 ")
        and chunk.find(b"\r\n\r\n") == len(chunk) - 4
        and b"\nconnection:" not in chunk.lower()
    )


#: How an exchange can fail. The parser's word for a 101, which nobody asked for, is none of its errors.
_BROKEN: Final = (OSError, ValueError, httptools.HttpParserError, httptools.HttpParserUpgrade)


class Lane:
    """Kept-alive connections for one purpose, the most recently used first.

    Purposes have lanes of their own so that reports never wait for polls, nor lease extensions for reports.
    """

    def __init__(self, wire: Wire) -> None:
        """Open as many connections as there are requests at once."""
        self._wire = wire
        self._idle: list[_Connection] = []

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

    def _take(self, deadline: float) -> _Connection:
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

    def connect(self, deadline: float) -> _Connection:
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
                return _Connection(channel, time.monotonic(), self._body_cap)
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


def too_late(origin: str) -> ConnectionFailed:
    """Return what is raised where a request was not sent, because meanwhile it might have done harm."""
    told = f"not sent to {origin}: it had waited too long for a connection"
    return ConnectionFailed(told, maybe_applied=False, reason="too_late")


def _failure(error: Exception, origin: str, *, maybe_applied: bool) -> ConnectionFailed:
    if isinstance(error.__context__, BodyTooLarge):
        error = error.__context__  # the parser wraps what its callbacks raise
    name = type(error).__name__
    told = f"no answer from {origin}: {error or name} ({name})"
    return ConnectionFailed(told, maybe_applied=maybe_applied, reason=_reason(error))


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
