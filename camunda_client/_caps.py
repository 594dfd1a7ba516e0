"""What caps are made of: a rate, and the hours in which a system sleeps. Read from text; no clock of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Calendar", "Pause", "Rate"]

#: Seconds of each word for a period, and the word that is shown for it.
_PERIODS = {1.0: ("s", "sec", "second"), 60.0: ("min", "m", "minute"), 3600.0: ("h", "hour")}
_RATE = re.compile(r"(?P<count>[1-9]\d{0,8})\s*/\s*(?P<period>[a-z]+)", re.ASCII)
_PAUSE = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+)?"
    r"(?P<begin>\d\d:\d\d)\s*-\s*(?P<end>\d\d:\d\d)\s+(?P<zone>[A-Za-z0-9_+/-]+)",
    re.ASCII | re.IGNORECASE,
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Days to look ahead for the next pause: a week and the day on which the last one began.
_LOOK_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many starts in any period of ``period_s`` seconds."""

    count: int
    period_s: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Return the rate of ``20/s``, ``600/min`` or ``5000/h``.

        Raises:
            ValueError: It is none; the message says how to write one.
        """
        found = _RATE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is not None:
            for period_s, words in _PERIODS.items():
                if found["period"] in words:
                    return cls(int(found["count"]), period_s)
        raise ValueError("should be a rate such as '20/s', '600/min' or '5000/h'")

    def __str__(self) -> str:
        return f"{self.count}/{_PERIODS[self.period_s][0]}"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of wall-clock time on each of some days, in a time zone; over midnight if it ends before it begins."""

    begin: time
    end: time
    #: Numbers of the days on which it begins; 0 is Monday.
    days: frozenset[int]
    zone: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Pause:
        """Return the pause of ``22:00-06:00 Europe/Berlin`` or ``Sat-Sun 00:00-24:00 Europe/Berlin``.

        Raises:
            ValueError: It is none; the message says how to write one.
        """
        found = _PAUSE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise ValueError(
                "should be a pause such as '22:00-06:00 Europe/Berlin' or 'Sat-Sun 00:00-24:00 Europe/Berlin'"
            )
        begin, end = _clock_time(found["begin"]), _clock_time(found["end"])
        if begin == end and found["end"] != "24:00":
            raise ValueError("should end at another time than it begins")
        _zone(found["zone"])
        return cls(begin, end, _days(found["first"], found["last"]), found["zone"], text.strip())

    def spans(self, around: float) -> list[tuple[float, float]]:
        """Return begin and end of each pause from a day before a moment to a week after it, as POSIX time."""
        zone = _zone(self.zone)
        today = datetime.fromtimestamp(around, zone).date()
        dates = [today + timedelta(days=number) for number in range(-1, _LOOK_AHEAD)]
        return [self._span(day, zone) for day in dates if day.weekday() in self.days]

    def _span(self, day: date, zone: ZoneInfo) -> tuple[float, float]:
        last = day + timedelta(days=1) if self.end <= self.begin else day
        begin, end = (datetime.combine(on, at, zone) for on, at in ((day, self.begin), (last, self.end)))
        return begin.timestamp(), end.timestamp()


class Calendar:
    """All pauses of one system. Looks at its days only when a pause begins or ends."""

    def __init__(self, pauses: tuple[Pause, ...]) -> None:
        self.pauses = pauses
        #: From when to when the answer below is right, as POSIX time.
        self._since = self._until = 0.0
        self._is_paused = False

    def look(self, now: float) -> tuple[bool, float]:
        """Return whether a moment lies in a pause, and when that changes; both in POSIX time."""
        if not self._since <= now < self._until:
            self._refresh(now)
        return self._is_paused, self._until

    def _refresh(self, now: float) -> None:
        spans = [span for pause in self.pauses for span in pause.spans(now)]
        ends = [end for begin, end in spans if begin <= now < end]
        begins = [begin for begin, _ in spans if begin > now]
        self._is_paused = bool(ends)
        # Pauses that overlap: at the end of the longest there is another look.
        self._since, self._until = now, max(ends) if ends else min(begins, default=now + 86_400)


def iso(moment: float) -> str:
    """Return a POSIX time for people, in UTC."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="minutes")


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"should name a time zone such as Europe/Berlin or UTC; this system has no {name} (where it has no time "
            "zones at all, install the package tzdata)"
        ) from None


def _clock_time(text: str) -> time:
    if text == "24:00":
        return time(0, 0)
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"should have times from 00:00 to 24:00, not {text}") from None


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    names = [first.lower(), (last or first).lower()]
    if not set(names) <= set(_DAYS):
        raise ValueError(f"should name days as {', '.join(day.title() for day in _DAYS)}")
    begin, end = map(_DAYS.index, names)
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))
