"""A way to a server on which connections wait for one another: so many must be open at once before any may go on.

A program whose clients connect one after another never gets past it, whatever its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event
from gevent.pool import Group
from gevent.server import StreamServer
from gevent.socket import create_connection, socket

#: Seconds that a connection waits for the others.
PATIENCE_S = 90.0


class Meeting:
    """Counts the connections; the first ``together`` of them go on together, later ones at once."""

    def __init__(self, together: int, port: int) -> None:
        """Lead to ``port`` on loopback."""
        self.together, self.arrived = together, 0
        self._target = port
        self._complete = Event()
        self._ways = Group()
        self._server = StreamServer(("127.0.0.1", 0), self._pass)
        self._server.start()

    @property
    def port(self) -> int:
        """Where to connect instead."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Cut all that is open."""
        self._server.stop()
        self._ways.kill()

    def _pass(self, client: socket, _address: object) -> None:
        self.arrived += 1
        if self.arrived >= self.together:
            self._complete.set()
        if not self._complete.wait(PATIENCE_S):
            client.close()
            return
        with create_connection(("127.0.0.1", self._target)) as server:
            both = [self._ways.spawn(_copy, client, server), self._ways.spawn(_copy, server, client)]
            gevent.joinall(both)


def _copy(source: socket, target: socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(1)
    except OSError:
        return  # either side has closed


@contextmanager
def meeting(together: int, port: int) -> Iterator[Meeting]:
    """Open a way to a port on loopback, and close it at the end."""
    opened = Meeting(together, port)
    try:
        yield opened
    finally:
        opened.close()
