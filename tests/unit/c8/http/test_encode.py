"""What is sent is JSON, or nothing is sent."""

from __future__ import annotations

import json
from collections import deque
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, model_serializer

from camunda_client.c8 import _http
from camunda_client.error import InvalidRequestError, ServiceException


class Ratio(Enum):
    UNKNOWN = float("nan")


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1, "ü", None, True]}, {"a": [1, "ü", None, True]}),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02T00:00:00Z"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (Decimal("1.10"), "1.10"),
        ("NaN and Infinity are words here", "NaN and Infinity are words here"),
    ],
)
def test_values_are_written_as_pydantic_writes_them(value: Any, sent: Any) -> None:
    assert json.loads(_http.encoded(value)) == sent


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": {"b": [1.0, float("nan")]}}, r"^a\.b\[1\] is nan, which JSON cannot represent"),
        ({"a": float("inf")}, "^a is inf"),
        ({"a": object()}, "^a is object <object .*, which has no JSON form"),
        ({"a": "\ud800"}, "^a has the lone surrogate"),
        (float("nan"), "^it is nan"),
        ({"a": Decimal("sNaN")}, "^a is Decimal .*sNaN.*, which JSON cannot represent"),
        ({"a": Decimal("-NaN123")}, "^a is Decimal"),
        ({"a": Ratio.UNKNOWN}, "^a is nan"),
        ({"a": deque([1.5, float("nan")])}, "^a is deque .*, which JSON cannot represent"),
        ({"a": (number for number in [float("-inf")])}, "^it holds NaN or Infinity, which JSON cannot represent"),
    ],
)
def test_what_has_no_json_is_refused_with_its_place(value: Any, where: str) -> None:
    with pytest.raises(InvalidRequestError, match=where):
        _http.encoded(value)


def nested(depth: int, innermost: Any = None) -> Any:
    value: Any = innermost
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize("depth", [200, 254, 255, 300, 899])
def test_what_camunda_takes_is_sent_however_deep_it_is_nested(depth: int) -> None:
    """From 255 levels on the fast encoder gives up, and looking for the culprit ended in a RecursionError."""
    value = nested(depth, Decimal("1.10"))

    assert _http.encoded(value) == b"".join(nested_text(depth, b'"1.10"'))


def nested_text(depth: int, innermost: bytes) -> list[bytes]:
    opened = [b'{"a":' if level % 2 else b"[" for level in reversed(range(depth))]
    return [*opened, innermost, *(b"}" if level % 2 else b"]" for level in range(depth))]


@pytest.mark.parametrize("depth", [901, 1000, 50_000])
def test_what_is_nested_too_deep_for_camunda_is_refused_with_its_place(depth: int) -> None:
    with pytest.raises(InvalidRequestError, match=r"is nested more than 900 deep$") as refused:
        _http.encoded(nested(depth))

    assert len(str(refused.value)) < 300


def test_what_is_wrong_deep_inside_is_named_all_the_same() -> None:
    with pytest.raises(InvalidRequestError, match="is nan, which JSON cannot represent"):
        _http.encoded(nested(600, float("nan")))
    with pytest.raises(InvalidRequestError, match="generator in it; make that a list"):
        _http.encoded(nested(300, (number for number in [1])))


def test_a_value_that_is_there_twice_is_no_circle() -> None:
    twice = [1]

    assert _http.encoded({"a": twice, "b": [twice, {"c": twice}]}) == b'{"a":[1],"b":[[1],{"c":[1]}]}'


def test_a_circle_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle

    with pytest.raises(InvalidRequestError, match=r"^self contains itself"):
        _http.encoded(circle)


class Unwilling(BaseModel):
    @model_serializer
    def fails(self) -> dict[str, Any]:
        raise KeyError("no")


def test_a_model_that_can_not_be_written_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidRequestError, match=r"^a\[0\] is Unwilling .*, which has no JSON form"):
        _http.encoded({"a": [Unwilling()]})


def test_the_refusal_is_both_kinds_of_error() -> None:
    assert issubclass(InvalidRequestError, ValueError)
    assert issubclass(InvalidRequestError, ServiceException)


def test_integers_beyond_64_bits_are_blamed_when_camunda_refused() -> None:
    assert "a[0] is int" in _http.blame({"a": [2**64]})
    assert _http.blame({"a": [2**64 - 1, -(2**63), True, None, 1.5, "x"]}) == ""
