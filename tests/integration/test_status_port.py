"""The status port as probes, scrapers and idlers meet it, without worker processes behind it."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from camunda_client.cli._status import CLIENTS, PATIENCE_S, StatusBoard, serve
from tests.parts.work import until

pytest.importorskip("prometheus_client")


@pytest.fixture
def board() -> StatusBoard:
    return StatusBoard(2)


@pytest.fixture
def port(board: StatusBoard) -> Iterator[int]:
    server = serve(board, "127.0.0.1", 0)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def test_who_says_nothing_is_shown_the_door(port: int) -> None:
    """Idle clients took all descriptors of the parent, which then could not replace a worker, and ended."""
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.settimeout(PATIENCE_S + 30)

        assert idle.recv(1) == b""


def test_beyond_its_clients_the_one_that_was_there_longest_has_to_leave(port: int) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CLIENTS)]

        assert get(port, "/health")[0] == 503
        idle[0].settimeout(PATIENCE_S / 2)
        assert idle[0].recv(1) == b""


def test_clients_that_drip_are_cut_off_and_keep_no_probe_waiting(port: int) -> None:
    """Each byte began their time anew: 32 of them held the port against probes for as long as they liked."""
    done = threading.Event()
    begun: set[int] = set()

    def drip() -> None:
        while not done.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as client:
                for byte in b"GET /health HTTP/1.0\r\n" + b"X-Slow: 1\r\n" * 1000:
                    client.sendall(bytes([byte]))
                    begun.add(threading.get_ident())
                    if done.wait(0.1):
                        return

    drippers = [threading.Thread(target=drip) for _ in range(CLIENTS + 8)]
    for dripper in drippers:
        dripper.start()
    try:
        until(lambda: len(begun) == len(drippers), "all places are taken")
        for _ in range(10):
            began = time.monotonic()
            assert get(port, "/health")[0] == 503
            assert time.monotonic() - began < 2
    finally:
        done.set()
        for dripper in drippers:
            dripper.join()


def test_a_client_that_drips_has_no_more_time_than_one_that_says_nothing(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        began = time.monotonic()
        client.settimeout(0.05)

        def drip() -> bytes:
            for _ in range(600):
                client.sendall(b"x")
                with suppress(TimeoutError):
                    return client.recv(1)
            raise AssertionError("it was never cut off")

        with suppress(ConnectionError):
            assert drip() == b""

    assert time.monotonic() - began < PATIENCE_S + 5


def test_a_probe_may_add_a_query_or_ask_for_the_head_alone(port: int) -> None:
    assert get(port, "/health?full=1")[0] == 503
    assert get(port, "/metrics?name=x")[0] == 200
    assert get(port, "/elsewhere")[0] == 404
    # Not by urllib, which does not look whether a body follows.
    with socket.create_connection(("127.0.0.1", port), 10) as probe, probe.makefile("rb") as answer:
        probe.sendall(b"HEAD /metrics HTTP/1.0\r\n\r\n")
        head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200")
    assert body == b""


def test_it_listens_on_ipv6(board: StatusBoard) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = serve(board, "::1", 0)
    try:
        with socket.create_connection(("::1", server.server_address[1]), 10) as client:
            client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.0 503"
    finally:
        server.shutdown()
        server.server_close()


def test_a_client_that_hangs_up_is_no_news(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /met")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert get(port, "/health")[0] == 503
    assert "Traceback" not in capfd.readouterr().err


def asked(port: int, path: str, host: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_a_page_of_another_site_learns_nothing_by_a_name_of_its_own_for_this_address(port: int) -> None:
    for path in ("/", "/jobs", "/types", "/jobs/1", "/page.js"):
        assert asked(port, path, "evil.example:80")[0] == 403
    for host in ("localhost", f"127.0.0.1:{port}", "[::1]:9464"):
        assert asked(port, "/types", host)[0] == 200
    # Probes and scrapers come by any name, and tell nothing of jobs.
    assert asked(port, "/metrics", "worker.example")[0] == 200
    assert asked(port, "/livez", "worker.example")[0] == 200


def test_the_page_runs_no_script_but_its_own_and_stands_in_no_other_page(port: int) -> None:
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
        status, headers, body = asked(port, path, "localhost")
        assert (status, headers["Content-Type"].partition(";")[0]) == (200, kind)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"")  # nothing from elsewhere
        assert b"https://" not in body


def test_only_keys_are_asked_for(port: int) -> None:
    assert asked(port, "/jobs/12", "localhost")[0] == 404
    assert b"has job 12 in hand" in asked(port, "/jobs/12", "localhost")[2]
    assert b"there are /" in asked(port, "/jobs/..%2F", "localhost")[2]


def test_pages_are_counted_and_leave_their_place_when_they_close(port: int) -> None:
    def page() -> socket.socket:
        client = socket.create_connection(("127.0.0.1", port), 10)
        client.sendall(b"GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return client

    with ExitStack() as stack:
        pages = [stack.enter_context(page()) for _ in range(8)]
        assert all(b"200" in one.recv(15) for one in pages)
        assert asked(port, "/events", "localhost")[0] == 503
        pages[0].close()

        def opens() -> bool:
            with page() as another:
                return b"200" in another.recv(15)

        until(opens, "there is room again")


def test_metrics_are_openmetrics_for_those_that_read_them(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    answer = connection.getresponse()

    assert answer.getheader("Content-Type", "").startswith("application/openmetrics-text; version=1.0.0")
    assert answer.read().endswith(b"# EOF\n")
