"""FEEL's dates, times and durations from Python's, and to them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from camunda_client.embedded.feel.temporal import EPOCH, SECOND, Date, DaysTime, Moment, Time, named_zone

__all__ = ["moment_of_native", "native", "of_native"]


def native(value: object) -> object:
    """Return Python's date, time, datetime or timedelta of a value here; what Python can't hold as its text.

    Anything else, also a :class:`YearsMonths`, is returned as it is.
    """
    try:
        if isinstance(value, Date):
            return date(*value.parts)
        if isinstance(value, Time):
            return _native_time(value.nanos, value.offset)
        if isinstance(value, Moment):
            zone = named_zone(value.zone) if value.zone else None
            clock = _native_time(value.nanos, value.offset)
            return datetime.combine(date(*value.date.parts), clock, zone or clock.tzinfo)
        if isinstance(value, DaysTime):
            return timedelta(microseconds=value.nanos // 1000)
    except (ValueError, OverflowError):
        return str(value)
    return value


def _native_time(nanos: int, offset: int | None) -> time:
    tzinfo = None if offset is None else timezone.utc if offset == 0 else timezone(timedelta(seconds=offset))
    return (datetime.min + timedelta(microseconds=nanos // 1000)).time().replace(tzinfo=tzinfo)


def of_native(value: object) -> object:
    """Return the value here of Python's date, time, datetime or timedelta, with its offset; anything else as it is."""
    if isinstance(value, datetime):
        return moment_of_native(value)
    if isinstance(value, date):
        return Date(value.toordinal() - EPOCH)
    if isinstance(value, time):
        return Time(_nanos_of(value), _offset_of(value))
    return DaysTime(value // timedelta(microseconds=1) * 1000) if isinstance(value, timedelta) else value


def moment_of_native(value: datetime) -> Moment:
    """Return the moment of Python's, with its offset."""
    return Moment(Date(value.toordinal() - EPOCH), _nanos_of(value), _offset_of(value))


def _nanos_of(value: datetime | time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + value.microsecond * 1000


def _offset_of(value: datetime | time) -> int | None:
    offset = value.utcoffset()
    return None if offset is None else round(offset.total_seconds())
