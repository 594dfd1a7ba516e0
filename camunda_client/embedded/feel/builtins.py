"""FEEL's built-in functions. Each takes FEEL values and returns one, or None where it has no answer."""

from __future__ import annotations

import math
import re
import statistics
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from camunda_client.embedded.feel.values import (
    Function,
    YearsMonths,
    add_months,
    as_number,
    duration,
    equal,
    feel_duration,
    moment,
    of_float,
    plain,
    temporal,
    text_of,
    type_name,
    written,
)

Builtin = Callable[..., Any]
_BUILTINS: dict[str, Builtin] = {}
#: What 8.6.0 has and we have not. Any other name that nobody knows is null; for these that would be wrong.
MISSING = frozenset({
    "after", "before", "coincides", "during", "finished by", "finishes", "includes", "last day of month", "meets",
    "met by", "overlaps", "overlaps after", "overlaps before", "put", "put all", "started by", "starts", "to base64",
    "week of year",
})  # fmt: skip


def builtin(*names: str) -> Callable[[Builtin], Builtin]:
    """Register a function under its FEEL names."""

    def register(function: Builtin) -> Builtin:
        for name in names:
            _BUILTINS[name] = function
        return function

    return register


def known(name: str) -> bool:
    """Return whether FEEL (ours) has a function of that name."""
    return name in _BUILTINS or name in _HIGHER


def call(evaluation: Any, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Return the function's value; null with a warning where the arguments do not fit, as FEEL does."""
    try:
        if name in _HIGHER:
            return _HIGHER[name](evaluation, *arguments)
        if name not in _BUILTINS:
            evaluation.warn(
                "NO_FUNCTION_FOUND", f"No function found with name '{name}' and {len(arguments)} parameters"
            )
            return None
        return _BUILTINS[name](*arguments, *keywords.values())
    except (TypeError, ValueError, ArithmeticError, AttributeError, IndexError, KeyError, re.error) as error:
        evaluation.warn("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': {error}")
        return None


def _number(value: Any) -> int | Decimal:
    number = as_number(value)
    if number is None:
        raise TypeError(f"expected a number, got {type_name(value)}")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {type_name(value)}")
    return value


def _items(arguments: tuple[Any, ...]) -> list[Any]:
    return arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type_name(value)}")
    return value


# -- conversion -----------------------------------------------------------------------------------------------------
@builtin("string")
def to_string(value: Any) -> Any:
    """Return the value as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):  # all its digits, not a float's
        return format(value, "f")
    if isinstance(value, timedelta):
        return feel_duration(value)
    return text_of(value) or written(plain(value))


@builtin("number")
def to_number(text: Any, grouping: Any = None, decimal: Any = None) -> Any:
    """Return the number a text names."""
    text = _text(text)
    if grouping:
        text = text.replace(grouping, "")
    if decimal:
        text = text.replace(decimal, ".")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return int(number) if number == number.to_integral_value() else number


@builtin("context")
def to_context(entries: Any) -> Any:
    """Return a context of a list of ``{key, value}``."""
    return {entry["key"]: entry["value"] for entry in _list(entries)}


@builtin("date")
def to_date(*parts: Any) -> Any:
    """Return a date of a text, a date and time, or year, month and day."""
    if len(parts) == 3:
        return date(*(int(_number(part)) for part in parts))
    if isinstance(parts[0], datetime):
        return parts[0].date()
    return parts[0] if isinstance(parts[0], date) else date.fromisoformat(_text(parts[0]))


@builtin("time")
def to_time(*parts: Any) -> Any:
    """Return a time of a text, a date and time, or hour, minute and second."""
    if len(parts) >= 3:
        return time(int(_number(parts[0])), int(_number(parts[1])), int(_number(parts[2])))
    return parts[0].timetz() if isinstance(parts[0], datetime) else temporal(_text(parts[0]))


@builtin("date and time")
def to_moment(first: Any, second: Any = None) -> Any:
    """Return a date and time of a text, or of a date and a time."""
    if second is None:
        return first if isinstance(first, datetime) else moment(_text(first))
    if isinstance(second, str):
        return first.astimezone(_zone(second))
    return datetime.combine(first.date() if isinstance(first, datetime) else first, second)


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


@builtin("duration")
def to_duration(text: Any) -> Any:
    """Return the duration of an ISO 8601 text."""
    return duration(_text(text))


@builtin("cycle")
def to_cycle(*parts: Any) -> Any:
    """Return the text of a repetition, as timers take it: of an interval, or of how often and an interval."""
    interval, times = parts[-1], parts[0] if len(parts) == 2 else None
    if not isinstance(interval, (timedelta, YearsMonths)):
        raise TypeError(f"expected a duration, got {type_name(interval)}")
    return f"R{'' if times is None else int(_number(times))}/{text_of(interval)}"


@builtin("years and months duration")
def months_between(start: Any, end: Any) -> Any:
    """Return the whole months between two dates."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    return YearsMonths(months)


