"""Requests and answers over kept connections; what a raw server may answer is in tests/integration/test_wire.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer

from camunda_client.c8._wire import Lane, Wire
from camunda_client.error import ConnectionFailed
from tests.parts.plain_http import read_request

HEAD = b"POST /v2/jobs HTTP/1.1\r\nHost: camunda"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"


class Server:
    """Answers each request with what ``says`` returns; empty ends the connection."""

    def __init__(self) -> None:
        self.says: Callable[[], bytes] = lambda: OK
        self.connections = self.requests = 0
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, sock: socket.socket, _address: object) -> None:
        self.connections += 1
        surplus = bytearray()
        while read_request(sock, surplus) is not None:
            self.requests += 1
            said = self.says()
            if not said:
                return
            sock.sendall(said)

    def stop(self) -> None:
        self._server.stop(timeout=0)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def wire_to(server: Server, body_cap: int = 1 << 20) -> Wire:
    return Wire(urlsplit(server.url), None, connect_timeout_s=5.0, body_cap=body_cap)


def lane_to(server: Server, body_cap: int = 1 << 20) -> Lane:
    return wire_to(server, body_cap).lane()


@pytest.mark.parametrize(("said", "status", "body"), [(OK, 200, b"{}"), (NO_CONTENT, 204, b"")])
def test_an_answer_is_returned_and_its_connection_used_again(
    server: Server, said: bytes, status: int, body: bytes
) -> None:
    server.says = lambda: said
    lane = lane_to(server)

    answers = [lane.exchange(HEAD, b"{}", 5.0) for _ in range(3)]

    assert {(answer.status, answer.body) for answer in answers} == {(status, body)}
    assert (server.connections, server.requests) == (1, 3)
    lane.close()


def test_lanes_share_no_connection(server: Server) -> None:
    wire = wire_to(server)
    one, other = wire.lane(), wire.lane()

    one.exchange(HEAD, b"", 5.0)
    other.exchange(HEAD, b"", 5.0)

    assert server.connections == 2
    one.close()
    other.close()


def test_an_answer_that_never_comes_may_stand_for_a_request_that_was_applied(server: Server) -> None:
    never = Event()
    server.says = lambda: (never.wait(10) and b"") or b""

    with pytest.raises(ConnectionFailed) as failed:
        lane_to(server).exchange(HEAD, b"{}", 0.05)

    assert (failed.value.reason, failed.value.maybe_applied) == ("timeout", True)
    never.set()


def test_a_connection_that_ends_without_an_answer_may_too(server: Server) -> None:
    server.says = lambda: b""

    with pytest.raises(ConnectionFailed) as failed:
        lane_to(server).exchange(HEAD, b"{}", 5.0)

    assert (failed.value.reason, failed.value.maybe_applied) == ("reset", True)


def test_a_gateway_that_refuses_connections_has_applied_nothing(server: Server) -> None:
    lane = lane_to(server)
    server.stop()

    with pytest.raises(ConnectionFailed) as failed:
        lane.exchange(HEAD, b"{}", 5.0)

    assert (failed.value.reason, failed.value.maybe_applied) == ("refused", False)


def test_a_body_beyond_the_cap_is_refused(server: Server) -> None:
    server.says = lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000

    with pytest.raises(ConnectionFailed) as failed:
        lane_to(server, body_cap=1000).exchange(HEAD, b"", 5.0)

    assert failed.value.reason == "too_large"
    assert "api.maxResponseBytes" in str(failed.value)


def test_a_connection_that_failed_is_not_used_again(server: Server) -> None:
    said = iter([b"HTTP/1.1 nonsense\r\n\r\n", OK])
    server.says = lambda: next(said)
    lane = lane_to(server)

    with pytest.raises(ConnectionFailed):
        lane.exchange(HEAD, b"", 5.0)

    assert lane.exchange(HEAD, b"", 5.0).status == 200
    assert server.connections == 2
    lane.close()


def test_what_the_server_says_of_itself_and_of_waiting_is_read(server: Server) -> None:
    server.says = lambda: (
        b"HTTP/1.1 503 Busy\r\nServer: nginx\r\nRetry-After: 3\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
    )

    answer = lane_to(server).exchange(HEAD, b"", 5.0)

    assert (answer.status, answer.server, answer.retry_after_s) == (503, "nginx", 3.0)
    assert answer.content_type == "text/html"


def test_a_wire_without_tls_has_no_context(server: Server) -> None:
    wire = wire_to(server)

    assert (wire.host, wire.is_secure, wire.origin) == ("127.0.0.1", False, server.url)
    with pytest.raises(OSError, match="no TLS"):
        wire.tls_context()
