"""Connections that know the deadline of the exchange they serve, and notice answers that are cut off.

`requests` only knows the longest pause between two bytes: a server that sends one byte a second never times
out. And `http.client` takes the end of the connection for the end of the headers.
"""

from __future__ import annotations

import http.client
import io
import socket
from contextvars import ContextVar
from time import monotonic
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

#: Seconds. The engine closes connections after 60 s of idleness; one that is about to be closed may die under us.
IDLE_LIMIT_S = 45.0


class Progress:
    """How one exchange is getting on."""

    __slots__ = ("deadline", "reached_socket", "sent")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
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
current: ContextVar[Progress] = ContextVar("camunda_client_exchange")


class _TimedReader(io.RawIOBase):
    """Reads a socket until the deadline, however slowly it trickles."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, progress: Progress) -> None:
        self._raw = raw
        self._sock = sock
        self._progress = progress
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._progress.left_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left_s)
        count: int | None = self._raw.readinto(buffer)
        self.ended = self.ended or count == 0
        return count

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


class _StrictResponse(http.client.HTTPResponse):
    """An answer whose headers must be complete."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._reader: _TimedReader | None = None
        progress = current.get(None)
        if progress is not None:
            self._reader = _TimedReader(self.fp.detach(), sock, progress)
            self.fp = io.BufferedReader(self._reader, 16384)

    def begin(self) -> None:
        super().begin()
        # Complete headers end with an empty line, so reading them never meets the end of the connection.
        if self._reader is not None and self._reader.ended:
            raise http.client.BadStatusLine("headers cut off")


class TimedHTTPConnection(HTTPConnection):
    """A connection over plain HTTP; its deadline is that of the exchange it serves."""

    response_class = _StrictResponse
    _used_at = 0.0

    def connect(self) -> None:
        progress = current.get(None)
        if progress is not None:
            progress.reached_socket = True
            sent = progress.sent
            self.timeout = max(0.001, min(self.timeout or progress.left_s(), progress.left_s()))
        try:
            super().connect()
        finally:
            if progress is not None:
                progress.sent = sent  # a proxy has seen CONNECT so far, the server nothing

    def send(self, data: Any) -> None:
        progress = current.get(None)
        if self.sock is None:
            self.connect()
        if progress is not None and self.sock is not None:
            progress.reached_socket = progress.sent = True
            self.sock.settimeout(max(0.001, progress.left_s()))
        super().send(data)

    def getresponse(self) -> Any:
        self._used_at = monotonic()
        return super().getresponse()

    @property
    def is_connected(self) -> bool:
        return monotonic() - self._used_at < IDLE_LIMIT_S and super().is_connected


class TimedHTTPSConnection(TimedHTTPConnection, HTTPSConnection):
    """The same over TLS."""


class TimedHTTPPool(urllib3.HTTPConnectionPool):
    """Connections to one server."""

    ConnectionCls = TimedHTTPConnection


class TimedHTTPSPool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = TimedHTTPSConnection


POOLS = {"http": TimedHTTPPool, "https": TimedHTTPSPool}
