"""The worker's own HTTP connections against a server that answers byte for byte as told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer

from camunda_client.c8._wire import Lane, Wire
from camunda_client.c8._wire._channel import Deadlines, PlainChannel
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._gateway import Gateway
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._lease import HeldJob, Lease, now_s
from camunda_client.c8.worker._reporter import Reporter
from camunda_client.c8.worker._settings import resolve
from camunda_client.config import ApiConfig, C8Config, WorkerConfig
from camunda_client.error import ConnectionFailed
from tests.parts.fake_gateway import completed
from tests.parts.work import until

TRANSPORTS = pytest.mark.parametrize("transport", ["auto", "requests"])
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
HEAD = b"POST /x HTTP/1.1\r\nHost: x"


def wire(port: int) -> Wire:
    return Wire(urlsplit(f"http://127.0.0.1:{port}"), None, connect_timeout_s=5, body_cap=64 * 1024 * 1024)


@contextmanager
def deaf_gateway() -> Iterator[tuple[str, int]]:
    """Where connecting never ends: Linux doesn't answer what finds no place in the queue of those to be accepted."""
    with socket.socket() as full, ExitStack() as queue:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()


def commands_to(port: int, transport: str, **settings: object) -> Gateway:
    api = ApiConfig.model_validate({"baseUrl": f"http://127.0.0.1:{port}", **settings})
    worker = WorkerConfig.model_validate({"transport": transport})
    return Gateway(C8Config(api=api, worker=worker))


