"""When timers are due: durations, dates and cycles in ISO 8601, as BPMN's timer events write them, and cron."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import UTC, YearsMonths
from camunda_client.embedded.model._cron import read_cron
from camunda_client.embedded.model._expressions import Expression, unexpected
from camunda_client.embedded.model._iso8601 import add_months, duration, moment

#: Milliseconds. 8.6.0 looks at its timers no oftener; without it a cycle of PT0S would never let time go on.
RESOLUTION_MS = 100
#: Years and months with days or hours: a timer's interval may be both, FEEL's durations are one or the other.
_MIXED = re.compile(r"(P(?:\d+Y)?(?:\d+M)?)(?<!P)((?:\d+[WD])+(?:T.+)?|T.+)")
#: The mean month of the calendar.
MONTH_MS = 146_097 * 86_400_000 // 4800

_CYCLE = re.compile(r"R(?P<times>\d*)/(?:(?P<start>[^/P]+)/)?(?P<interval>-?P.+)")


@dataclass(slots=True)
class Cycle:
    """A repeating timer; ``left`` is None for ever. One with a cron expression has no interval of its own."""

    interval: timedelta | YearsMonths
    left: int | None
    start: datetime | None = None
    cron: str = ""


def first_due(
    kind: str, value: Any, expression: Expression, now_ms: int, warnings: list[str] | None = None
) -> tuple[int, Cycle | None]:
    """Return when a timer is due first, and its cycle if it repeats.

    Args:
        kind: duration, date or cycle.
        value: What its expression came to.
        expression: For the message, if that names no time.
        now_ms: The present moment.
        warnings: Why the value is null, for the message.

    Raises:
        Failure: The value names no time of that kind.
    """
    if kind == "duration":
        return _after(value, expression, now_ms, warnings), None
    if kind == "date":
        at = moment(value) if isinstance(value, str) else value
        if not isinstance(value, (datetime, str)):
            raise _of_wrong_type(expression, value, "one of '[DATE_TIME, STRING]'", warnings)
        if at is None or (isinstance(value, str) and at.tzinfo is None):  # a text must name its zone
            raise _of_wrong_format("date-time", expression, value)
        return to_ms(at), None
    if not isinstance(value, str):
        raise _of_wrong_type(expression, value, "'STRING'", warnings)
    cycle = read_cycle(value)
    if cycle is None:
        raise _of_wrong_format("cycle", expression, value)
    if cycle.cron:
        due_ms = _next_of_cron(cycle.cron, now_ms)
        if due_ms is None:
            raise Failure("EXTRACT_VALUE_ERROR", f"The cycle '{value}' of expression '{expression.text}' is never due.")
        return due_ms, cycle
    start_ms = None if cycle.start is None else to_ms(cycle.start)
    if start_ms is not None and start_ms > now_ms:
        return start_ms, cycle
    return add(now_ms, cycle.interval), cycle


def _after(value: Any, expression: Expression, now_ms: int, warnings: list[str] | None) -> int:
    if not isinstance(value, (timedelta, YearsMonths, str)):
        raise _of_wrong_type(expression, value, "one of '[DURATION, PERIOD, STRING]'", warnings)
    intervals = _intervals(value)
    if not intervals:
        raise _of_wrong_format("duration", expression, value)
    for interval in intervals:
        now_ms = add(now_ms, interval)
    return now_ms


def _of_wrong_type(expression: Expression, value: Any, wanted: str, warnings: list[str] | None) -> Failure:
    return Failure("EXTRACT_VALUE_ERROR", unexpected(expression, value, wanted, warnings or []))


def _of_wrong_format(what: str, expression: Expression, value: Any) -> Failure:
    return Failure("EXTRACT_VALUE_ERROR", f"Invalid {what} format '{value}' for expression '{expression.text}'.")


def _intervals(value: timedelta | YearsMonths | str) -> list[timedelta | YearsMonths]:
    """Return what to add one after the other; nothing if the text is not a duration."""
    if not isinstance(value, str):
        return [value]
    text = value.strip().upper()  # as in Java, where p1d is a day
    mixed = _MIXED.fullmatch(text)
    parts = [mixed.group(1), f"P{mixed.group(2)}"] if mixed else [text]
    found = [interval for part in parts if (interval := duration(part)) is not None]
    return found if len(found) == len(parts) else []


def next_due(cycle: Cycle, last_due_ms: int, now_ms: int) -> int | None:
    """Return when a cycle is due again, None after its last time.

    What was missed is not made up for, and an interval of nothing does not fill a moment with firings: 8.6.0
    goes on from now then, and no sooner than it looks at its timers again.
    """
    if cycle.left is not None:
        cycle.left -= 1
        if cycle.left <= 0:
            return None
    if cycle.cron:
        return _next_of_cron(cycle.cron, max(last_due_ms, now_ms))
    following_ms = add(last_due_ms, cycle.interval)
    if following_ms <= now_ms:
        following_ms = add(now_ms, cycle.interval)
    return max(following_ms, now_ms + RESOLUTION_MS)


def read_cycle(text: str) -> Cycle | None:
    """Return the cycle of ``R3/PT10S``, ``R/2030-01-01T00:00:00Z/P1D`` or a cron expression; None for others."""
    if not text.startswith("R"):
        return Cycle(timedelta(), None, cron=text) if read_cron(text) is not None else None
    match = _CYCLE.fullmatch(text.strip())
    interval = duration(match["interval"]) if match else None
    if match is None or interval is None:
        return None
    start = moment(match["start"]) if match["start"] else None
    if match["start"] and start is None:
        return None
    return Cycle(interval, int(match["times"]) if match["times"] else None, start)


def _next_of_cron(text: str, now_ms: int) -> int | None:
    cron = read_cron(text)
    following = None if cron is None else cron.after(datetime.fromtimestamp(now_ms / 1000, UTC))
    return None if following is None else to_ms(following)


def add(moment_ms: int, interval: timedelta | YearsMonths) -> int:
    """Return the moment an interval later."""
    if isinstance(interval, timedelta):
        return moment_ms + interval // timedelta(milliseconds=1)
    at = datetime.fromtimestamp(moment_ms / 1000, UTC)
    try:
        return to_ms(add_months(at, interval.months))
    except ValueError:  # beyond the year 9999, where the day does not matter
        return moment_ms + interval.months * MONTH_MS


def to_ms(at: datetime) -> int:
    """Return a moment in milliseconds; one without a zone is in UTC."""
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
