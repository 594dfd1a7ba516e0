"""Bytes to and from the gateway on one socket: total deadlines, and as little work for each request as gevent allows.

gevent's own sockets cost 13 µs for a request and its answer, these 8 (both on loopback): the watcher stays in the
kernel's list between requests, there is no timer for each wait, and no call asks for an answer that can't be there yet.
"""

from __future__ import annotations

import contextlib
import select
import socket as constants
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import gevent
import gevent.select
import gevent.socket
import gevent.ssl

from camunda_client import patching

if TYPE_CHECKING:
    from collections.abc import Iterable

_READ_SIZE: Final = 65536
_NEVER: Final = float("inf")


class Channel(Protocol):
    """One connected socket, plain or TLS."""

    def begin(self, deadline: float) -> None:
        """Have everything until :meth:`end` raise ``TimeoutError`` from ``deadline`` (monotonic) on."""

    def end(self) -> None:
        """Wait without limit again, for a next request."""

    def send(self, data: bytes) -> None:
        """Send all of it."""

    def receive(self) -> bytes:
        """Return what has come, waiting for at least one byte; nothing when the other side has closed."""

    def is_quiet(self) -> bool:
        """Tell whether there is nothing to read, not even an end."""

    def close(self) -> None:
        """Close the socket; a greenlet that waits on it is not woken."""


class Deadlines:
    """Cuts the connections whose request has taken too long, all watched by one timer."""

    def __init__(self) -> None:
        self._open: dict[PlainChannel, float] = {}
        self._next = _NEVER
        self._timer: Any = None

    def watch(self, channel: PlainChannel, deadline: float) -> None:
        """Cut the channel at its deadline unless it is forgotten before."""
        self._open[channel] = deadline
        # Deadlines mostly come in order, so that this is rare: once for as long as one lasts.
        if deadline < self._next:
            self._look_at(deadline)

    def forget(self, channel: PlainChannel) -> None:
        """Leave the channel alone."""
        self._open.pop(channel, None)

    def _look_at(self, deadline: float) -> None:
        self._next = deadline
        if self._timer is not None:
            self._timer.close()
        self._timer = gevent.get_hub().loop.timer(max(deadline - time.monotonic(), 0), ref=False)
        self._timer.start(self._look)

    def _look(self) -> None:
        """In the hub: nothing here may wait or raise."""
        now = time.monotonic()
        for channel in [channel for channel, deadline in self._open.items() if deadline <= now]:
            del self._open[channel]
            channel.cut()
        self._timer.close()
        self._timer, self._next = None, _NEVER
        if self._open:
            self._look_at(min(self._open.values()))


