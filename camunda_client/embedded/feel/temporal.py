"""Dates, times, durations as Java's ``java.time`` has them: nanoseconds, years to ±999,999,999, zones by name.

Python's own end at the year 9999 and at microseconds. A value here is a few whole numbers; :func:`native` makes
Python's of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
LARGEST_YEAR = 999_999_999
#: A ``long`` and an ``int`` of Java.
LARGEST_LONG = 2**63 - 1
LARGEST_INT = 2**31 - 1
LARGEST_OFFSET_S = 18 * 3600
_ERA_DAYS = 146_097  # of 400 years
EPOCH = date(1970, 1, 1).toordinal()
UTC = timezone.utc


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A day, counted from 1970-01-01."""

    days: int

    @classmethod
    def of(cls, year: int, month: int, day: int) -> Date:
        """Return the day of a year (any, also below 1), a month and a day.

        Raises:
            ValueError: There is no such day.
        """
        if abs(year) > LARGEST_YEAR:
            raise ValueError(f"no year {year}")
        # The calendar repeats every 400 years, and Python knows those from 2000 on.
        eras, rest = divmod(year - 2000, 400)
        return cls(date(2000 + rest, month, day).toordinal() - EPOCH + eras * _ERA_DAYS)

    @property
    def parts(self) -> tuple[int, int, int]:
        """Year, month, day."""
        eras, rest = divmod(self.days - 10957, _ERA_DAYS)  # 10957: 2000-01-01
        inner = date.fromordinal(EPOCH + 10957 + rest)
        return inner.year + eras * 400, inner.month, inner.day

    @property
    def weekday(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return (self.days + 3) % 7 + 1

    def plus_months(self, months: int) -> Date:
        """Return the same day so many months later, or the last day of a shorter month."""
        year, month, day = self.parts
        year, month = divmod(year * 12 + month - 1 + months, 12)
        return Date.of(year, month + 1, min(day, last_day(year, month + 1)))

    def plus_days(self, days: int) -> Date:
        """Return the day so many days later.

        Raises:
            ValueError: The year is beyond Java's.
        """
        later = Date(self.days + days)
        if abs(later.parts[0]) > LARGEST_YEAR:
            raise ValueError("beyond the largest year")
        return later

    def __str__(self) -> str:
        year, month, day = self.parts
        sign = "-" if year < 0 else "+" if year > 9999 else ""
        return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"


def last_day(year: int, month: int) -> int:
    """Return 28 to 31."""
    return (
        31 - (month in (4, 6, 9, 11)) if month != 2 else 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    )


@lru_cache(maxsize=256)
def named_zone(name: str) -> ZoneInfo:
    """Return a zone by its IANA name."""
    return ZoneInfo(name)


def _proxy(days: int) -> datetime:
    """Return the midnight of a day of a year that Python has, with the same calendar and rules of its zone."""
    year, month, day = Date(days).parts
    return datetime(year if 1 < year < 9998 else 2000 + year % 400, month, day)


def _offset_of_local(name: str, days: int, nanos: int) -> int:
    """Return the seconds that a zone is before UTC at its own time; the earlier offset where that is there twice."""
    local = (_proxy(days) + timedelta(microseconds=nanos // 1000)).replace(tzinfo=named_zone(name))
    return round((local.utcoffset() or timedelta()).total_seconds())


def _offset_of_instant(name: str, days: int, nanos: int) -> int:
    instant = (_proxy(days) + timedelta(microseconds=nanos // 1000)).replace(tzinfo=UTC)
    return round((instant.astimezone(named_zone(name)).utcoffset() or timedelta()).total_seconds())


def offset_text(offset: int) -> str:
    """Return ``Z`` or ``+01:00``."""
    if offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    return (
        ("-" if offset < 0 else "+")
        + f"{minutes // 60:02d}:{minutes % 60:02d}"
        + (f":{seconds:02d}" if seconds else "")
    )


def clock_text(nanos: int, *, short: bool) -> str:
    """Return ``10:00:05``. Short: zeros are left out and fractions have 3, 6 or 9 digits, as Java's ``toString``."""
    seconds, fraction = divmod(nanos, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    if seconds % 60 or fraction or not short:
        text += f":{seconds % 60:02d}"
    digits = f"{fraction:09d}".rstrip("0")
    if digits and short:
        digits = digits.ljust(-(-len(digits) // 3) * 3, "0")
    return text + ("." + digits if digits else "")


@dataclass(frozen=True, slots=True)
class Time:
    """Nanoseconds of a day, maybe with an offset from UTC in seconds, maybe that of a zone."""

    nanos: int
    offset: int | None = None
    zone: str | None = None

    @classmethod
    def at(cls, nanos: int, zone: str) -> Time:
        """Return a time in a zone by name. Without a date it has the zone's standard offset."""
        now = datetime.now(named_zone(zone))
        return cls(nanos, round(((now.utcoffset() or timedelta()) - (now.dst() or timedelta())).total_seconds()), zone)

    @property
    def utc(self) -> int:
        """Nanoseconds by UTC, to compare."""
        return self.nanos - (self.offset or 0) * SECOND

    def plus(self, nanos: int) -> Time:
        """Return a later time of the day, going round at midnight."""
        return Time((self.nanos + nanos) % DAY, self.offset, self.zone)

    def __str__(self) -> str:
        zone = "" if self.offset is None else f"@{self.zone}" if self.zone else offset_text(self.offset)
        return clock_text(self.nanos, short=False) + zone


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and a time, maybe with an offset from UTC in seconds, maybe that of a zone by name."""

    date: Date
    nanos: int
    offset: int | None = None
    zone: str | None = None

    @classmethod
    def at(cls, day: Date, nanos: int, zone: str) -> Moment:
        """Return the local time in a zone; what a change of the clocks leaves out is as much later."""
        offset = _offset_of_local(zone, day.days, nanos)
        return cls._of_utc(day.days * DAY + nanos - offset * SECOND, offset, zone)

    @classmethod
    def _of_utc(cls, utc: int, offset: int | None, zone: str | None) -> Moment:
        if zone is not None:
            days, nanos = divmod(utc, DAY)
            offset = _offset_of_instant(zone, days, nanos)
        days, nanos = divmod(utc + (offset or 0) * SECOND, DAY)
        return cls(Date(0).plus_days(days), nanos, offset, zone)

    @property
    def utc(self) -> int:
        """Nanoseconds since 1970, by UTC (local ones as if they were)."""
        return self.date.days * DAY + self.nanos - (self.offset or 0) * SECOND

    def plus(self, nanos: int) -> Moment:
        """Return the moment so much later."""
        return self._of_utc(self.utc + nanos, self.offset, self.zone)

    def plus_months(self, months: int) -> Moment:
        """Return the same time of the day so many months later."""
        day = self.date.plus_months(months)
        return self.at(day, self.nanos, self.zone) if self.zone else Moment(day, self.nanos, self.offset)

    def in_zone(self, offset: int | None, zone: str | None) -> Moment:
        """Return the same instant elsewhere; a local time becomes one of that zone."""
        if self.offset is None:
            return self.at(self.date, self.nanos, zone) if zone else Moment(self.date, self.nanos, offset)
        return self._of_utc(self.utc, offset, zone)

    @property
    def time(self) -> Time:
        """Without the date."""
        return Time.at(self.nanos, self.zone) if self.zone else Time(self.nanos, self.offset)

    def __str__(self) -> str:
        zone = "" if self.offset is None else f"@{self.zone}" if self.zone else offset_text(self.offset)
        return f"{self.date}T{clock_text(self.nanos, short=False)}{zone}"


@dataclass(frozen=True, slots=True, order=True)
class DaysTime:
    """A duration of nanoseconds."""

    nanos: int

    def part(self, unit_s: int, next_s: int | None = None) -> int:
        """Return whole units of so many seconds, of what the next larger unit leaves; with the sign."""
        # Java holds whole seconds, rounded down, and a part of one that is not negative.
        seconds = abs(self.nanos // SECOND)
        whole = (seconds % next_s if next_s else seconds) // unit_s
        return -whole if self.nanos < 0 else whole

    def __str__(self) -> str:
        seconds = abs(self.nanos // SECOND)
        days, rest = divmod(seconds, 86_400)
        clock = "".join(
            f"{count}{unit}" for count, unit in ((rest // 3600, "H"), (rest // 60 % 60, "M"), (rest % 60, "S")) if count
        )
        if not seconds:
            return "P0D"
        return ("-" if self.nanos < 0 else "") + "P" + (f"{days}D" if days else "") + ("T" + clock if clock else "")

    @property
    def iso(self) -> str:
        """The text as Java's ``toString`` writes it: ``PT36H`` for a day and a half."""
        micros_sign = "-" if self.nanos < 0 else ""
        seconds, fraction = divmod(abs(self.nanos), SECOND)
        text = "".join(
            f"{micros_sign}{n}{unit}" for n, unit in ((seconds // 3600, "H"), (seconds // 60 % 60, "M")) if n
        )
        if seconds % 60 or fraction:
            digits = f".{fraction:09d}".rstrip("0") if fraction else ""
            text += f"{micros_sign}{seconds % 60}{digits}S"
        return "PT" + (text or "0S")


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration of calendar months, which has no length in days."""

    months: int

    def __neg__(self) -> YearsMonths:
        return YearsMonths(-self.months)

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.months < 0 else "") + "P" + (text or "0Y")

    @property
    def iso(self) -> str:
        """The text as Java's ``toString`` writes it: a sign for each part, and ``P0D`` for nothing."""
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        return "P" + ((f"{sign}{years}Y" if years else "") + (f"{sign}{months}M" if months else "") or "0D")


Temporal = Date | Time | Moment | DaysTime | YearsMonths

_DATE = re.compile(r"(-?)(\d{4,9})-(\d\d)-(\d\d)", re.A)
_CLOCK = r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
_OFFSET = re.compile(r"Z|([+-])(\d\d):(\d\d)(?::(\d\d))?", re.A)
_TIME = re.compile(rf"T?{_CLOCK}(Z|[+-]\d\d:\d\d(?::\d\d)?)?(?:@(.+))?", re.A)
_MOMENT = re.compile(rf"(.+?)T{_CLOCK}(Z|[+-]\d\d:\d\d(?::\d\d)?)?(?:@(.+)|\[(.+)\])?", re.A)
_MONTHS = re.compile(r"(-)?P(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?", re.A)
_DAYS = re.compile(
    r"([+-])?P(?:([+-]?\d+)D)?(?:T(?=.)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+)(?:[.,](\d{0,9}))?S)?)?",
    re.A | re.I,
)


@lru_cache(maxsize=1024)
def read_date(text: str) -> Date | None:
    """Return the day of ``2024-02-29``; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None or (len(match[2]) > 4 and match[2][0] == "0"):
        return None
    try:
        return Date.of(int(match[1] + match[2]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def _nanos(hour: str, minute: str, second: str | None, fraction: str | None) -> int:
    parts = int(hour), int(minute), int(second or 0)
    if parts[0] > 23 or parts[1] > 59 or parts[2] > 59:
        raise ValueError(f"no time {hour}:{minute}:{second}")
    return ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * SECOND + int((fraction or "").ljust(9, "0"))


def read_offset(text: str) -> int | None:
    """Return the seconds of ``Z`` or ``+01:00``; None for anything else."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    if match[1] is None:
        return 0
    seconds = (int(match[2]) * 60 + int(match[3])) * 60 + int(match[4] or 0)
    if seconds > LARGEST_OFFSET_S or int(match[3]) > 59:
        return None
    return -seconds if match[1] == "-" else seconds


def read_zone(text: str) -> tuple[int | None, str | None] | None:
    """Return the offset, or the name, of a zone; None if there is none of that name."""
    offset = read_offset(text)
    if offset is not None:
        return offset, None
    try:
        named_zone(text)
    except (ValueError, KeyError, OSError):
        return None
    return None, text


@lru_cache(maxsize=1024)
def read_time(text: str) -> Time | None:
    """Return the time of ``10:00:00``, maybe with ``T`` before, and ``Z``, ``+01:00`` or ``@Europe/Paris`` behind."""
    match = _TIME.fullmatch(text)
    if match is None or (match[5] and match[6]):
        return None
    try:
        midnight = match.group(1, 2) == ("24", "00") and match[3] in (None, "00") and not match[4]
        nanos = 0 if midnight else _nanos(*match.group(1, 2, 3, 4))
    except ValueError:
        return None
    if match[5] is None and match[6] is None:
        return Time(nanos)
    zone = read_zone(match[5] or match[6])
    if zone is None:
        return None
    return Time.at(nanos, zone[1]) if zone[1] else Time(nanos, zone[0])


@lru_cache(maxsize=1024)
def read_moment(text: str, *, both: bool = False) -> Moment | None:
    """Return the date and time of a text, at midnight if it is only a date.

    With ``both``, ``2024-01-01T10:00:00+01:00[Europe/Paris]`` is one, too.
    """
    day = read_date(text)
    if day is not None:
        return Moment(day, 0)
    match = _MOMENT.fullmatch(text)
    day = read_date(match[1]) if match else None
    if match is None or day is None:
        return None
    offset, at, bracket = match[6], match[7], match[8]
    if (offset and at) or (bracket and not (offset and both)):
        return None
    try:
        nanos = _nanos(*match.group(2, 3, 4, 5))
        if bracket is not None:
            zone = read_zone(bracket)
            seconds = read_offset(offset)
            return None if zone is None or seconds is None else Moment(day, nanos, seconds).in_zone(*zone)
        zone = read_zone(offset or at) if offset or at else (None, None)
        if zone is None:
            return None
        return Moment.at(day, nanos, zone[1]) if zone[1] else Moment(day, nanos, zone[0])
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def read_duration(text: str) -> DaysTime | YearsMonths | None:
    """Return the duration of ``P1Y2M`` or ``P1DT2H3M4.5S``; None for a mix and for what Java can't hold."""
    match = _MONTHS.fullmatch(text)
    if match is not None and (match[2] or match[3]):
        sign = -1 if match[1] else 1
        years, months = int(match[2] or 0), int(match[3] or 0)
        total = years * 12 + months
        if max(abs(years), abs(months), abs(total) // 12) > LARGEST_INT:
            return None
        return YearsMonths(sign * total)
    match = _DAYS.fullmatch(text)
    if match is None or not any(match.group(2, 3, 4, 5)):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    fraction = int((match[6] or "").ljust(9, "0"))
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if max(abs(days) * 86_400, abs(hours) * 3600, abs(minutes) * 60, abs(seconds), abs(total)) > LARGEST_LONG:
        return None
    nanos = total * SECOND + (-fraction if (match[5] or "").startswith("-") else fraction)
    return DaysTime(-nanos if match[1] == "-" else nanos)


@lru_cache(maxsize=1024)
def read(text: str) -> Temporal | None:
    """Return the value of ``@"..."``."""
    moment = read_moment(text) if "-" in text[1:] and "T" in text else None
    return read_date(text) or moment or read_time(text) or read_duration(text)


__all__ = [
    "Date",
    "DaysTime",
    "Moment",
    "Temporal",
    "Time",
    "YearsMonths",
    "clock_text",
    "last_day",
    "named_zone",
    "offset_text",
    "read",
    "read_date",
    "read_duration",
    "read_moment",
    "read_offset",
    "read_time",
    "read_zone",
]
