"""What values have to be asked for behind a dot: the year of a date, the hours of a duration, the start of a range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import (
    Range,
)

__all__ = ["property_of"]


def property_of(value: Any, name: str) -> Any:
    """Return ``year``, ``hours``, ``time offset`` and the like; None if the value has no such property."""
    reader = _PROPERTIES.get((type(value), name))
    return reader(value) if reader else None


_Reader = Callable[[Any], Any]


def _of_date(reader: _Reader) -> _Reader:
    return lambda moment: reader(moment.date)


_OF_DAY: dict[str, _Reader] = {
    "year": lambda day: day.parts[0],
    "month": lambda day: day.parts[1],
    "day": lambda day: day.parts[2],
    "weekday": lambda day: day.weekday,
}
_OF_CLOCK: dict[str, _Reader] = {
    "hour": lambda time: time.nanos // temporal.SECOND // 3600,
    "minute": lambda time: time.nanos // temporal.SECOND // 60 % 60,
    "second": lambda time: time.nanos // temporal.SECOND % 60,
    "time offset": lambda time: None if time.offset is None else DaysTime(time.offset * temporal.SECOND),
    "timezone": lambda time: time.zone,
}
_PROPERTIES: dict[tuple[type, str], _Reader] = {
    **{(Date, name): reader for name, reader in _OF_DAY.items()},
    **{(Moment, name): _of_date(reader) for name, reader in _OF_DAY.items()},
    **{(kind, name): reader for kind in (Time, Moment) for name, reader in _OF_CLOCK.items()},
    (DaysTime, "days"): lambda value: value.part(86_400),
    (DaysTime, "hours"): lambda value: value.part(3600, 86_400),
    (DaysTime, "minutes"): lambda value: value.part(60, 3600),
    (DaysTime, "seconds"): lambda value: value.part(1, 60),
    (YearsMonths, "years"): lambda value: int(value.months / 12),
    (YearsMonths, "months"): lambda value: int(math.fmod(value.months, 12)),
    (Range, "start"): lambda value: value.low,
    (Range, "end"): lambda value: value.high,
    (Range, "start included"): lambda value: value.low_closed,
    (Range, "end included"): lambda value: value.high_closed,
}
