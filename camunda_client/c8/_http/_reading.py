"""Answers read with a deadline for all of them, and with limits for what comes before and between their bodies.

`requests` only knows the longest pause between two bytes: a server that sends one byte a second never times out.
gevent's TLS sockets count anew for each piece of a record. And `http.client` takes the end of the connection for the
end of the headers, and reads lines of any length.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from typing import Any

#: Bytes of an answer's head, and of each line between the pieces of its body.
HEAD_LIMIT = 65536
_BUFFER = 16384


class HeadTooLarge(http.client.HTTPException):
    """An answer's head, or a line between the pieces of its body, does not end."""


class ExchangeProgress:
    """How one exchange is getting on."""

    __slots__ = ("connected_by", "deadline", "reached_socket", "sent", "tls")

    def __init__(self, deadline: float, tls: Any = None) -> None:
        self.deadline = deadline
        #: When a connection that is being made has to be there, TLS and all.
        self.connected_by = deadline
        #: Makes the TLS context of a new connection.
        self.tls = tls
        self.sent = False
        self.reached_socket = False

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.deadline - monotonic()

    @property
    def maybe_sent(self) -> bool:
        """Whether the server may have seen the request; also if something else than our sockets sent it."""
        return self.sent or not self.reached_socket


#: The exchange that this greenlet or thread is in.
current: ContextVar[ExchangeProgress] = ContextVar("camunda_client_exchange")


def wait_for(sock: Any, events: int, deadline: float) -> None:
    """Wait until a socket can be read or written, by the ``poll`` of the moment: gevent's where it has patched.

    Raises:
        TimeoutError: It can't by ``deadline`` (monotonic).
    """
    left_s = deadline - monotonic()
    poll = select.poll()
    poll.register(sock.fileno(), events)
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise TimeoutError("timed out")


def _tried(call: Callable[..., Any], *args: Any) -> tuple[Any, int]:
    """Return what a call on a socket that never waits returned, and what it would have waited for (0: nothing)."""
    # The waiting is not done in here: a time-out would carry this exception along, and be taken for TLS's trouble.
    try:
        return call(*args), 0
    except ssl.SSLWantReadError:
        return None, select.POLLIN
    except (BlockingIOError, ssl.SSLWantWriteError):
        return None, select.POLLOUT


def shake_hands(sock: ssl.SSLSocket, deadline: float) -> None:
    """Make the TLS handshake of a connected socket, however slowly its bytes drip.

    Raises:
        OSError: It failed, or did not end by ``deadline`` (monotonic).
    """
    sock.settimeout(0.0)
    while events := _tried(sock.do_handshake)[1]:
        wait_for(sock, events, deadline)
    sock.settimeout(max(deadline - monotonic(), 0.001))


def send_all(sock: Any, data: bytes, deadline: float) -> None:
    """Send everything, however slowly the other side reads.

    Raises:
        OSError: The connection broke, or not all was taken by ``deadline`` (monotonic).
    """
    left = memoryview(data)
    # TLS sockets have their time-out for each record, so the waiting is done here.
    sock.settimeout(0.0)
    while left:
        sent, events = _tried(sock.send, left)
        if events:
            wait_for(sock, events, deadline)
        else:
            left = left[sent:]


class _TimedReader(io.RawIOBase):
    """Reads a socket until the deadline, however slowly it trickles."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, progress: ExchangeProgress) -> None:
        self._raw = raw
        self._sock = sock
        self._progress = progress
        self.ended = False
        #: Bytes that may still come before the head's end; None once that is there.
        self.head_left: int | None = HEAD_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._progress.left_s() <= 0:
            raise TimeoutError("timed out")
        if self.head_left is not None and self.head_left <= 0:
            raise HeadTooLarge(f"the head has more than {HEAD_LIMIT} bytes")
        count = self._read(buffer)
        self.ended = self.ended or count == 0
        if self.head_left is not None:
            self.head_left -= count
        return count

    def _read(self, buffer: Any) -> int:
        # Without waiting in the socket: for TLS, gevent would begin to count anew with each piece of a record.
        self._sock.settimeout(0.0)
        while True:
            count, events = _tried(self._raw.readinto, buffer)
            if count is not None:
                return int(count)
            wait_for(self._sock, events or select.POLLIN, self._progress.deadline)

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


class _BoundedLines(io.BufferedReader):
    """A buffer in which the lines of a head, and those between two pieces of a body, have an end."""

    _in_lines = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(HEAD_LIMIT + 1 if size is None or size < 0 else size)
        self._in_lines += len(line)
        if self._in_lines > HEAD_LIMIT:
            raise HeadTooLarge(f"more than {HEAD_LIMIT} bytes came without one of the body")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        self._in_lines = 0
        return super().read(size)


class StrictResponse(http.client.HTTPResponse):
    """An answer whose head must be complete, and not too large."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._reader: _TimedReader | None = None
        progress = current.get(None)
        if progress is not None:
            self._reader = _TimedReader(self.fp.detach(), sock, progress)
            self.fp = _BoundedLines(self._reader, _BUFFER)

    def begin(self) -> None:
        super().begin()
        if self._reader is None:
            return
        # Complete headers end with an empty line, so reading them never meets the end of the connection.
        if self._reader.ended:
            raise http.client.BadStatusLine("headers cut off")
        self._reader.head_left = None
