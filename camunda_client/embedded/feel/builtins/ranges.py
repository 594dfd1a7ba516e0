"""Ranges, by the table of the DMN specification, 10.3.4.10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel.builtins.registry import Any_, builtin
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import Range, kind_of, ordered, written

__all__: list[str] = []

_POINT = (int, float, Decimal, Date, Time, Moment, DaysTime, YearsMonths)
_Compared = Callable[[Any, Any], bool]


def _kind(value: Any) -> str:
    return "r" if isinstance(value, Range) else "p"


def _range(name: str, kinds: str, names: str, function: Callable[..., bool]) -> None:
    """Register a function for pairs of points and ranges; ``names`` are its parameters', maybe several ways."""

    def checked(left: Any, right: Any) -> Any:
        bounds = [
            bound for one in (left, right) for bound in ((one.low, one.high) if isinstance(one, Range) else (one,))
        ]
        if any(not isinstance(bound, _POINT) or isinstance(bound, bool) for bound in bounds):
            raise ValueError("these are no points or ranges")
        if len({kind_of(bound) for bound in bounds}) > 1:
            raise ValueError("can't compare these")
        if _kind(left) + _kind(right) not in kinds.split():  # FEEL-Scala does not foresee it
            pair = f"({written(left)},{written(right)})"
            raise NotANumberError(f"scala.MatchError: {pair} (of class scala.Tuple2)")
        return function(_bounds(left), _bounds(right))

    for one in names.split(" | "):
        builtin(name, one, Any_, Any_)(checked)


@dataclass(slots=True)
class _Bounds:
    start: Any
    end: Any
    closed_start: bool = True
    closed_end: bool = True
    point: bool = False


def _bounds(value: Any) -> Any:
    if isinstance(value, Range):
        return _Bounds(ordered(value.low), ordered(value.high), value.low_closed, value.high_closed)
    return _Bounds(ordered(value), ordered(value), point=True)


def _before(a: _Bounds, b: _Bounds) -> bool:
    return bool(a.end < b.start or (a.end == b.start and not (a.closed_end and b.closed_start)))


def _meets(a: _Bounds, b: _Bounds) -> bool:
    return bool(a.closed_end and b.closed_start and a.end == b.start)


def _includes(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        (a.start < b.start or (a.start == b.start and (a.closed_start or not b.closed_start)))
        and (a.end > b.end or (a.end == b.end and (a.closed_end or not b.closed_end)))
    )


def _overlaps(a: _Bounds, b: _Bounds) -> bool:
    return not _before(a, b) and not _before(b, a)


def _overlaps_before(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        (a.start < b.start or (a.start == b.start and a.closed_start and not b.closed_start))
        and not _before(a, b)
        and (a.end < b.end or (a.end == b.end and (not a.closed_end or b.closed_end)))
    )


def _starts(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        a.start == b.start
        and a.closed_start == b.closed_start
        and (a.end < b.end or (a.end == b.end and (not a.closed_end or b.closed_end)))
    )


def _finishes(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        a.end == b.end
        and a.closed_end == b.closed_end
        and (a.start > b.start or (a.start == b.start and (not a.closed_start or b.closed_start)))
    )


def _coincides(a: _Bounds, b: _Bounds) -> bool:
    return a == b  # a point never is a range


def _turned(function: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: function(b, a)


_TWO = "range1, range2"
for _name, _kinds, _names, _function in (
    ("before", "pp pr rp rr", f"point1, point2 | point, range | range, point | {_TWO}", _before),
    ("after", "pp pr rp rr", f"point1, point2 | point, range | range, point | {_TWO}", _turned(_before)),
    ("meets", "rr", _TWO, _meets),
    ("met by", "rr", _TWO, _turned(_meets)),
    ("overlaps", "rr", _TWO, _overlaps),
    ("overlaps before", "rr", _TWO, _overlaps_before),
    ("overlaps after", "rr", _TWO, _turned(_overlaps_before)),
    ("finishes", "pr rr", f"point, range | {_TWO}", _finishes),
    ("finished by", "rp rr", f"point, range | {_TWO}", _turned(_finishes)),
    ("includes", "rp rr", f"range, point | {_TWO}", _includes),
    ("during", "pr rr", f"point, range | {_TWO}", _turned(_includes)),
    ("starts", "pr rr", f"point, range | {_TWO}", _starts),
    ("started by", "rp rr", f"range, point | {_TWO}", _turned(_starts)),
    ("coincides", "pp rr pr rp", f"point1, point2 | {_TWO}", _coincides),
):
    _range(_name, _kinds, _names, _function)
