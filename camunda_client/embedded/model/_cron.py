"""Cron expressions of timers, such as ``0 0 9-17 * * MON-FRI``, in UTC.

Their fields are second, minute, hour, day of month, month and day of week; a moment has to match all six. The syntax is
that of Spring 5.3, as Camunda takes it: also ``L``, ``L-3``, ``15W``, ``LW``, ``5L``, ``MON#2``, ``@daily``.

Source: docs.camunda.io, "Timer events"; spring.io, "New in Spring 5.3: Improved Cron Expressions".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from camunda_client.embedded.feel import UTC

_MACROS = {
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *", "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
}  # fmt: skip
_MONTHS = {"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10,
           "NOV": 11, "DEC": 12}  # fmt: skip
#: Days of the week count from Sunday, which is 0 and 7.
_DAYS = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6}
_ITEM = re.compile(r"(?:(\*|\?)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_LAST_DAY = re.compile(r"L(?:-(\d+))?(W)?")
_NEAREST = re.compile(r"(\d+)W")
_OF_WEEK = re.compile(r"(\w+?)(?:(L)|#(\d))")
#: Years to look ahead: the calendar repeats itself after 400, a 29th of February on a Monday comes within 40.
_HORIZON = 40

Days = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression."""

    times: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    months: frozenset[int]
    of_month: Days
    of_week: Days

    def after(self, moment: datetime) -> datetime | None:
        """Return the next moment after another, to the second; None if there is none."""
        at = moment.astimezone(UTC).replace(microsecond=0)
        midnight = datetime.combine(at.date(), time(), UTC)
        for day in self._days(at.date()):
            passed = (at - midnight) // timedelta(seconds=1) if day == at.date() else -1
            second = next(self._seconds_after(passed), None)
            if second is not None:
                return datetime.combine(day, time(), UTC) + timedelta(seconds=second)
        return None

    def _days(self, first: date) -> Iterator[date]:
        """Yield the days that match, from one on."""
        day = first
        while day.year <= min(first.year + _HORIZON, 9998):
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
                continue
            if self.of_month(day) and self.of_week(day):
                yield day
            day += timedelta(days=1)

    def _seconds_after(self, passed: int) -> Iterator[int]:
        """Yield the seconds of a day that match and are later than one of it."""
        seconds, minutes, hours = self.times
        for hour in hours:
            for minute in minutes if hour * 3600 + 3599 > passed else ():
                start = hour * 3600 + minute * 60
                yield from (start + second for second in seconds if start + second > passed)


@lru_cache(maxsize=256)
def read_cron(text: str) -> Cron | None:
    """Return what a cron expression says; None for what is none."""
    fields = _MACROS.get(text.strip(), text).split()
    if len(fields) != 6:
        return None
    try:
        seconds, minutes, hours = (_numbers(field, low, high) for field, low, high in zip(
            fields, (0, 0, 0), (59, 59, 23), strict=False))  # fmt: skip
        months = frozenset(_numbers(fields[4], 1, 12, _MONTHS))
        return Cron((seconds, minutes, hours), months, _days_of_month(fields[3]), _days_of_week(fields[5]))
    except ValueError:
        return None


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> tuple[int, ...]:
    """Return the numbers of a field, in order.

    Raises:
        ValueError: It is no field, or has a number out of its range.
    """
    found: set[int] = set()
    for item in field.upper().split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(item)
        every, first, last, step = match.groups()
        start = low if every else _number(first, names)
        end = high if every or (last is None and step) else _number(last or first, names)
        if not low <= start <= end <= high or step == "0":
            raise ValueError(item)
        found.update(range(start, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(text: str, names: dict[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)


def _days_of_month(field: str) -> Days:
    found = [_day_of_month(item) for item in field.upper().split(",")]
    return lambda day: any(matches(day) for matches in found)


def _day_of_month(item: str) -> Days:
    last, nearest = _LAST_DAY.fullmatch(item), _NEAREST.fullmatch(item)
    if last is not None:
        back = int(last[1] or 0)
        if last[2]:
            return lambda day: day == _weekday_near(day, _length(day) - back)
        return lambda day: day.day == _length(day) - back
    if nearest is not None:
        (wanted,) = _numbers(nearest[1], 1, 31)
        return lambda day: wanted <= _length(day) and day == _weekday_near(day, wanted)
    numbers = frozenset(_numbers(item, 1, 31))
    return lambda day: day.day in numbers


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _weekday_near(day: date, wanted: int) -> date:
    """Return the day from Monday to Friday that is nearest to a day of the same month, in that month."""
    at = day.replace(day=max(wanted, 1))
    if at.weekday() == 5:
        return at - timedelta(days=1) if at.day > 1 else at + timedelta(days=2)
    if at.weekday() == 6:
        return at + timedelta(days=1) if at.day < _length(at) else at - timedelta(days=2)
    return at


def _days_of_week(field: str) -> Days:
    found = [_day_of_week(item) for item in field.upper().split(",")]
    return lambda day: any(matches(day) for matches in found)


def _day_of_week(item: str) -> Days:
    special = _OF_WEEK.fullmatch(item)
    if special is None:
        item = item.replace("-SUN", "-7")
        numbers = frozenset(number % 7 for number in _numbers(item, 0, 7, _DAYS))
        return lambda day: day.isoweekday() % 7 in numbers
    (wanted,) = _numbers(special[1], 0, 7, _DAYS)
    number = int(special[3] or 0)
    if special[2]:
        return lambda day: day.isoweekday() % 7 == wanted % 7 and day.day + 7 > _length(day)
    if not 1 <= number <= 5:
        raise ValueError(item)
    return lambda day: day.isoweekday() % 7 == wanted % 7 and (day.day - 1) // 7 + 1 == number
