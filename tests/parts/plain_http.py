"""HTTP/1.1 as a server sees it, byte by byte, for servers of tests that must be able to break it."""

from __future__ import annotations

import http
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from gevent import socket


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_s: float = field(default_factory=time.monotonic)

    def matches(self, pattern: str) -> bool:
        """Tell whether ``METHOD /path`` contains a regular expression."""
        return re.search(pattern, f"{self.method} {self.path}") is not None


@dataclass(frozen=True)
class Reply:
    """One answer, to be sent with a length."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the answer's bytes."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}", f"Content-Length: {len(self.body)}"]
        if self.body:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Odd"


def read_request(sock: socket.socket, surplus: bytearray) -> Request | None:
    """Return the next request, ``None`` at the connection's end; ``surplus`` keeps what came beyond it."""
    while b"\r\n\r\n" not in surplus:
        if not _more(sock, surplus):
            return None
    head, _, rest = bytes(surplus).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    surplus[:] = rest
    while len(surplus) < length:
        if not _more(sock, surplus):
            return None
    body = bytes(surplus[:length])
    del surplus[:length]
    return Request(method, path, headers, body)


def _more(sock: socket.socket, surplus: bytearray) -> bool:
    try:
        part = sock.recv(65536)
    except OSError:
        return False
    surplus += part
    return bool(part)