@builtin("day of week")
def day_of_week(value: Any) -> Any:
    """Return ``Monday`` to ``Sunday``."""
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[value.weekday()]


@builtin("day of year")
def day_of_year(value: Any) -> Any:
    """Return 1 to 366."""
    return value.timetuple().tm_yday


@builtin("month of year")
def month_of_year(value: Any) -> Any:
    """Return ``January`` to ``December``."""
    return ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December")[value.month - 1]  # fmt: skip


# -- booleans, nulls ------------------------------------------------------------------------------------------------
@builtin("not")
def negation(value: Any) -> Any:
    """Return the contrary of a boolean, null of anything else."""
    return not value if isinstance(value, bool) else None


@builtin("get or else")
def get_or_else(value: Any, default: Any) -> Any:
    """Return the default in place of null."""
    return default if value is None else value


@builtin("assert")
def assertion(value: Any, condition: Any, _cause: Any = None) -> Any:
    """Return the value if the condition holds."""
    return value if condition is True else None


# -- strings --------------------------------------------------------------------------------------------------------
@builtin("substring")
def substring(text: Any, start: Any, length: Any = None) -> Any:
    """Return part of a text; positions count from 1, negative ones from the end."""
    first = int(start) - 1 if start > 0 else len(_text(text)) + int(start)
    return text[first:] if length is None else text[first : first + int(length)]


@builtin("matches")
def matches(text: Any, pattern: Any, flags: Any = "") -> Any:
    """Return whether the pattern occurs in the text."""
    return re.search(_text(pattern), _text(text), _flags(flags)) is not None


def _flags(flags: str) -> int:
    return sum({"i": re.I, "s": re.S, "m": re.M, "x": re.X}[flag] for flag in set(flags))


@builtin("replace")
def replace(text: Any, pattern: Any, by: Any, flags: Any = "") -> Any:
    """Return the text with every match replaced; ``$1`` stands for a group."""
    return re.sub(_text(pattern), re.sub(r"\$(\d)", r"\\\1", _text(by)), _text(text), flags=_flags(flags))


@builtin("split")
def split(text: Any, delimiter: Any) -> Any:
    """Return the parts of a text between matches of the delimiter."""
    return re.split(_text(delimiter), _text(text))


@builtin("extract")
def extract(text: Any, pattern: Any) -> Any:
    """Return all matches."""
    return [match.group(0) for match in re.finditer(_text(pattern), _text(text))]


@builtin("string join")
def string_join(items: Any, delimiter: Any = "", prefix: Any = "", suffix: Any = "") -> Any:
    """Return the strings of a list in one."""
    return (prefix or "") + (delimiter or "").join(item for item in _list(items) if item is not None) + (suffix or "")


_BUILTINS |= {
    "string length": lambda text: len(_text(text)),
    "upper case": lambda text: _text(text).upper(),
    "lower case": lambda text: _text(text).lower(),
    "contains": lambda text, part: _text(part) in _text(text),
    "starts with": lambda text, part: _text(text).startswith(_text(part)),
    "ends with": lambda text, part: _text(text).endswith(_text(part)),
    "substring before": lambda text, part: _text(text).partition(_text(part))[0] if part in text else "",
    "substring after": lambda text, part: _text(text).partition(_text(part))[2],
    "trim": lambda text: _text(text).strip(),
}


# -- numbers --------------------------------------------------------------------------------------------------------
def _rounded(mode: str) -> Builtin:
    def rounding(value: Any, scale: Any = 0) -> Any:
        return Decimal(_number(value)).quantize(Decimal(1).scaleb(-int(scale)), rounding=mode)

    return rounding


