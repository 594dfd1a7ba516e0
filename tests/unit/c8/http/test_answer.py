"""Answers are read without trust: strictly as JSON, and shown only in small, clean pieces."""

from __future__ import annotations

import json

import pytest

from camunda_client.c8 import _http
from camunda_client.c8._http import Answer


def as_json(body: bytes | str, status: int = 200, kind: str = "application/json") -> Answer:
    return Answer(status=status, content_type=kind, body=body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    "text", ['{"a": 123456789012345678901234567890}', '{"a": 1, "a": 2}', '"ü"', "[" * 900 + "]" * 900, "null"]
)
def test_json_is_read_exactly_and_as_deep_as_the_engine_goes(text: str) -> None:
    assert _http.parsed(as_json(text)) == json.loads(text)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), (" 10 ", 10.0), ("", None), ("-1", None), ("1.5", None), ("٣", None), ("²", None),
     ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)  # fmt: skip
def test_only_whole_seconds_are_taken_from_retry_after(header: str, seconds: float | None) -> None:
    assert _http.retry_after_s(header) == seconds


def test_nothing_is_none() -> None:
    assert _http.parsed(Answer(204)) is None


@pytest.mark.parametrize(
    "body",
    [b'{"a": NaN}', b'{"a": -Infinity}', b'"\xff"', b"<html>", b'{"jobs": [', b"[" * 300 + b"NaN" + b"]" * 300],
    ids=["NaN", "Infinity", "latin-1", "html", "cut", "deep NaN"],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"HTTP 200 with \d+ bytes of text/html is not JSON"):
        _http.parsed(as_json(body, kind="text/html"))


def test_a_bomb_of_brackets_is_refused() -> None:
    with pytest.raises(ValueError, match="is not JSON: it is nested too deeply"):
        _http.parsed(as_json("[" * 200_000))


def test_the_engines_problem_is_told_by_title_and_detail() -> None:
    answer = as_json('{"title": "NOT_FOUND", "detail": "no such job", "status": 404}', 404, "application/problem+json")

    assert _http.problem(answer) == ("NOT_FOUND", "no such job")
    assert _http.is_problem(answer)


def test_the_web_servers_error_tells_the_path() -> None:
    answer = as_json('{"timestamp": "t", "status": 404, "error": "Not Found", "path": "/v2/x"}', 404)

    assert _http.problem(answer) == ("Not Found", "the server has nothing at /v2/x")
    assert not _http.is_problem(answer)


def test_a_page_is_described_and_not_cited() -> None:
    page = as_json("<html>secret</html>", 502, "text/html")

    assert _http.problem(page) == ("", "19 bytes of text/html")
    assert _http.problem(Answer(503)) == ("", "no explanation")


def test_a_problem_can_not_forge_lines_nor_flood_them() -> None:
    answer = as_json(json.dumps({"title": "a\nb\x1b[2J", "detail": "x" * 5000 + "\u202e"}), 500)

    title, detail = _http.problem(answer)

    assert title == "a\\nb\\x1b[2J"
    assert len(detail) < 1100
    assert detail.endswith("(5001 characters)")


@pytest.mark.parametrize("body", ["[]", "5", '{"title": null, "detail": null}', '{"detail": {"a": 1}}'])
def test_a_problem_of_an_odd_shape_does_no_harm(body: str) -> None:
    title, detail = _http.problem(as_json(body, 500))

    assert isinstance(title, str)
    assert isinstance(detail, str)
