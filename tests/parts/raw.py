"""A server that sends exactly the bytes a test wants, when it wants: HTTP libraries are too well-behaved for that."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What to do with a connection on which a whole request has arrived.
Script = Callable[["Connection"], None]


class Connection:
    """One accepted connection, and the request that came last."""

    def __init__(self, sock: socket.socket, gone: threading.Event) -> None:
        self._sock = sock
        #: Set when the test is over.
        self.gone = gone
        self.request = b""

    def send(self, *parts: str | bytes) -> None:
        """Send bytes as they are."""
        self._sock.sendall(b"".join(part.encode() if isinstance(part, str) else part for part in parts))

    def trickle(self, text: str, pause_s: float) -> None:
        """Send one byte after another, until the client has gone or the test is over."""
        for byte in text.encode():
            if self.gone.wait(pause_s):
                return
            self._sock.sendall(bytes([byte]))

    def hold(self) -> None:
        """Neither answer nor hang up until the test is over."""
        self.gone.wait(60)

    def read(self) -> bool:
        """Read one request; False if the client has hung up instead."""
        self.request = b""
        while b"\r\n\r\n" not in self.request:
            if not self._more():
                return False
        head, _, body = self.request.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = int(lengths[0]) - len(body) if lengths else 0
        while missing > 0:
            before = len(self.request)
            if not self._more():
                return False
            missing -= len(self.request) - before
        return True

    def _more(self) -> bool:
        part = self._sock.recv(65536)
        self.request += part
        return bool(part)


class RawServer:
    """Counts connections and requests; ``base_url`` is its address."""

    def __init__(self, script: Script, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=256)
        self._script = script
        self._gone = threading.Event()
        self.connections = 0
        #: How many of them were closed here.
        self.ended = 0
        self.requests: list[bytes] = []
        port = self._listener.getsockname()[1]
        self.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all connections."""
        self._gone.set()
        # Wakes accept(), which closing alone does not.
        with socket.create_connection(self._listener.getsockname()[:2]):
            self._thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._gone.is_set():
                sock.close()
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        connection = Connection(sock, self._gone)
        try:
            while connection.read():
                self.requests.append(connection.request)
                self._script(connection)
        except OSError:
            pass  # the client gave up, which is what many tests want
        finally:
            sock.close()
            self.ended += 1


@contextmanager
def raw_server(script: Script, host: str = "127.0.0.1") -> Iterator[RawServer]:
    """Run a server for the length of a test."""
    server = RawServer(script, host)
    try:
        yield server
    finally:
        server.close()


class HangUp(OSError):
    """Raised by a script to end its connection."""


def answer(text: str = "{}", status: str = "200 OK", **headers: str) -> str:
    """Return a whole, correct answer."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(text.encode())), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n{text}"