@builtin("modulo")
def modulo(dividend: Any, divisor: Any) -> Any:
    """Return the rest, with the sign of the divisor."""
    rest = Decimal(_number(dividend)) % Decimal(_number(divisor))
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


_BUILTINS |= {
    "abs": lambda value: abs(value) if isinstance(value, timedelta) else abs(_number(value)),
    "floor": _rounded(ROUND_FLOOR),
    "ceiling": _rounded(ROUND_CEILING),
    "decimal": _rounded(ROUND_HALF_EVEN),
    "round up": _rounded(ROUND_UP),
    "round down": _rounded(ROUND_DOWN),
    "round half up": _rounded(ROUND_HALF_UP),
    "round half down": _rounded(ROUND_HALF_DOWN),
    "sqrt": lambda value: Decimal(_number(value)).sqrt(),
    "stddev": lambda *args: statistics.stdev(Decimal(_number(item)) for item in _items(args)),
    "mode": lambda *args: sorted(statistics.multimode(_number(item) for item in _items(args))),
    "log": lambda value: of_float(math.log, _number(value)),
    "exp": lambda value: of_float(math.exp, _number(value)),
    "odd": lambda value: _number(value) % 2 == 1,
    "even": lambda value: _number(value) % 2 == 0,
}


# -- lists ----------------------------------------------------------------------------------------------------------
def _extreme(choose: Callable[..., Any]) -> Builtin:
    def extreme(*arguments: Any) -> Any:
        items = _items(arguments)
        return (
            choose(items, key=lambda item: item if as_number(item) is None else Decimal(_number(item)))
            if items
            else None
        )

    return extreme


@builtin("sum")
def total(*arguments: Any) -> Any:
    """Return the sum of numbers, null of none."""
    items = [_number(item) for item in _items(arguments)]
    return sum(items) if items else None


@builtin("mean")
def mean(*arguments: Any) -> Any:
    """Return the mean of numbers."""
    items = [Decimal(_number(item)) for item in _items(arguments)]
    return sum(items) / len(items) if items else None


@builtin("median")
def median(*arguments: Any) -> Any:
    """Return the middle number."""
    items = sorted(Decimal(_number(item)) for item in _items(arguments))
    half = len(items) // 2
    return None if not items else items[half] if len(items) % 2 else (items[half - 1] + items[half]) / 2


def _same(left: Any, right: Any) -> bool:
    return equal(left, right) is True


@builtin("distinct values")
def distinct(items: Any) -> Any:
    """Return the list without repetitions, first occurrences kept."""
    kept: list[Any] = []
    for item in _list(items):
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return kept


@builtin("index of")
def index_of(items: Any, wanted: Any) -> Any:
    """Return the positions of a value, counted from 1."""
    return [index + 1 for index, item in enumerate(_list(items)) if _same(item, wanted)]


@builtin("insert before")
def insert_before(items: Any, position: Any, value: Any) -> Any:
    """Return the list with a value put in."""
    at = int(position) - 1 if position > 0 else len(items) + int(position)
    return [*_list(items)[:at], value, *items[at:]]


@builtin("remove")
def remove(items: Any, position: Any) -> Any:
    """Return the list without one position."""
    at = int(position) - 1 if position > 0 else len(items) + int(position)
    return [*_list(items)[:at], *items[at + 1 :]]


@builtin("sublist")
def sublist(items: Any, start: Any, length: Any = None) -> Any:
    """Return part of a list."""
    first = int(start) - 1 if start > 0 else len(_list(items)) + int(start)
    return items[first:] if length is None else items[first : first + int(length)]


@builtin("flatten")
def flatten(items: Any) -> Any:
    """Return one list of nested ones."""
    return [inner for item in _list(items) for inner in (flatten(item) if isinstance(item, list) else [item])]


@builtin("union")
def union(*lists: Any) -> Any:
    """Return all items of the lists, once each."""
    return distinct([item for items in lists for item in _list(items)])