class PlainChannel:
    """A TCP connection without TLS."""

    __slots__ = ("_deadlines", "_expired", "_hub", "_poll", "_readable", "_sock", "_waiting", "_watched")

    def __init__(self, sock: gevent.socket.socket, deadlines: Deadlines) -> None:
        """Take over a connected socket."""
        self._watch(patching.original("socket", "socket")(fileno=sock.detach()), deadlines)

    def _watch(self, sock: constants.socket, deadlines: Deadlines) -> None:
        self._sock = sock
        sock.setblocking(False)
        self._deadlines = deadlines
        self._expired = False
        self._hub = gevent.get_hub()
        self._waiting: gevent.Greenlet[..., Any] | None = None
        self._readable = self._hub.loop.io(self._sock.fileno(), 1)
        self._watched = False
        self._poll = _poll_of(self._sock.fileno())

    def begin(self, deadline: float) -> None:
        self._deadlines.watch(self, deadline)

    def end(self) -> None:
        self._deadlines.forget(self)

    def send(self, data: bytes) -> None:
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        while sent < len(data):
            data = data[sent:]
            self._wait_until_writable()
            try:
                sent = self._sock.send(data)
            except BlockingIOError:
                sent = 0

    def receive(self) -> bytes:
        while True:
            # No answer comes before the request has arrived: waiting first saves a recv() and an exception.
            self._wait_until_readable()
            try:
                data = self._sock.recv(_READ_SIZE)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                # By the kernel, if more came in after the cut.
                self._check_deadline()
                raise
            if not data:
                self._check_deadline()
            return data

    def is_quiet(self) -> bool:
        return not self._poll.poll(0)

    def cut(self) -> None:
        """End the connection; a greenlet that waits on it gets a ``TimeoutError``."""
        self._expired = True
        with contextlib.suppress(OSError):  # not connected any more: then he is woken anyhow
            self._sock.shutdown(constants.SHUT_RDWR)

    def close(self) -> None:
        self._deadlines.forget(self)
        self._readable.stop()
        self._readable.close()
        self._sock.close()

    def _wait_until_readable(self) -> None:
        self._waiting = gevent.getcurrent()  # type: ignore[assignment]
        if not self._watched:
            self._watched = True
            self._readable.start(self._on_readable)
        try:
            self._hub.switch()
        finally:
            self._waiting = None

    def _on_readable(self) -> None:
        """In the hub."""
        if self._waiting is not None:
            self._waiting.switch()
        else:
            # Closed while idle, an answer that was not asked for, or more than its reader has taken yet.
            self._readable.stop()
            self._watched = False

    def _wait_until_writable(self) -> None:
        writable = self._hub.loop.io(self._sock.fileno(), 2)
        try:
            self._hub.wait(writable)
        finally:
            writable.close()
        self._check_deadline()

    def _check_deadline(self) -> None:
        if self._expired:
            raise TimeoutError("the answer did not end in time")


class SecureChannel(PlainChannel):
    """A TLS connection. Its deadlines are those of a plain one, and hold for each byte of a record."""

    __slots__ = ()

    def __init__(self, tls: gevent.ssl.SSLSocket, deadlines: Deadlines, connected_by: float) -> None:
        """Take over a connected socket and make its handshake until ``connected_by`` (monotonic).

        Raises:
            OSError: The handshake failed, or did not end in time.
        """
        tls.settimeout(0.0)  # never wait in gevent's own way, which counts anew with each byte that drips in
        try:
            _shake_hands(tls, connected_by)
            self._watch(tls, deadlines)
        except BaseException:
            tls.close()
            raise

    def send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._sock.send(left) :]
            except gevent.ssl.SSLWantWriteError:
                self._wait_until_writable()
            except gevent.ssl.SSLWantReadError:
                self._wait_until_readable()
                self._check_deadline()

    def receive(self) -> bytes:
        while True:
            self._wait_until_readable()
            self._check_deadline()
            try:
                data: bytes = self._sock.recv(_READ_SIZE)
            except gevent.ssl.SSLWantReadError:
                continue
            except gevent.ssl.SSLWantWriteError:
                self._wait_until_writable()
                continue
            return data

    def cut(self) -> None:
        self._expired = True
        with contextlib.suppress(OSError):
            # Not the TLS socket's own, after which it would go on in plain text.
            gevent.socket.socket.shutdown(self._sock, constants.SHUT_RDWR)


def _shake_hands(tls: gevent.ssl.SSLSocket, deadline: float) -> None:
    while True:
        late = TimeoutError("the TLS handshake did not end in time")
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise late
        try:
            tls.do_handshake()
        except gevent.ssl.SSLWantReadError:
            gevent.socket.wait_read(tls.fileno(), left_s, late)
        except gevent.ssl.SSLWantWriteError:
            gevent.socket.wait_write(tls.fileno(), left_s, late)
        else:
            return


def wait_for_any(descriptors: Iterable[int], seconds: float) -> object:
    """Wait until one of the descriptors can be read, so many seconds at most."""
    poll = gevent.select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll.poll(max(seconds, 0) * 1000)


def _poll_of(descriptor: int) -> Any:
    # select.select() can't watch descriptors from 1024 up; an unpatched poll() with no wait can.
    poll = patching.original("select", "poll")()
    poll.register(descriptor, select.POLLIN)
    return poll
