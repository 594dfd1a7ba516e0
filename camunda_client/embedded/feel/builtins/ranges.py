"""Ranges, by the table of the DMN specification, 10.3.4.10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel.builtins.registry import builtin
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import Range, kind_of, ordered

__all__: list[str] = []

_POINT = (int, float, Decimal, Date, Time, Moment, DaysTime, YearsMonths)
_Compared = Callable[[Any, Any], bool]


def _range(name: str, first: str, second: str, function: Callable[..., bool]) -> None:
    kinds = {"p": _POINT, "r": Range}
    words = {"p": "point", "r": "range"}
    names = [words[first], words[second]]
    if first == second:
        names = [names[0] + "1", names[1] + "2"]

    def checked(left: Any, right: Any) -> Any:
        bounds = [
            bound for one in (left, right) for bound in ((one.low, one.high) if isinstance(one, Range) else (one,))
        ]
        if (
            any(isinstance(bound, (bool, str)) or bound is None for bound in bounds)
            or len({kind_of(b) for b in bounds}) > 1
        ):
            raise ValueError("can't compare these")
        return function(_bounds(left), _bounds(right))

    builtin(name, ", ".join(names), kinds[first], kinds[second])(checked)


@dataclass(slots=True)
class _Bounds:
    start: Any
    end: Any
    closed_start: bool = True
    closed_end: bool = True


def _bounds(value: Any) -> Any:
    if isinstance(value, Range):
        return _Bounds(ordered(value.low), ordered(value.high), value.low_closed, value.high_closed)
    return _Bounds(ordered(value), ordered(value))


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
    return a == b


def _turned(function: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: function(b, a)


for _kinds in ("pp", "pr", "rp", "rr"):
    _range("before", _kinds[0], _kinds[1], _before)
    _range("after", _kinds[0], _kinds[1], _turned(_before))
for _name, _kinds, _function in (
    ("meets", "rr", _meets),
    ("met by", "rr", _turned(_meets)),
    ("overlaps", "rr", _overlaps),
    ("overlaps before", "rr", _overlaps_before),
    ("overlaps after", "rr", _turned(_overlaps_before)),
    ("finishes", "pr rr", _finishes),
    ("finished by", "rp rr", _turned(_finishes)),
    ("includes", "rp rr", _includes),
    ("during", "pr rr", _turned(_includes)),
    ("starts", "pr rr", _starts),
    ("started by", "rp rr", _turned(_starts)),
    ("coincides", "pp rr", _coincides),
    ("coincides", "pr rp", lambda _a, _b: False),
):
    for _pair in _kinds.split():
        _range(_name, _pair[0], _pair[1], _function)
