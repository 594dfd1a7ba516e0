"""An HTTP server on loopback that gives the answers a test has prepared, and remembers what it was asked.

    with AnsweringServer() as server:
        server.post("/token", status=503)
        server.post("/token", json={"access_token": "abc"})

Answers for one path are given in their order, the last one again and again. At the end all must have been given once,
and nothing else may have been asked for.
"""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from gevent import socket
from gevent.server import StreamServer

from tests.parts.plain_http import Reply, Request, read_request

#: Makes an answer from what was asked; None closes the connection without one.
Answer = Callable[[Request], Reply | None]


@dataclass
class _Prepared:
    method: str
    path: str
    answer: Answer
    #: Refuse all connections from then on.
    then_gone: bool
    given: int = 0

    def fits(self, request: Request) -> bool:
        return self.method in (request.method, "*") and self.path in (request.path, "*")


class AnsweringServer:
    """Listens as long as its ``with`` lasts."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._prepared: list[_Prepared] = []
        self._unexpected: list[str] = []
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def paths(self) -> list[str]:
        """The paths of the requests so far."""
        return [request.path for request in self.requests]

    def post(
        self,
        path: str,
        *,
        status: int = 200,
        json: Any = None,
        body: str = "",
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        then_gone: bool = False,
    ) -> None:
        """Prepare an answer to a request, with a JSON document or a text for its body."""
        content = body if json is None else json_module.dumps(json)
        reply = Reply(status, content.encode(), content_type, headers or {})
        self.prepare(method, path, lambda _request: reply, then_gone=then_gone)

    def cut(self, path: str) -> None:
        """Prepare to close the connection of a POST without an answer."""
        self.prepare("POST", path, lambda _request: None)

    def prepare(self, method: str, path: str, answer: Answer, *, then_gone: bool = False) -> None:
        """Prepare an answer that depends on the request; ``*`` fits every method, or path."""
        self._prepared.append(_Prepared(method, path, answer, then_gone))

    def close(self) -> None:
        """Listen no more, and end all connections."""
        self._server.stop(timeout=0)

    def _serve(self, client: socket.socket, _address: object) -> None:
        surplus = bytearray()
        while (request := read_request(client, surplus)) is not None:
            self.requests.append(request)
            found = self._next(request)
            reply = found.answer(request) if found else Reply(501)
            if reply is None:
                return
            if found and found.then_gone:
                self._server.close()  # the listener; this connection is closed by the return
                client.sendall(reply.encoded())
                return
            client.sendall(reply.encoded())

    def _next(self, request: Request) -> _Prepared | None:
        fitting = [one for one in self._prepared if one.fits(request)]
        if not fitting:
            self._unexpected.append(f"{request.method} {request.path}")
            return None
        found = next((one for one in fitting if not one.given), fitting[-1])
        found.given += 1
        return found

    def __enter__(self) -> AnsweringServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            assert self._unexpected == [], "nothing was prepared for these"
            assert [one.path for one in self._prepared if not one.given] == [], "these were never asked for"
