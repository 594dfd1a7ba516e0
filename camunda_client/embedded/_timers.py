"""When timers are due: durations, dates and cycles in ISO 8601, as BPMN's timer events write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._feel import Expression, shown
from camunda_client.embedded._feel_values import UTC, YearsMonths, add_months, duration, moment

#: Years and months with days or hours: a timer's interval may be both, FEEL's durations are one or the other.
_MIXED = re.compile(r"(P(?:\d+Y)?(?:\d+M)?)(?<!P)((?:\d+[WD])+(?:T.+)?|T.+)")
#: The mean month of the calendar.
MONTH_MS = 146_097 * 86_400_000 // 4800

_CYCLE = re.compile(r"R(?P<times>\d*)/(?:(?P<start>[^/P]+)/)?(?P<interval>-?P.+)")


@dataclass(slots=True)
class Cycle:
    """A repeating timer; ``left`` is None for ever."""

    interval: timedelta | YearsMonths
    left: int | None
    start: datetime | None = None


def first_due(kind: str, value: Any, expression: Expression, now_ms: int) -> tuple[int, Cycle | None]:
    """Return when a timer is due first, and its cycle if it repeats.

    Raises:
        Failure: The value names no time of that kind.
    """
    if kind == "duration":
        intervals = _intervals(value)
        if not intervals:
            raise Failure(
                "EXTRACT_VALUE_ERROR", f"Invalid duration format '{shown(value)}' for expression '{expression.text}'."
            )
        for interval in intervals:
            now_ms = add(now_ms, interval)
        return now_ms, None
    if kind == "date":
        at = moment(value) if isinstance(value, str) else value
        if not isinstance(at, datetime):
            if isinstance(at, date):
                at = datetime(at.year, at.month, at.day, tzinfo=UTC)
            else:
                raise Failure(
                    "EXTRACT_VALUE_ERROR",
                    f"Invalid date-time format '{shown(value)}' for expression '{expression.text}'.",
                )
        return to_ms(at), None
    cycle = read_cycle(shown(value))
    if cycle is None:
        raise Failure(
            "EXTRACT_VALUE_ERROR", f"Invalid cycle format '{shown(value)}' for expression '{expression.text}'."
        )
    if cycle.start is not None:
        return to_ms(cycle.start), cycle
    return add(now_ms, cycle.interval), cycle


def _intervals(value: Any) -> list[timedelta | YearsMonths]:
    """Return what to add one after the other; nothing if the value is no duration."""
    if isinstance(value, (timedelta, YearsMonths)):
        return [value]
    text = value.strip().upper() if isinstance(value, str) else ""  # as in Java, where p1d is a day
    mixed = _MIXED.fullmatch(text)
    parts = [mixed.group(1), f"P{mixed.group(2)}"] if mixed else [text]
    found = [interval for part in parts if (interval := duration(part)) is not None]
    return found if len(found) == len(parts) else []


def next_due(cycle: Cycle, last_due_ms: int) -> int | None:
    """Return when a cycle is due again, None after its last time."""
    if cycle.left is not None:
        cycle.left -= 1
        if cycle.left <= 0:
            return None
    return add(last_due_ms, cycle.interval)


def read_cycle(text: str) -> Cycle | None:
    """Return the cycle of ``R3/PT10S``, ``R/PT1H`` or ``R/2030-01-01T00:00:00Z/P1D``; None for others (cron too)."""
    match = _CYCLE.fullmatch(text.strip())
    interval = duration(match["interval"]) if match else None
    if match is None or interval is None:
        return None
    start = moment(match["start"]) if match["start"] else None
    if match["start"] and start is None:
        return None
    return Cycle(interval, int(match["times"]) if match["times"] else None, start)


def add(moment_ms: int, interval: timedelta | YearsMonths) -> int:
    """Return the moment an interval later."""
    if isinstance(interval, timedelta):
        return moment_ms + interval // timedelta(milliseconds=1)
    at = datetime.fromtimestamp(moment_ms / 1000, UTC)
    try:
        return to_ms(add_months(at, interval.months))
    except ValueError:  # beyond the year 9999, where nobody looks at the day
        return moment_ms + interval.months * MONTH_MS


def to_ms(at: datetime) -> int:
    """Return a moment in milliseconds; one without a zone is in UTC."""
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