_BUILTINS |= {
    "list contains": lambda items, value: any(_same(item, value) for item in _list(items)),
    "count": lambda items: len(_list(items)),
    "min": _extreme(min),
    "max": _extreme(max),
    "append": lambda items, *values: [*_list(items), *values],
    "concatenate": lambda *lists: [item for items in lists for item in _list(items)],
    "reverse": lambda items: _list(items)[::-1],
    "is empty": lambda items: not _list(items),
    "all": lambda *args: _all(_items(args)),
    "and": lambda *args: _all(_items(args)),
    "any": lambda *args: _any(_items(args)),
    "or": lambda *args: _any(_items(args)),
    "product": lambda *args: math.prod(_number(item) for item in _items(args)),
    "duplicate values": lambda items: distinct([i for i in items if len(index_of(items, i)) > 1]),
}


def _all(items: list[Any]) -> Any:
    return False if any(i is False for i in items) else True if all(i is True for i in items) else None


def _any(items: list[Any]) -> Any:
    return True if any(i is True for i in items) else False if all(i is False for i in items) else None


def _sorted(evaluation: Any, items: list[Any], precedes: Function | None = None) -> Any:
    from functools import cmp_to_key

    if precedes is None:
        return sorted(items, key=_number)
    return sorted(items, key=cmp_to_key(lambda a, b: -1 if evaluation.apply(precedes, [a, b]) is True else 1))


_HIGHER: dict[str, Callable[..., Any]] = {
    "sort": _sorted,
    "uuid": lambda evaluation: str(uuid.UUID(int=evaluation.random().getrandbits(128), version=4)),
    "random number": lambda evaluation: evaluation.random().random(),
    "now": lambda evaluation: evaluation.now(),
    "today": lambda evaluation: evaluation.now().date(),
}


# -- contexts -------------------------------------------------------------------------------------------------------
@builtin("get value")
def get_value(context: Any, key: Any) -> Any:
    """Return the value of a key, or of a path given as a list."""
    for name in key if isinstance(key, list) else [key]:
        context = context[name]
    return context


@builtin("context put")
def context_put(context: Any, key: Any, value: Any) -> Any:
    """Return the context with one entry more (or changed)."""
    if isinstance(key, list):
        head, rest = key[0], key[1:]
        inner = context_put(context.get(head) or {}, rest, value) if rest else value
        return {**context, head: inner}
    return {**context, _text(key): value}


_BUILTINS |= {
    "get entries": lambda context: [{"key": key, "value": value} for key, value in context.items()],
    "context merge": lambda *contexts: {k: v for context in _items(contexts) for k, v in context.items()},
}


# -- time -----------------------------------------------------------------------------------------------------------
def property_of(value: Any, name: str) -> Any:
    """Return ``year``, ``hours``, ``time offset`` and the like; None if the value has no such property."""
    if isinstance(value, YearsMonths):
        return {"years": int(value.months / 12), "months": int(math.fmod(value.months, 12))}.get(name)
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return {"days": seconds // 86400, "hours": seconds // 3600 % 24, "minutes": seconds // 60 % 60,
                "seconds": seconds % 60}.get(name)  # fmt: skip
    if isinstance(value, date) and name == "weekday":
        return value.isoweekday()
    if isinstance(value, (date, time)) and name in ("year", "month", "day", "hour", "minute", "second"):
        return getattr(value, name, None)
    return None


def temporal_arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Return sums and differences of dates and durations, multiples of durations."""
    try:
        if operator in ("+", "-") and isinstance(right, YearsMonths):
            months = right.months if operator == "+" else -right.months
            return YearsMonths(left.months + months) if isinstance(left, YearsMonths) else add_months(left, months)
        if operator == "+" and isinstance(left, (timedelta, YearsMonths)) and isinstance(right, date):
            return temporal_arithmetic("+", right, left)
        if operator in ("+", "-") and isinstance(left, (date, datetime, timedelta)):
            return left + right if operator == "+" else left - right
        if operator in ("*", "/") and isinstance(left, (timedelta, YearsMonths)):
            return _scaled(operator, left, right)
        if operator == "*" and isinstance(right, timedelta):
            return _scaled("*", right, left)
    except (TypeError, ArithmeticError, ValueError, AttributeError):
        return None
    return None


def _scaled(operator: str, left: timedelta | YearsMonths, right: Any) -> Any:
    factor = float(_number(right))
    if isinstance(left, YearsMonths):
        return YearsMonths(int(left.months * factor if operator == "*" else left.months / factor))
    return left * factor if operator == "*" else left / factor


__all__ = ["call", "known", "property_of", "temporal_arithmetic", "text_of"]
