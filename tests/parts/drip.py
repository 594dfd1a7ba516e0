"""A relay in front of a server that lets its bytes through one by one, once it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent import socket
from gevent.server import StreamServer


class Drip:
    """Counts connections; ``pause_s`` is the time between two bytes of the server."""

    def __init__(self, port: int, pause_s: float) -> None:
        self.pause_s = pause_s
        self.connections = 0
        self._upstream = port
        self._server = StreamServer(("127.0.0.1", 0), self._relay)
        self._server.start()
        self.port = self._server.server_port

    def close(self) -> None:
        """End all connections."""
        self._server.stop(timeout=0)

    def _relay(self, client: socket.socket, _address: object) -> None:
        self.connections += 1
        with socket.create_connection(("127.0.0.1", self._upstream)) as server:
            there = gevent.spawn(self._pass_on, client, server, drip=False)
            self._pass_on(server, client, drip=True)
            there.kill()

    def _pass_on(self, source: socket.socket, target: socket.socket, *, drip: bool) -> None:
        try:
            while data := source.recv(65536):
                if not drip or not self.pause_s:
                    target.sendall(data)
                    continue
                for byte in data:
                    target.sendall(bytes([byte]))
                    gevent.sleep(self.pause_s)
        except OSError:
            pass  # the client gave up, which is what the tests want


@contextmanager
def dripping(port: int, pause_s: float = 0.05) -> Iterator[Drip]:
    """Run a relay to a server on loopback for the length of a test."""
    relay = Drip(port, pause_s)
    try:
        yield relay
    finally:
        relay.close()
