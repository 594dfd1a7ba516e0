"""A proxy between worker and engine that cuts, stalls, lies and counts: a network's faults, on loopback.

    with FaultProxy(camunda.base_url) as proxy:
        proxy.on("POST .*/completion", lose_answer(), times=1)

Faults come in the order in which they were set, each as often as told; every other request passes untouched.
"""

from __future__ import annotations

import http.client
import json
import struct
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer

from tests.parts.plain_http import Reply, Request, read_request

#: Seconds for which the engine may take its time: a poll's request timeout and the 15 s of a stuck broker.
UPSTREAM_TIMEOUT_S = 60.0


class Exchange:
    """One request on its way, in the hands of a fault."""

    def __init__(self, request: Request, client: socket.socket, upstream: str) -> None:
        self.request = request
        self.client = client
        self._upstream = upstream

    def forward(self) -> Reply:
        """Let the engine answer."""
        connection = http.client.HTTPConnection(self._upstream, timeout=UPSTREAM_TIMEOUT_S)
        names = ("accept", "content-type", "authorization")
        headers = {name: self.request.headers[name] for name in names if name in self.request.headers}
        try:
            connection.request(self.request.method, self.request.path, self.request.body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read(), answer.headers.get("content-type", ""))
        finally:
            connection.close()

    def answer(self, reply: Reply) -> None:
        """Answer the worker."""
        self.client.sendall(reply.encoded())

    def reset(self) -> None:
        """End the connection by RST."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()


#: Deals with a request; the connection is closed (FIN) afterwards unless it returns True.
Fault = Callable[[Exchange], bool]


def pass_on(exchange: Exchange) -> bool:
    """Let a request and its answer pass."""
    exchange.answer(exchange.forward())
    return True


def reset() -> Fault:
    """End the connection by RST before the engine sees anything."""
    return lambda exchange: exchange.reset() is not None


def close() -> Fault:
    """End the connection by FIN before the engine sees anything."""
    return lambda exchange: False


def lose_answer() -> Fault:
    """Let the engine apply the request, and end the connection without a byte of its answer."""
    return lambda exchange: not exchange.forward()


def go_silent() -> Fault:
    """Neither forward nor answer nor close."""

    def fault(exchange: Exchange) -> bool:
        exchange.client.settimeout(None)
        while exchange.client.recv(65536):
            pass
        return False

    return fault


def drip(pause_s: float) -> Fault:
    """Let the engine apply the request, and send its answer a byte at a time."""

    def fault(exchange: Exchange) -> bool:
        for byte in exchange.forward().encoded():
            exchange.client.sendall(bytes([byte]))
            gevent.sleep(pause_s)
        return True

    return fault


def cut_head() -> Fault:
    """Answer 200 with half a header, then close."""
    return _raw(b"HTTP/1.1 200 OK\r\nContent-Ty")


def cut_body() -> Fault:
    """Let the engine apply the request, and cut its answer (or an empty list of jobs) in the middle of the body."""

    def fault(exchange: Exchange) -> bool:
        whole = exchange.forward()
        reply = Reply(whole.status, whole.body or b'{"jobs":[]}', whole.content_type).encoded()
        exchange.client.sendall(reply[:-5])
        return False

    return fault


def _raw(data: bytes) -> Fault:
    return lambda exchange: exchange.client.sendall(data) is not None


def respond(
    status: int,
    body: bytes | Mapping[str, Any] = b"",
    content_type: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    applied: bool = False,
) -> Fault:
    """Answer instead of the engine; ``applied`` lets it do the work all the same."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = content_type or ("text/html" if isinstance(body, bytes) else "application/problem+json")

    def fault(exchange: Exchange) -> bool:
        if applied:
            exchange.forward()
        exchange.answer(Reply(status, encoded, kind, headers or {}))
        return True

    return fault


def delay(seconds: float) -> Fault:
    """Hold the request back."""
    return lambda exchange: gevent.sleep(seconds) or pass_on(exchange)


