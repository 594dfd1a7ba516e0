"""Dates, times and durations."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.builtins.registry import Number, builtin, whole
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths

__all__: list[str] = []

builtin("date", "from", str)(temporal.read_date)
builtin("date", "from", Date)(lambda value: value)
builtin("date", "from", Moment)(lambda value: value.date)
builtin("date", "year, month, day", Number, Number, Number)(
    lambda year, month, day: Date.of(whole(year), whole(month), whole(day))
)
builtin("time", "from", str)(temporal.read_time)
builtin("time", "from", Moment)(lambda value: value.time)
builtin("time", "from", Date)(lambda _value: Time(0, 0))


@builtin("time", "hour, minute, second", Number, Number, Number)
def _time(hour: int, minute: int, second: int | Decimal, offset: DaysTime | None = None) -> Any:
    if not (0 <= int(hour) < 24 and 0 <= int(minute) < 60 and 0 <= second < 60):
        raise ValueError(f"no time {hour}:{minute}:{second}")
    nanos = (int(hour) * 3600 + int(minute) * 60) * temporal.SECOND + int(second * temporal.SECOND)
    if offset is None:
        return Time(nanos)
    seconds = offset.nanos // temporal.SECOND
    if abs(seconds) > temporal.LARGEST_OFFSET_S:
        raise ValueError(f"no offset of {seconds} s")
    return Time(nanos, seconds)


builtin("time", "hour, minute, second, offset", Number, Number, Number, (DaysTime, type(None)))(_time)


@builtin("date and time", "from", str, wants_evaluation=True)
def _moment(evaluation: Any, text: str) -> Any:
    return temporal.read_moment(text, both=evaluation.modern)


@builtin("date and time", "date, time", (Date, Moment), Time)
def _moment_of(day: Date | Moment, time: Time) -> Any:
    on = day if isinstance(day, Date) else day.date
    return Moment.at(on, time.nanos, time.zone) if time.zone else Moment(on, time.nanos, time.offset)


@builtin("date and time", "date, timezone", Moment, str)
def _moment_in(moment: Moment, zone: str) -> Any:
    found = temporal.read_zone(zone)
    if found is None:
        raise NotANumberError(f"java.time.zone.ZoneRulesException: Unknown time-zone ID: {zone}")
    return moment.in_zone(*found)


builtin("duration", "from", str)(temporal.read_duration)


@builtin("years and months duration", "from, to", (Date, Moment), (Date, Moment))
def _months_between(start: Date | Moment, end: Date | Moment) -> Any:
    (year, month, day), (last_year, last_month, last_day) = (
        (one if isinstance(one, Date) else one.date).parts for one in (start, end)
    )
    months = (last_year - year) * 12 + last_month - month
    return YearsMonths(months - (months > 0 and last_day < day) + (months < 0 and last_day > day))


@builtin("cycle", "interval", (DaysTime, YearsMonths))
def _endless_cycle(interval: DaysTime | YearsMonths) -> Any:
    return f"R/{interval.iso}"


@builtin("cycle", "repetitions, interval", (int, Decimal, type(None)), (DaysTime, YearsMonths))
def _cycle(times: int | Decimal | None, interval: DaysTime | YearsMonths) -> Any:
    return f"R{'' if times is None else int(times)}/{interval.iso}"


_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
builtin("now", wants_evaluation=True)(lambda evaluation: evaluation.moment())
builtin("today", wants_evaluation=True)(lambda evaluation: evaluation.moment().date)


def _of_day(name: str, function: Callable[[Date], Any]) -> None:
    builtin(name, "date", Date)(function)
    builtin(name, "date", Moment)(lambda moment: function(moment.date))


def _week(day: Date) -> int:
    """Return the week as ISO 8601 counts: its Thursday's."""
    thursday = Date(day.days + 4 - day.weekday)
    return (thursday.days - Date.of(thursday.parts[0], 1, 1).days) // 7 + 1


_of_day("day of week", lambda day: _WEEK[day.weekday - 1])
_of_day("day of year", lambda day: day.days - Date.of(day.parts[0], 1, 1).days + 1)
_of_day("week of year", _week)
_of_day("month of year", lambda day: _MONTHS[day.parts[1] - 1])
_of_day("last day of month", lambda day: Date.of(*day.parts[:2], temporal.last_day(*day.parts[:2])))
