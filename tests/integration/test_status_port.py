"""The status port as probes, scrapers and idlers meet it, without worker processes behind it."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from camunda_client.cli._status import CLIENTS, PATIENCE_S, Board, serve
from tests.parts.work import until

pytest.importorskip("prometheus_client")


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def port(board: Board) -> Iterator[int]:
    server = serve(board, 2, "127.0.0.1", 0)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
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


def test_beyond_its_clients_it_turns_others_away_and_is_there_again(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        beyond = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        beyond.settimeout(PATIENCE_S / 2)
        assert beyond.recv(1) == b""

    until(lambda: get(port, "/health")[0] == 503, "there is room again")
