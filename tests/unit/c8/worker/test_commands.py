"""The requests of a worker, byte for byte, over the wire and over ``requests``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer

from camunda_client.c8.worker._gateway import Gateway
from camunda_client.c8.worker._outcome import failure
from camunda_client.c8.worker._reporter import Reporter, ReportResult
from camunda_client.config import ApiConfig, AuthConfig, C8Config, WorkerConfig
from camunda_client.error import ConnectionFailed
from tests.parts.fake_gateway import completed, held
from tests.parts.plain_http import Reply, Request, read_request
from tests.parts.time_given import Clock
from tests.parts.work import until


class Camunda:
    """Answers on loopback what the test says, then 204."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.silent = False
        #: Answers wait until it is set.
        self.open = Event()
        self.open.set()
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, sock: socket.socket, _address: object) -> None:
        surplus = bytearray()
        while (request := read_request(sock, surplus)) is not None:
            self.requests.append(request)
            if self.silent:
                sock.recv(1)
                return
            self.open.wait(10)
            sock.sendall((self.replies.pop(0) if self.replies else Reply(204)).encoded())

    def stop(self) -> None:
        self._server.stop(timeout=0)


@pytest.fixture
def camunda() -> Iterator[Camunda]:
    made = Camunda()
    yield made
    made.stop()


def commands_to(camunda: Camunda, transport: str, path: str = "", connections: int = 32, **more: Any) -> Gateway:
    api = ApiConfig(baseUrl=camunda.base_url + path)
    worker = WorkerConfig(transport=transport, maxConnections=connections)
    return Gateway(C8Config(api=api, worker=worker, **more))


TRANSPORTS = pytest.mark.parametrize("transport", ["auto", "requests"])


@TRANSPORTS
def test_each_command_is_one_request(camunda: Camunda, transport: str) -> None:
    commands = commands_to(camunda, transport)
    camunda.replies = [Reply(200, b'{"jobs":[]}'), Reply(204), Reply(204), Reply(200, b"{}")]

    answers = [
        commands.activate(b'{"type":"t"}', 1.0),
        commands.settle("7", "completion", b'{"variables":{}}'),
        commands.extend("7", b'{"changeset":{}}', 1.0),
        commands.topology(),
    ]

    assert [answer.status for answer in answers] == [200, 204, 204, 200]
    assert answers[0].body == b'{"jobs":[]}'
    assert [(request.method, request.path) for request in camunda.requests] == [
        ("POST", "/v2/jobs/activation"),
        ("POST", "/v2/jobs/7/completion"),
        ("PATCH", "/v2/jobs/7"),
        ("GET", "/v2/topology"),
    ]
    assert camunda.requests[1].body == b'{"variables":{}}'
    assert {request.headers["accept"] for request in camunda.requests} == {"application/json"}
    commands.close()


@TRANSPORTS
def test_a_base_path_and_the_credentials_are_in_each(camunda: Camunda, transport: str) -> None:
    auth = AuthConfig(basic={"username": "me", "password": "secret"})
    commands = commands_to(camunda, transport, "/camunda", auth=auth)

    commands.settle("7", "failure", b"{}")

    assert camunda.requests[0].path == "/camunda/v2/jobs/7/failure"
    assert camunda.requests[0].headers["authorization"].startswith("Basic ")
    commands.close()


@TRANSPORTS
def test_an_answer_is_returned_whatever_its_status(camunda: Camunda, transport: str) -> None:
    camunda.replies = [Reply(503, b"busy", "text/plain", {"Retry-After": "7"})]
    commands = commands_to(camunda, transport)

    answer = commands.settle("7", "error", b"{}")

    assert (answer.status, answer.body, answer.retry_after_s) == (503, b"busy", 7.0)
    commands.close()


@TRANSPORTS
def test_an_extension_is_given_up_after_its_own_time(camunda: Camunda, transport: str) -> None:
    camunda.silent = True
    commands = commands_to(camunda, transport)

    with pytest.raises(ConnectionFailed) as failed:
        commands.extend("7", b"{}", 0.5)

    assert (failed.value.reason, failed.value.maybe_applied) == ("timeout", True)
    commands.close()


@TRANSPORTS
def test_a_gateway_that_is_not_there_has_applied_nothing(camunda: Camunda, transport: str) -> None:
    camunda.stop()
    commands = commands_to(camunda, transport)

    with pytest.raises(ConnectionFailed) as failed:
        commands.settle("7", "completion", b"{}")

    assert (failed.value.reason, failed.value.maybe_applied) == ("refused", False)


def test_another_thread_is_shown_the_way_over_the_wire_only(camunda: Camunda) -> None:
    commands = commands_to(camunda, "auto", "/camunda")
    commands.extend("7", b"{}", 1.0)

    route = commands.route()

    assert route is not None
    assert (route.host, route.secure) == ("127.0.0.1", False)
    assert route.addresses() != []
    request = route.extension("7", b'{"a":1}')
    assert request.startswith(b"PATCH /camunda/v2/jobs/7 HTTP/1.1\r\n")
    assert request.endswith(b'Content-Length: 7\r\n\r\n{"a":1}')
    assert commands_to(camunda, "requests").route() is None
    commands.close()


def test_there_are_connections_for_extensions_but_never_all_of_the_processs(camunda: Camunda) -> None:
    assert 8 <= commands_to(camunda, "auto").most_extensions <= 256


@TRANSPORTS
@pytest.mark.parametrize(("passes_s", "sent"), [(1.0, True), (61.0, False)], ids=["lease holds", "lease is over"])
def test_a_failure_that_waited_for_a_connection_is_sent_only_if_the_lease_still_holds(
    camunda: Camunda, transport: str, passes_s: float, sent: bool
) -> None:
    """It was secured before it waited: sent when its lease was over, it took the job from its next holder."""
    clock = Clock()
    commands = commands_to(camunda, transport, connections=1)
    reporter = Reporter(commands, at_once=1, clock=clock)
    camunda.open.clear()
    first = gevent.spawn(reporter.report, held(1, now_s=clock(), lease_s=60.0), completed({}))
    until(lambda: len(camunda.requests) == 1, "the only connection is taken", 10)
    second = gevent.spawn(
        reporter.report, held(2, now_s=clock(), lease_s=60.0), failure("no", retries=2, back_off_ms=0)
    )
    gevent.sleep(0)

    clock.advance(passes_s)
    camunda.open.set()

    assert first.get(timeout=10) is ReportResult.SETTLED
    assert second.get(timeout=10) is (ReportResult.SETTLED if sent else ReportResult.LOST)
    assert [request.path for request in camunda.requests[1:]] == (["/v2/jobs/2/failure"] if sent else [])
    commands.close()
