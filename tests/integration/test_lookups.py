"""Look-ups of names that are slow, fail or never end, as the worker's connections and API calls meet them."""

from __future__ import annotations

import contextlib
import os
import socket as constants
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import gevent
import gevent.monkey
import pytest
from gevent import socket
from gevent.server import StreamServer

from camunda_client.c8 import _http
from camunda_client.c8._wire import Wire
from camunda_client.config import ApiConfig
from camunda_client.error import ConnectionFailed
from tests.parts.raw import answer
from tests.parts.work import until

WAYS = pytest.mark.parametrize("way", ["wire", "api"])
_sleep = gevent.monkey.get_original("time", "sleep")
_real = gevent.monkey.get_original("socket", "getaddrinfo")


class Resolver:
    """Answers for names that end in ``.test``, each look-up as ``behave`` says, on whatever thread asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.behave: Callable[[int], None] = lambda query: None

    def __call__(self, host: Any, port: Any, *args: Any) -> Any:
        if not str(host).endswith(".test"):
            return _real(host, port, *args)
        self.asked += 1
        self.behave(self.asked)
        return _real("127.0.0.1", port, *args)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setitem(gevent.monkey.saved["socket"], "getaddrinfo", resolver)
    monkeypatch.setattr(constants, "getaddrinfo", resolver)
    return resolver


class Server:
    """Answers one request on each connection, and can be away."""

    def __init__(self) -> None:
        self._server: StreamServer | None = None
        self.port = 0
        self.back()

    def back(self) -> None:
        self._server = StreamServer(("127.0.0.1", self.port), self._serve)
        self._server.start()
        self.port = self._server.server_port

    def away(self) -> None:
        if self._server is not None:
            self._server.stop(timeout=0)
            self._server = None

    def _serve(self, sock: socket.socket, _address: object) -> None:
        with sock:
            sock.recv(65536)
            sock.sendall(answer("{}", Connection="close").encode())


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.away()


_names = iter(range(10**6))


def caller(way: str, server: Server) -> Callable[[float], object]:
    base = f"http://camunda-{next(_names)}.test:{server.port}"
    if way == "wire":
        lane = Wire(urlsplit(base), None, connect_timeout_s=5, body_cap=10**6).lane()
        return lambda timeout_s: lane.exchange(b"GET /x HTTP/1.1\r\nHost: x", b"", timeout_s)
    settings = ApiConfig(baseUrl=base)
    return lambda timeout_s: _http.exchange(
        "GET", f"{base}/v2/x", body=None, headers={}, timeout_s=timeout_s, settings=settings
    )


def elapsed(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def lookup_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [word for record in caplog.records if (word := record.getMessage().split()[0]).startswith("lookup.")]


@WAYS
def test_a_lookup_that_never_ends_holds_a_call_no_longer_than_its_deadline(
    way: str, resolver: Resolver, server: Server
) -> None:
    call = caller(way, server)
    resolver.behave = lambda query: _sleep(4)

    def ask() -> None:
        with pytest.raises(ConnectionFailed) as failed:
            call(0.5)
        assert (failed.value.reason, failed.value.maybe_applied) == ("dns", False)

    assert elapsed(ask) < 1.5


@WAYS
def test_a_lookup_whose_packets_were_lost_gets_another_beside_it(way: str, resolver: Resolver, server: Server) -> None:
    call = caller(way, server)
    resolver.behave = lambda query: _sleep(6) if query == 1 else None

    assert elapsed(lambda: call(5)) < 3
    assert resolver.asked == 2


@WAYS
def test_many_callers_share_a_lookup_and_none_stands_in_line(way: str, resolver: Resolver, server: Server) -> None:
    call = caller(way, server)
    resolver.behave = lambda query: _sleep(0.8)

    def ask_all() -> None:
        gevent.joinall([gevent.spawn(call, 8) for _ in range(10)], raise_error=True)

    # Each on its own they would take 8 s.
    assert elapsed(ask_all) < 3
    assert resolver.asked <= 2


@WAYS
def test_known_addresses_are_used_while_a_new_lookup_is_slow(
    way: str, resolver: Resolver, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A cluster that was away for 4 s, and look-ups of 3 s, one after another: it took 50 s until all was well."""
    caplog.set_level("INFO")
    call = caller(way, server)
    call(5)
    resolver.behave = lambda query: _sleep(3)
    server.away()
    for _ in range(3):
        with pytest.raises(ConnectionFailed) as failed:
            call(5)
        assert failed.value.reason == "refused"
    server.back()

    assert elapsed(lambda: call(5)) < 1.5
    assert set(lookup_lines(caplog)) <= {"lookup.failed"}


@WAYS
def test_known_addresses_are_used_while_a_new_lookup_fails_and_that_is_said_once(
    way: str, resolver: Resolver, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    call = caller(way, server)
    call(5)

    def fail(_number: int) -> None:
        raise constants.gaierror(constants.EAI_AGAIN, "Temporary failure in name resolution")

    resolver.behave = fail
    for _ in range(3):
        server.away()
        with pytest.raises(ConnectionFailed):
            call(5)
        server.back()
        call(5)
    assert lookup_lines(caplog) == ["lookup.failed"]

    resolver.behave = lambda number: None
    server.away()
    with pytest.raises(ConnectionFailed):
        call(5)
    server.back()
    call(5)
    assert lookup_lines(caplog) == ["lookup.failed", "lookup.recovered"]


def test_lookups_leave_no_thread_and_no_descriptor_behind(resolver: Resolver, server: Server) -> None:
    def left() -> tuple[int, int]:
        kinds = []
        for descriptor in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                kinds.append(os.readlink(f"/proc/self/fd/{descriptor}").partition(":")[0])
        return kinds.count("pipe"), len(os.listdir("/proc/self/task"))

    caller("wire", server)(5)
    before = left()
    for _ in range(20):
        caller("wire", server)(5)

    until(lambda: left() <= before, "threads and pipes are gone")