def garble(change: Callable[[Any], Any]) -> Fault:
    """Change the answer's JSON: ``change`` returns the new document, or bytes to be sent as they are."""

    def fault(exchange: Exchange) -> bool:
        reply = exchange.forward()
        changed = change(json.loads(reply.body)) if reply.body else b""
        body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        exchange.answer(Reply(reply.status, body, reply.content_type))
        return True

    return fault


def flood(megabytes: int) -> Fault:
    """Answer 200 with so many megabytes of blanks."""

    def fault(exchange: Exchange) -> bool:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {megabytes << 20}\r\n\r\n"
        exchange.client.sendall(head.encode())
        for _ in range(megabytes):
            exchange.client.sendall(b" " * (1 << 20))
        return True

    return fault


@dataclass
class Rule:
    """A fault for requests that match, so often."""

    pattern: str
    fault: Fault
    #: How often it is still to happen; ``None`` for ever.
    left: int | None
    #: What else must be true of the request.
    only: Callable[[Request], bool]
    happened: int = 0

    def wants(self, request: Request) -> bool:
        """Tell whether the fault is this request's."""
        return self.left != 0 and request.matches(self.pattern) and self.only(request)

    def take(self) -> Fault:
        """Return the fault, counted."""
        self.left = None if self.left is None else self.left - 1
        self.happened += 1
        return self.fault

    def end(self) -> None:
        """Let it happen no more."""
        self.left = 0


class FaultProxy:
    """Listens on loopback, passes on what no rule wants, and remembers every request."""

    def __init__(self, upstream_url: str, host: str = "127.0.0.1") -> None:
        self._upstream = urllib.parse.urlsplit(upstream_url).netloc
        self._host = host
        self._server: StreamServer | None = None
        self._port = 0
        self._open: set[socket.socket] = set()
        self.rules: list[Rule] = []
        self.requests: list[Request] = []
        #: What happens to requests that no rule wants.
        self.last: Fault = pass_on
        #: How many connections were accepted.
        self.connections = 0
        #: Seconds after which a connection is closed on which nothing comes back, as load balancers do.
        self.idle_cut_s: float | None = None

    @property
    def base_url(self) -> str:
        """Where workers find it."""
        return f"http://[{self._host}]:{self._port}" if ":" in self._host else f"http://{self._host}:{self._port}"

    def on(
        self, pattern: str, fault: Fault, times: int | None = None, *, only: Callable[[Request], bool] = lambda _: True
    ) -> Rule:
        """Have a fault at the next ``times`` requests whose ``METHOD /path`` has the pattern; ``None`` for ever."""
        rule = Rule(pattern, fault, times, only)
        self.rules.append(rule)
        return rule

    def seen(self, pattern: str) -> list[Request]:
        """Return the requests so far whose ``METHOD /path`` has the pattern."""
        return [request for request in self.requests if request.matches(pattern)]

    def start(self) -> FaultProxy:
        """Listen; again after :meth:`refuse`, on the same port."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(256)
        self._port = listener.getsockname()[1]
        self._server = StreamServer(listener, self._serve)
        self._server.start()
        return self

    def refuse(self) -> None:
        """Refuse new connections and reset the open ones, as a server does that was killed."""
        if self._server is not None:
            self._server.stop(timeout=0)
            self._server = None
        for client in list(self._open):
            Exchange(Request("", "", {}, b""), client, "").reset()
        self._open.clear()

    def _serve(self, client: socket.socket, _address: object) -> None:
        self.connections += 1
        self._open.add(client)
        surplus = bytearray()
        try:
            while self._serve_one(client, surplus):
                pass
        except (OSError, http.client.HTTPException):
            pass  # either side went away: so does the other
        finally:
            self._open.discard(client)
            client.close()

    def _serve_one(self, client: socket.socket, surplus: bytearray) -> bool:
        with gevent.Timeout(self.idle_cut_s, False):
            request = read_request(client, surplus)
            return request is not None and self._handle(request, client)
        return False  # nothing moved for too long

    def _handle(self, request: Request, client: socket.socket) -> bool:
        self.requests.append(request)
        fault = next((rule.take() for rule in self.rules if rule.wants(request)), self.last)
        return fault(Exchange(request, client, self._upstream))

    def __enter__(self) -> FaultProxy:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
