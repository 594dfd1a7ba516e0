"""Rates and pauses as people write them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from camunda_client._caps import Calendar, Pause, Rate

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "count", "period_s"),
    [("20/s", 20, 1), ("600/min", 600, 60), (" 5000 / h ", 5000, 3600), ("1/second", 1, 1), ("2/minute", 2, 60)],
)
def test_a_rate_is_a_count_and_a_period(text: str, count: int, period_s: float) -> None:
    assert Rate.parse(text) == Rate(count, period_s)


@pytest.mark.parametrize("text", ["", "20", "0/s", "-1/s", "20/day", "1.5/s", "s", "20/s/s", "²/s"])
def test_what_is_not_a_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="'20/s', '600/min' or '5000/h'"):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("22:00-06:00", "such as '22:00-06:00 Europe/Berlin'"),
        ("22-6 Europe/Berlin", "such as"),
        ("25:00-06:00 UTC", "from 00:00 to 24:00, not 25:00"),
        ("08:00-08:00 UTC", "end at another time"),
        ("22:00-06:00 Mars/Olympus", "this system has no Mars/Olympus"),
        ("Son 00:00-24:00 UTC", "Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
    ],
)
def test_what_is_not_a_pause_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Pause.parse(text)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("pauses", "now", "is_paused", "until"),
    [
        (["22:00-06:00 Europe/Berlin"], "2026-01-10T21:59:59", False, "2026-01-10T22:00"),
        (["22:00-06:00 Europe/Berlin"], "2026-01-10T22:00", True, "2026-01-11T06:00"),
        (["22:00-06:00 Europe/Berlin"], "2026-01-11T05:59:59", True, "2026-01-11T06:00"),
        (["22:00-06:00 Europe/Berlin"], "2026-01-11T06:00", False, "2026-01-11T22:00"),
        # In the night of 29 March the clock goes from 2 to 3, in that of 25 October from 3 back to 2.
        (["22:00-06:00 Europe/Berlin"], "2026-03-28T23:00", True, "2026-03-29T06:00"),
        (["01:00-04:00 Europe/Berlin"], "2026-10-25T01:30", True, "2026-10-25T04:00"),
        (["Sat-Sun 00:00-24:00 Europe/Berlin"], "2026-01-09T12:00", False, "2026-01-10T00:00"),
        (["Sat-Sun 00:00-24:00 Europe/Berlin"], "2026-01-11T12:00", True, "2026-01-12T00:00"),
        (["Fri-Mon 20:00-22:00 Europe/Berlin"], "2026-01-13T12:00", False, "2026-01-16T20:00"),
        (["08:00-10:00 Europe/Berlin", "09:00-12:00 Europe/Berlin"], "2026-01-10T09:30", True, "2026-01-10T12:00"),
    ],
)
def test_a_calendar_knows_whether_and_until_when(pauses: list[str], now: str, is_paused: bool, until: str) -> None:
    calendar = Calendar(tuple(map(Pause.parse, pauses)))

    assert calendar.look(at(now)) == (is_paused, at(until))


def test_a_calendar_looks_again_when_the_clock_was_set_back() -> None:
    calendar = Calendar((Pause.parse("22:00-06:00 Europe/Berlin"),))
    calendar.look(at("2026-01-10T23:00"))

    assert calendar.look(at("2026-01-10T12:00")) == (False, at("2026-01-10T22:00"))
