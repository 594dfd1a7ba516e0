"""Cron expressions as Spring 5.3 has them, which Camunda takes in timers ("Timer events", docs.camunda.io)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camunda_client.embedded.model._cron import read_cron

#: A Tuesday.
NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 9-17 * * MON-FRI", "2030-01-01T13:00:00"),
        ("0 0 0 * * MON-FRI", "2030-01-02T00:00:00"),
        ("*/10 * * * * *", "2030-01-01T12:00:10"),
        ("5/20 * * * * *", "2030-01-01T12:00:05"),
        ("0 0 8-10 * * *", "2030-01-02T08:00:00"),
        ("0 0 6,19 * * *", "2030-01-01T19:00:00"),
        ("0 0/30 8-10 * * *", "2030-01-02T08:00:00"),
        ("0 0 0 25 dec ?", "2030-12-25T00:00:00"),
        ("0 0 0 ? * sun", "2030-01-06T00:00:00"),
        ("0 0 0 * * 7", "2030-01-06T00:00:00"),
        ("0 0 0 * * FRI-SUN", "2030-01-04T00:00:00"),
        ("0 0 0 L * *", "2030-01-31T00:00:00"),
        ("0 0 0 L-3 * *", "2030-01-28T00:00:00"),
        ("0 0 0 1W 6 *", "2030-06-03T00:00:00"),
        ("0 0 0 16W 3 *", "2030-03-15T00:00:00"),
        ("0 0 0 LW 3 *", "2030-03-29T00:00:00"),
        ("0 0 0 * * 5L", "2030-01-25T00:00:00"),
        ("0 0 0 * * THUL", "2030-01-31T00:00:00"),
        ("0 0 0 ? * 5#2", "2030-01-11T00:00:00"),
        ("0 0 0 ? * MON#1", "2030-01-07T00:00:00"),
        ("0 0 0 29 2 MON", "2044-02-29T00:00:00"),
        ("@hourly", "2030-01-01T13:00:00"),
        ("@midnight", "2030-01-02T00:00:00"),
        ("@weekly", "2030-01-06T00:00:00"),
        ("@monthly", "2030-02-01T00:00:00"),
        ("@yearly", "2031-01-01T00:00:00"),
        ("0 0 0 31 2 *", None),
    ],
)
def test_a_cron_expression_is_due_next(text: str, expected: str | None) -> None:
    cron = read_cron(text)
    assert cron is not None

    due = cron.after(NOON)

    assert due == (None if expected is None else datetime.fromisoformat(expected).replace(tzinfo=timezone.utc))


@pytest.mark.parametrize(
    "text",
    ["", "0 9 * * *", "0 0 0 1 1 * 2030", "x y z a b c", "60 * * * * *", "* * 24 * * *", "* * * 0 * *", "* * * * 13 *",
     "* * * * * 8", "*/0 * * * * *", "5-1 * * * * *", "0 0 0 * * MON#6", "0 0 0 32W * *", "@often", "0 0 0 1,, * *"],
)  # fmt: skip
def test_other_texts_are_no_cron_expressions(text: str) -> None:
    assert read_cron(text) is None


FIELD = st.one_of(st.just("*"), st.integers(0, 23).map(str), st.integers(1, 9).map(lambda step: f"*/{step}"))


@pytest.mark.long
@settings(deadline=None)
@given(FIELD, FIELD, FIELD, st.integers(0, 100_000))
def test_nothing_is_left_out_between_two_moments(second: str, minute: str, hour: str, seconds: int) -> None:
    """Against counting: the moments of a day and a half, found one after another, are those that match."""
    cron = read_cron(f"{second} {minute} {hour} * * *")
    assert cron is not None
    start = NOON + timedelta(seconds=seconds)
    end = start + timedelta(minutes=100)

    found, at = [], cron.after(start)
    while at is not None and at <= end:
        found.append(at)
        at = cron.after(at)

    counted = (start + timedelta(seconds=one) for one in range(1, 6001))
    fields = [_matching(field) for field in (second, minute, hour)]
    expected = [
        one for one in counted if all(n in f for n, f in zip((one.second, one.minute, one.hour), fields, strict=True))
    ]
    assert found == expected


def _matching(field: str) -> set[int]:
    if field == "*":
        return set(range(60))
    return {int(field)} if field.isdigit() else set(range(0, 60, int(field[2:])))
