"""Timers' texts, and the heap of what is due."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model import Cycle, Expression, first_due, next_due
from camunda_client.embedded.model._timers import read_cycle
from camunda_client.embedded.run._schedule import Schedule

NOON_MS = int(datetime(2030, 1, 31, 12, tzinfo=timezone.utc).timestamp() * 1000)


def due(kind: str, text: str) -> timedelta:
    moment_ms, _ = first_due(kind, text, Expression(text), NOON_MS)
    return timedelta(milliseconds=moment_ms - NOON_MS)


@pytest.mark.parametrize(
    ("kind", "text", "after"),
    [
        ("duration", "PT1H30M", timedelta(minutes=90)),
        ("duration", "P1M", timedelta(days=28)),
        ("duration", "PT0.5S", timedelta(seconds=0.5)),
        ("duration", "-PT1S", timedelta(seconds=-1)),
        ("date", "2030-01-31T13:00:00+01:00", timedelta(0)),
        ("date", "2030-02-01T12:00:00Z", timedelta(days=1)),
        ("cycle", "R3/PT10S", timedelta(seconds=10)),
        ("cycle", "R/2030-01-31T12:00:05Z/P1D", timedelta(seconds=5)),
    ],
)
def test_a_timer_is_due_when_its_text_says(kind: str, text: str, after: timedelta) -> None:
    assert due(kind, text) == after


@pytest.mark.parametrize(("kind", "text"), [("duration", "soon"), ("date", "2030-13-01"), ("cycle", "0 9 * * MON")])
def test_a_timer_without_a_time_fails(kind: str, text: str) -> None:
    with pytest.raises(Failure, match="EXTRACT_VALUE_ERROR"):
        due(kind, text)


@pytest.mark.parametrize(
    ("kind", "source", "reason"),
    [
        ("duration", "=missing", "one of '[DURATION, PERIOD, STRING]', but was 'NULL'. The evaluation reported the "),
        ("duration", "=1", "'1' to be one of '[DURATION, PERIOD, STRING]', but was 'NUMBER'."),
        ("duration", '="soon"', "Invalid duration format 'soon' for expression '\"soon\"'."),
        ("duration", "=now()", "'now()' to be one of '[DURATION, PERIOD, STRING]', but was 'DATE_TIME'."),
        ("date", "=true", "'true' to be one of '[DATE_TIME, STRING]', but was 'BOOLEAN'."),
        ("date", '=date("2030-01-01")', "to be one of '[DATE_TIME, STRING]', but was 'DATE'."),
        ("date", '=duration("PT1H")', "to be one of '[DATE_TIME, STRING]', but was 'DURATION'."),
        ("date", "2030-01-01T00:00:00", "Invalid date-time format '2030-01-01T00:00:00' for expression"),
        ("date", "2030-01-01", "Invalid date-time format '2030-01-01' for expression '2030-01-01'."),
        ("cycle", "=1", "'1' to be 'STRING', but was 'NUMBER'."),
        ("cycle", '=duration("PT1H")', "to be 'STRING', but was 'DURATION'."),
    ],
)
def test_what_is_no_time_is_told_in_the_words_of_8_6_0(kind: str, source: str, reason: str) -> None:
    expression, warnings = Expression(source), list[str]()

    with pytest.raises(Failure) as failure:
        first_due(kind, expression.raw({}, warnings), expression, NOON_MS, warnings)

    assert reason in failure.value.message


def test_a_cycle_ends_after_its_last_time() -> None:
    cycle = read_cycle("R2/PT1S")
    assert cycle == Cycle(timedelta(seconds=1), 2)

    assert next_due(cycle, 1000, 1000) == 2000
    assert next_due(cycle, 2000, 2000) is None


@pytest.mark.parametrize(
    ("text", "last_due_ms", "following_ms"),
    [
        ("R/PT1S", 5000, 6000),
        ("R/PT1S", 4500, 5500),
        ("R/PT1S", 1000, 6000),  # what was missed is not made up for
        ("R/PT0S", 5000, 5100),
        ("R/-PT1S", 5000, 5100),
        ("R/P0M", 5000, 5100),
        ("R/PT0.0001S", 5000, 5100),
    ],
)
def test_a_cycle_always_goes_on_in_time(text: str, last_due_ms: int, following_ms: int) -> None:
    """An interval of nothing held time, and with it the whole engine, for ever."""
    cycle = read_cycle(text)
    assert cycle is not None

    assert next_due(cycle, last_due_ms, 5000) == following_ms


def test_a_cycle_that_began_long_ago_is_due_an_interval_from_now() -> None:
    assert due("cycle", "R/2000-01-01T00:00:00Z/PT10S") == timedelta(seconds=10)


def test_things_are_done_in_the_order_they_are_due() -> None:
    schedule, done = Schedule(), []
    for due_ms, name in ((30, "c"), (10, "a"), (20, "b"), (10, "a2")):
        schedule.at(due_ms, lambda name=name: done.append(name))  # type: ignore[misc]

    while (entry := schedule.pop_due(25)) is not None:
        entry.action()

    assert done == ["a", "a2", "b"]
    assert schedule.next_due_ms() == 30


def test_a_cancelled_entry_is_never_due() -> None:
    schedule = Schedule()
    schedule.at(10, lambda: None).cancel()

    assert schedule.pop_due(100) is None


def test_a_sleeper_hears_of_something_earlier() -> None:
    schedule, heard = Schedule(), []
    schedule.on_earlier = heard.append

    for due_ms in (50, 80, 20):
        schedule.at(due_ms, lambda: None)

    assert heard == [50, 20]


def test_cancelled_entries_do_not_pile_up() -> None:
    schedule = Schedule()
    kept = schedule.at(5, lambda: None)

    for _ in range(5000):
        schedule.at(1_000_000, lambda: None).cancel()

    assert len(schedule._heap) < 1000
    assert schedule.pop_due(5) is kept