@TRANSPORTS
def test_a_worker_without_tokens_says_what_it_does_about_proxies_and_certificates(
    transport: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only requests' sessions said it, which a worker needs for tokens alone."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    port = {"auto": 4433, "requests": 4434}[transport]

    for _ in range(2):
        commands_to(port, transport, tls={"verify": False})

    warned = [record.getMessage().split()[0] for record in caplog.records]
    assert warned == ["config.proxy_ignored", "tls.unverified"]


class Server:
    """Answers each request with what ``answer`` sends; counts connections and requests."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        #: Requests that have been answered, and connections that were closed here.
        self.answered = self.ended = 0
        self.answer: Callable[[socket.socket], bool] = lambda sock: sock.sendall(OK) is None
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.port = self._server.server_port

    def _serve(self, sock: socket.socket, _address: object) -> None:
        self.connections += 1
        try:
            self._talk(sock)
        finally:
            sock.close()
            self.ended += 1

    def _talk(self, sock: socket.socket) -> None:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                part = sock.recv(65536)
                if not part:
                    return
                data += part
            head, _, rest = data.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(rest) < length:
                rest += sock.recv(65536)
            self.requests.append(head + b"\r\n\r\n" + rest[:length])
            data = rest[length:]
            keep = self.answer(sock)
            self.answered += 1
            if not keep:
                return

    def lane(self) -> Lane:
        return wire(self.port).lane()

    def close(self) -> None:
        self._server.stop(timeout=1)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def sends(*parts: bytes, close: bool = False) -> Callable[[socket.socket], bool]:
    def answer(sock: socket.socket) -> bool:
        for part in parts:
            sock.sendall(part)
            gevent.sleep(0)
        return not close

    return answer


def test_connections_are_kept_and_the_newest_is_used_first(server: Server) -> None:
    lane = server.lane()

    answers = [lane.exchange(HEAD, b'{"n":1}', 5) for _ in range(20)]

    assert {answer.status for answer in answers} == {200}
    assert answers[0].body == b"{}"
    assert answers[0].content_type == "application/json"
    assert server.connections == 1
    assert server.requests[0] == HEAD + b'\r\nContent-Length: 7\r\n\r\n{"n":1}'


def test_a_connection_that_the_server_closed_is_not_used_again(server: Server) -> None:
    lane = server.lane()
    server.answer = sends(OK, close=True)

    for number in range(5):
        assert lane.exchange(HEAD, b"", 5).status == 200
        until(lambda number=number: server.ended == number + 1, "the server has closed it")

    assert server.connections == 5


def test_connection_close_is_obeyed(server: Server) -> None:
    lane = server.lane()
    server.answer = sends(OK.replace(b"Content-Type", b"Connection: close\r\nContent-Type"))

    lane.exchange(HEAD, b"", 5)
    lane.exchange(HEAD, b"", 5)

    assert server.connections == 2


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{", b"}\r\n0\r\n\r\n"), b"{}"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", OK), b"{}"),
        ((OK[:20], OK[20:-1], OK[-1:]), b"{}"),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), b""),
    ],
)
def test_every_framing_is_understood(server: Server, parts: tuple[bytes, ...], body: bytes) -> None:
    lane = server.lane()
    server.answer = sends(*parts)

    assert lane.exchange(HEAD, b"", 5).body == body
    assert lane.exchange(HEAD, b"", 5).body == body
    assert server.connections == 1


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"HTTP/1.1 200 OK\r\nContent-Type: appl",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",),
        (b"SSH-2.0-OpenSSH_9\r\n",),
        (OK.replace(b"Content-Type", b"Content-Encoding: gzip\r\nContent-Type"),),
    ],
)
def test_what_is_cut_or_no_http_is_a_failure_that_may_have_been_applied(
    server: Server, parts: tuple[bytes, ...]
) -> None:
    lane = server.lane()
    server.answer = sends(*parts, close=True)

    with pytest.raises(ConnectionFailed) as failed:
        lane.exchange(HEAD, b"", 5)

    assert failed.value.maybe_applied
    server.answer = sends(OK)
    assert lane.exchange(HEAD, b"", 5).status == 200


@pytest.mark.parametrize(("header", "seconds"), [(b"7", 7.0), (b"7 ", 7.0), (b"soon", None), (b"\xb2", None)])
def test_what_the_server_asks_to_wait_is_read_as_for_other_calls(
    server: Server, header: bytes, seconds: float | None
) -> None:
    """The worker did not understand a number with a blank behind it, the API's functions did."""
    server.answer = sends(b"HTTP/1.1 503 Busy\r\nRetry-After: " + header + b"\r\nContent-Length: 0\r\n\r\n")

    assert server.lane().exchange(HEAD, b"{}", 5).retry_after_s == seconds


def test_a_refused_connection_was_certainly_not_applied(server: Server) -> None:
    lane = server.lane()
    server.close()

    with pytest.raises(ConnectionFailed) as failed:
        lane.exchange(HEAD, b"", 5)

    assert not failed.value.maybe_applied
    assert failed.value.reason == "refused"


def test_the_deadline_is_total_however_slowly_bytes_drip(server: Server) -> None:
    def drip(sock: socket.socket) -> bool:
        for byte in OK:
            sock.sendall(bytes([byte]))
            gevent.sleep(0.05)
        return True

    lane = server.lane()
    server.answer = drip
    started_s = time.monotonic()

    with pytest.raises(ConnectionFailed) as failed:
        lane.exchange(HEAD, b"", 0.3)

    assert time.monotonic() - started_s < 1.5
    assert failed.value.reason == "timeout"


def test_a_byte_that_comes_just_after_the_deadline_makes_it_no_reset() -> None:
    """It came to a connection that had been cut, so that the kernel reset it, and the reason was given as reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        channel = PlainChannel(socket.create_connection(listener.getsockname()), Deadlines())
        peer, _ = listener.accept()

    with peer:
        channel.cut()
        peer.sendall(b"x")
        with pytest.raises(TimeoutError):
            channel.receive()
    channel.close()


def test_a_killed_request_leaves_no_connection_whose_answer_another_could_read(server: Server) -> None:
    lane = server.lane()
    server.answer = lambda sock: gevent.sleep(0.05) or sock.sendall(OK.replace(b"{}", b"[]")) is None
    waiting = gevent.spawn(lane.exchange, HEAD, b"", 5)
    until(lambda: len(server.requests) == 1, "it waits for its answer")
    waiting.kill()
    server.answer = sends(OK)

    assert lane.exchange(HEAD, b"", 5).body == b"{}"


def test_an_answer_nobody_asked_for_makes_a_connection_unfit(server: Server) -> None:
    lane = server.lane()
    server.answer = sends(OK, OK)
    lane.exchange(HEAD, b"", 5)
    until(lambda: server.answered == 1, "both answers are sent")
    server.answer = sends(OK)

    assert lane.exchange(HEAD, b"", 5).body == b"{}"
    assert server.connections == 2


@TRANSPORTS
def test_no_more_reports_are_sent_at_once_than_connections_may_be(server: Server, transport: str) -> None:
    commands = commands_to(server.port, transport)
    at_once, peak = 0, 0

    def slowly(sock: socket.socket) -> bool:
        nonlocal at_once, peak
        at_once += 1
        peak = max(peak, at_once)
        gevent.sleep(0.02)
        at_once -= 1
        return sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n") is None

    server.answer = slowly
    reporter = Reporter(commands, 2)
    settings = resolve(JobWorker("t", lambda _job: None), C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1")))
    jobs = [ActivatedJob.model_validate({"jobKey": str(key), "type": "t", "retries": 3}) for key in range(1, 11)]
    helds = [HeldJob(job, settings, now_s(), Lease(10.0, now_s() + 10.0)) for job in jobs]
    reports = [gevent.spawn(reporter.report, held, completed({})) for held in helds]
    gevent.joinall(reports, raise_error=True)

    assert (len(server.requests), peak) == (10, 2)


@TRANSPORTS
def test_a_body_beyond_the_configured_size_is_refused(server: Server, transport: str) -> None:
    commands = commands_to(server.port, transport, maxResponseBytes=2000)
    server.answer = sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2001\r\n\r\n" + b"x" * 2001)

    with pytest.raises(ConnectionFailed, match="2000") as failed:
        commands.activate(b"{}", 0)

    assert failed.value.reason == "too_large"


def endless(start: bytes, again: bytes) -> Callable[[socket.socket], bool]:
    def flood(sock: socket.socket) -> bool:
        sock.sendall(start)
        while True:
            sock.sendall(again * (16384 // len(again)))

    return flood


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@TRANSPORTS
@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Number: 1\r\n"),
        (b"HTTP/1.1 200 ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"1\r\nx\r\n0\r\nX: ", b"x"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-Number: 1\r\n"),
    ],
    ids=["value", "many", "reason", "continue", "chunk size", "trailer", "trailers"],
)
def test_headers_without_an_end_are_cut_before_they_fill_the_memory(
    server: Server, transport: str, start: bytes, again: bytes
) -> None:
    """Only bodies had a limit: 68 MB of one header were taken in 8 s."""
    commands = commands_to(server.port, transport)
    server.answer = endless(start, again)
    started_s = time.monotonic()

    with pytest.raises(ConnectionFailed) as failed:
        commands.settle("1", "completion", b"{}")

    assert failed.value.reason in ("too_large", "bad_response", "truncated")
    assert failed.value.maybe_applied
    assert time.monotonic() - started_s < 2


@TRANSPORTS
def test_headers_that_have_an_end_are_taken_though_they_are_large(server: Server, transport: str) -> None:
    commands = commands_to(server.port, transport)
    large = b"".join(b"X-%d: %b\r\n" % (number, b"x" * 600) for number in range(50))
    server.answer = sends(b"HTTP/1.1 200 OK\r\n" + large + b"Content-Length: 2\r\n\r\n{}")

    assert commands.settle("1", "completion", b"{}").body == b"{}"


@TRANSPORTS
def test_a_body_in_the_smallest_of_pieces_is_taken(server: Server, transport: str) -> None:
    commands = commands_to(server.port, transport)
    server.answer = sends(CHUNKED + b"1\r\nx\r\n" * 30_000 + b"0\r\n\r\n")

    assert commands.settle("1", "completion", b"{}").body == b"x" * 30_000


@TRANSPORTS
def test_a_gateway_that_takes_no_connections_is_given_up_after_the_configured_time(transport: str) -> None:
    with deaf_gateway() as address:
        commands = commands_to(address[1], transport, connectTimeout=100)

        # Far below the 10 s that a command has in all.
        with gevent.Timeout(4), pytest.raises(ConnectionFailed) as failed:
            commands.extend("1", b'{"changeset":{"timeout":1000}}')

    assert failed.value.reason == "timeout"
    assert not failed.value.maybe_applied


def test_addresses_that_do_not_answer_leave_time_for_the_one_that_does(server: Server) -> None:
    with deaf_gateway() as first, deaf_gateway() as second:
        gateway = wire(server.port)
        # As a name's with three addresses, two of machines that are gone.
        gateway._addresses._known = [(socket.AF_INET, (*at,)) for at in (first, second, ("127.0.0.1", server.port))]
        lane = gateway.lane()

        assert lane.exchange(HEAD, b"", 1.5).status == 200
        lane.close()
        # And next time it is the first.
        assert lane.exchange(HEAD, b"", 0.3).status == 200


def test_an_answer_that_comes_before_its_request_is_whole_is_taken() -> None:
    def refuse(sock: socket.socket, _address: object) -> None:
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n")

    strict = StreamServer(("127.0.0.1", 0), refuse)
    strict.start()
    try:
        assert wire(strict.server_port).lane().exchange(HEAD, b"x" * 20_000_000, 10).status == 413
    finally:
        strict.stop()


def test_a_204_that_announces_its_connections_end_is_believed(server: Server) -> None:
    lane = server.lane()
    server.answer = sends(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")

    assert lane.exchange(HEAD, b"", 5).status == 204
    assert lane.exchange(HEAD, b"", 5).status == 204

    assert server.connections == 2


def test_a_204_followed_by_more_is_taken_and_its_connection_given_up(server: Server) -> None:
    lane = server.lane()
    server.answer = sends(b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")

    assert lane.exchange(HEAD, b"", 5).status == 204
    server.answer = sends(OK)
    assert lane.exchange(HEAD, b"", 5).body == b"{}"

    assert server.connections == 2


def test_a_request_larger_than_the_sockets_buffers_arrives_whole(server: Server) -> None:
    lane = server.lane()
    body = bytes(range(256)) * 40_000

    assert lane.exchange(HEAD, body, 20).status == 200

    assert server.requests[0].endswith(body)


def test_the_deadline_also_ends_a_request_that_nobody_reads() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        lane = wire(deaf.getsockname()[1]).lane()

        with pytest.raises(ConnectionFailed) as failed:
            lane.exchange(HEAD, b"x" * 20_000_000, 0.2)

    assert failed.value.reason == "timeout"


def test_each_of_many_requests_has_a_deadline_of_its_own(server: Server) -> None:
    server.answer = lambda sock: gevent.sleep(0.3) or sock.sendall(OK) is None
    lane = server.lane()

    patient = gevent.spawn(lane.exchange, HEAD, b"", 5)
    hurried = [gevent.spawn(lane.exchange, HEAD, b"", 0.05 * number) for number in (3, 1, 2)]
    gevent.joinall([patient, *hurried])

    assert patient.value.status == 200
    assert [one.exception.reason for one in hurried] == ["timeout"] * 3
