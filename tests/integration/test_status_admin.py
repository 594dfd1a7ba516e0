"""POST /types as strangers, browsers and operators meet it, without worker processes behind it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.cli._status import Admin, StatusBoard, serve
from camunda_client.cli._status._admin import RefusedError
from camunda_client.error import ConfigurationError

pytest.importorskip("prometheus_client")

TOKEN = "0123456789abcdef01234567"
PAUSE = json.dumps({"action": "pause"})


class Board(StatusBoard):
    def __init__(self) -> None:
        super().__init__(1)
        self.changes: list[dict[str, Any]] = []

    def change(self, change: dict[str, Any]) -> dict[str, Any]:
        self.changes.append(change)
        return {"changed": ["a"], "unheard": []}


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


@pytest.fixture
def port(board: Board, token_file: Path) -> Iterator[int]:
    server = serve(board, "127.0.0.1", 0, admin=Admin(token_file))
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def post(port: int, body: str = PAUSE, path: str = "/types", **changes: str | None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Host": "localhost"}
    headers |= {name.replace("_", "-"): value for name, value in changes.items() if value is not None}
    gone = {name.replace("_", "-") for name, value in changes.items() if value is None}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, {name: headers[name] for name in headers if name not in gone})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_who_shows_the_token_may_change_types(port: int, board: Board) -> None:
    change = {"job_type": "a", "action": "drain", "max_jobs_active": 3}

    assert post(port, json.dumps(change)) == (200, {"changed": ["a"], "unheard": []})
    assert board.changes == [change]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer 0123456789abcdef0123456"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Host": "evil.example"}, 404),
        ({"path": "/jobs"}, 404),
        ({"Content_Type": "text/plain"}, 415),
        ({"body": "{"}, 400),
        ({"body": "[]"}, 400),
        ({"body": "{}"}, 400),
        ({"body": '{"action": "pause", "jobtype": "a"}'}, 400),
        ({"body": '{"max_jobs_active": true}'}, 400),
        ({"body": '{"job_type": "%s"}' % ("a" * 20_000)}, 413),
    ],
)
def test_all_else_is_refused_with_the_reason_and_changes_nothing(
    port: int, board: Board, changes: dict[str, Any], status: int
) -> None:
    found, answer = post(port, **changes)

    assert found == status
    assert answer["error"]
    assert TOKEN not in answer["error"]
    assert board.changes == []


def test_a_new_token_needs_no_restart(port: int, token_file: Path) -> None:
    token_file.write_text(TOKEN[::-1])
    assert post(port)[0] == 401
    assert post(port, Authorization=f"Bearer {TOKEN[::-1]}")[0] == 200

    token_file.unlink()
    assert post(port, Authorization="Bearer ")[0] == 503


def test_without_a_token_file_nothing_can_be_changed(board: Board) -> None:
    server = serve(board, "127.0.0.1", 0)
    try:
        status, answer = post(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()

    assert (status, "--admin-token-file" in answer["error"], board.changes) == (403, True, [])


def test_other_machines_may_not_change_anything_unless_that_is_asked_for(token_file: Path) -> None:
    for client in ("127.0.0.1", "::1"):
        Admin(token_file).allow(client, f"Bearer {TOKEN}")
    with pytest.raises(RefusedError, match="--admin-remote"):
        Admin(token_file).allow("10.0.0.7", f"Bearer {TOKEN}")

    Admin(token_file, remote=True).allow("10.0.0.7", f"Bearer {TOKEN}")


@pytest.mark.parametrize("text", [None, "", "short"])
def test_a_token_that_protects_nothing_is_refused_at_the_start(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)

    with pytest.raises(ConfigurationError, match="--admin-token-file"):
        serve(StatusBoard(1), "127.0.0.1", 0, admin=Admin(file))
