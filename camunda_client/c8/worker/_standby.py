"""Extend leases from outside the hub while a handler keeps it from doing so: C code that waits, or a long computation.

A native thread looks whether the extender is late. If it is, the thread extends what is due itself, one request after
another on a connection of its own. It takes no lock that greenlets take, logs nothing, and looks no name up: beside
greenlets any of that could wedge (docs/decisions.md). It needs the interpreter's lock for moments, so it can't help
where C code never lets go of that.
"""

from __future__ import annotations

import _socket
import ssl
from typing import TYPE_CHECKING, Any, Final

from camunda_client import patching
from camunda_client.c8.worker._lease import HeldJob, Stage, now_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._wire import Route
    from camunda_client.c8.worker._extender import LeaseExtender

#: Seconds by which the extender may be late before this thread takes over.
LATE_S: Final = 0.05
#: Part of the shortest lease between two looks, and the seconds that may be at least and at most.
_LOOK_PART, _LOOK_LEAST_S, _LOOK_MOST_S = 1 / 16, 0.02, 0.25
#: Seconds for one request at most, in which others wait.
_TRY_S: Final = 2.0
#: Bytes of an answer's head.
_HEAD_LIMIT: Final = 65536
_GRANTED: Final = b"HTTP/1.1 204"


class Standby:
    """The thread and what it did."""

    def __init__(
        self,
        route: Route,
        jobs: Callable[[], list[HeldJob]],
        extender: LeaseExtender,
        shortest_s: float,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            route: How the gateway is reached.
            jobs: Returns the jobs in hand; may raise RuntimeError while they change.
            extender: Whose work this does while it is late; it counts what was extended.
            shortest_s: The shortest lease that is to be kept.
            clock: That of leases (:mod:`._lease`) unless given.
        """
        self._clock = clock or now_s
        self._route, self._jobs, self._extender = route, jobs, extender
        self._pause_s = min(max(shortest_s * _LOOK_PART, _LOOK_LEAST_S), _LOOK_MOST_S)
        # The originals: under the patch these would be greenlets and cooperative sleep.
        self._start_thread = patching.original("_thread", "start_new_thread")
        self._sleep = patching.original("time", "sleep")
        self._running = False
        self._connection: _Connection | None = None
        #: How long the last extension took; ``None`` before the first.
        self._took_s: float | None = None

    def start(self) -> None:
        """Begin to look."""
        self._running = True
        self._start_thread(self._run, ())

    def stop(self) -> None:
        """Look no more; the thread ends within a look."""
        self._running = False

    def _run(self) -> None:
        while self._running:
            self._sleep(self._pause_s)
            self.look()
        self._close()

    def look(self) -> None:
        """Do the extender's work if it is late; in a native thread, since it waits without the hub."""
        try:
            if self._extender.late_s(self._clock()) > LATE_S:
                self._keep()
            elif self._connection is not None:
                self._close()
        except Exception:  # noqa: BLE001 - a thread that has ended keeps no lease
            self._close()

    def _keep(self) -> None:
        """Extend what is due, the most urgent first, until the hub is back."""
        now = self._clock()
        due = [held for held in self._jobs() if self._is_due(held, now)]
        for held in sorted(due, key=lambda held: held.lease.ends_s):
            if self._extender.late_s(self._clock()) <= LATE_S:
                return
            self._extend(held)

    def _is_due(self, held: HeldJob, now: float) -> bool:
        lease = held.lease
        return (
            held.stage is not Stage.SETTLED
            and held.may_be_extended(now)
            and lease.holds(now)
            and lease.due_s(self._extender.durations.usual_s or self._took_s) <= now
        )

    def _extend(self, held: HeldJob) -> None:
        lease, asked_s = held.lease, self._clock()
        left_s = lease.left_s(asked_s)
        if left_s <= 0:
            return
        lease.asked(asked_s)
        try:
            if self._connection is None:
                self._connection = _Connection(self._route, min(left_s, _TRY_S))
            request = self._route.extension(held.key, held.extension())
            granted = self._connection.granted(request, min(left_s, _TRY_S))
        except (OSError, ValueError):
            lease.failed(asked_s)
            self._close()
            return
        # The one thing about a lease that another thread than the hub's may change: it lasts longer. When the hub is
        # back, the first thing that it asks may be whether the lease still holds.
        answered_s = self._clock()
        self._took_s = answered_s - asked_s
        still_s = lease.left_s(answered_s)
        if granted and lease.granted(asked_s, answered_s):
            self._extender.kept_outside.append((held, still_s))
        elif not granted:
            # Camunda's word, or a stranger's; the extender asks again and judges it.
            lease.failed(asked_s)
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _Connection:
    """A blocking connection on a native socket."""

    def __init__(self, route: Route, timeout_s: float) -> None:
        """Connect, with TLS if the gateway has it.

        Raises:
            OSError: It can't be reached in time, or its certificate does not fit.
        """
        failure: OSError = OSError("no address is known")
        for family, address in route.addresses():
            sock = _socket.socket(family, _socket.SOCK_STREAM)
            try:
                sock.settimeout(timeout_s)
                sock.connect(address)
                sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
                self._sock = sock
                self._tls = _Tls(sock, route.tls(), route.host) if route.secure else None
            except OSError as error:
                sock.close()
                failure = error
            else:
                return
        raise failure

    def granted(self, request: bytes, timeout_s: float) -> bool:
        """Send an extension and tell whether the answer is Camunda's 204.

        Raises:
            OSError: There was no answer in time.
        """
        until_s = now_s() + timeout_s
        channel: Any = self._tls or self._sock
        channel.sendall(request)
        head = b""
        while b"\r\n\r\n" not in head:
            self._sock.settimeout(max(until_s - now_s(), 0.001))
            data = channel.recv(4096)
            head += data
            if not data or len(head) > _HEAD_LIMIT:
                raise OSError("the answer is cut, or has no end")
        return head.startswith(_GRANTED)

    def close(self) -> None:
        self._sock.close()


class _Tls:
    """TLS over a native socket: the interpreter's own TLS sockets can't be made in a patched process."""

    def __init__(self, sock: _socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._until_done(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._until_done(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        received: bytes = self._until_done(lambda: self._tls.read(size))
        return received

    def _until_done(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._sock.recv(65536)
                if not data:
                    raise OSError("the connection ended") from None
                self._incoming.write(data)
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._sock.sendall(data)
