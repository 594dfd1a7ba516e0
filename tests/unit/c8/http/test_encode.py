"""What is sent is JSON, or nothing is sent."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, model_serializer

from camunda_client.c8 import _http
from camunda_client.error import InvalidRequestError, ServiceException


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
        ({"a": {"b": [1.0, float("nan")]}}, r"^a\.b\[1\] is nan, which JSON has no number for"),
        ({"a": float("inf")}, "^a is inf"),
        ({"a": object()}, "^a is object <object .*, which has no JSON form"),
        ({"a": "\ud800"}, "^a has the lone surrogate"),
        (float("nan"), "^it is nan"),
    ],
)
def test_what_has_no_json_is_refused_with_its_place(value: Any, where: str) -> None:
    with pytest.raises(InvalidRequestError, match=where):
        _http.encoded(value)


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
