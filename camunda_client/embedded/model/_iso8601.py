"""ISO 8601 as models and requests write it: texts to Python's moments and durations."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from camunda_client.embedded.feel import YearsMonths

Day = TypeVar("Day", bound=date)
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_FRACTION = re.compile(r"\.(\d+)")
_ZONE = re.compile(r"\[([\w/+-]+)\]$|@([\w/+-]+)$")


def duration(text: str) -> timedelta | YearsMonths | None:
    """Return the duration an ISO 8601 text names, None if it names none, or one that is too long."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip() in ("P", "-P"):
        return None
    try:
        return _duration_of(match.groupdict(), -1 if match["sign"] else 1)
    except (OverflowError, ValueError):  # more days than a timedelta holds, more digits than int() reads
        return None


def _duration_of(named: dict[str, str | None], sign: int) -> timedelta | YearsMonths | None:
    parts = {key: float(v) if key == "seconds" else int(v) for key, v in named.items() if v and key != "sign"}
    if "years" in parts or "months" in parts:
        if set(parts) - {"years", "months"}:
            return None
        return YearsMonths(sign * int(12 * parts.get("years", 0) + parts.get("months", 0)))
    return sign * timedelta(**parts)


def moment(text: str) -> datetime | None:
    """Return the date and time an ISO 8601 text names, with the zone it names (or none)."""
    text = text.strip()
    zone = _ZONE.search(text)
    if zone:
        text = text[: zone.start()]
    try:
        # Python 3.10 reads neither 'Z' nor fractions that are not 3 or 6 digits long.
        text = _FRACTION.sub(lambda m: "." + (m[1] + "000000")[:6], text.replace("Z", "+00:00"))
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=ZoneInfo(zone[1] or zone[2])) if zone else value
    except (ValueError, KeyError, OSError):
        return None


def add_months(value: Day, months: int) -> Day:
    """Return the same day so many months later, or the last day of a shorter month."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    for day in (value.day, 30, 29, 28):
        try:
            return value.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(f"no month {month + 1} of {year}")
