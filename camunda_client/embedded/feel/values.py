"""The values FEEL has beyond JSON: exact numbers, dates, durations, ranges, functions.

Outside an expression only JSON exists, so :func:`plain` turns every value back: whole numbers into
``int``, others into ``float``, dates and durations into ISO 8601 text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.native import of_native
from camunda_client.embedded.feel.temporal import LARGEST_LONG, Date, DaysTime, Moment, Time, YearsMonths

__all__ = [
    "LARGEST_WHOLE",
    "LONG_BITS",
    "Function",
    "Range",
    "as_number",
    "comparable",
    "equal",
    "kind_of",
    "of_float",
    "ordered",
    "plain",
    "string_of",
    "text_of",
    "type_name",
    "written",
]

#: Beyond this a float has no whole number of its own any more.
LARGEST_WHOLE = 2.0**53
#: Numbers leave an expression as Java's longs.
LONG_BITS = 64


@dataclass(frozen=True, slots=True)
class Range:
    """``[low..high]``, closed or open at either end."""

    low_closed: bool
    low: Any
    high: Any
    high_closed: bool


@dataclass(slots=True)
class Function:
    """A function as a value. ``body`` is a tree of FEEL, or a Python function of as many values as there are names.

    A Python function raises :class:`~camunda_client.embedded.feel.errors.EvaluationError` where it has no value: the
    call is null then, with a warning.
    """

    names: list[str]
    body: Any
    scope: Mapping[str, Any] = field(default_factory=dict)


def of_float(calculate: Callable[..., float], *numbers: int | Decimal) -> Decimal:
    """Return what Java's floats make of numbers.

    Raises:
        NotANumberError: They make no finite number of them.
    """
    try:
        result = calculate(*map(float, numbers))
    except ValueError:  # math's way of saying NaN, and of log(0)
        result = -math.inf if calculate is math.log and numbers == (0,) else math.nan
    except OverflowError:
        result = math.inf
    if math.isfinite(result):
        return Decimal(repr(result))
    sign = "N" if math.isnan(result) else "I"
    raise NotANumberError(
        f"java.lang.NumberFormatException: Character {sign} is neither a decimal digit number, decimal point, "
        'nor "e" notation exponential mark.'
    )


def as_number(value: Any) -> int | Decimal | None:
    """Return a number to count with exactly, None for anything else (booleans too)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return value
    return Decimal(repr(value)) if isinstance(value, float) else None


def plain(value: Any) -> Any:
    """Return the JSON value that leaves an expression."""
    kind = type(value)
    if kind in (str, bool, type(None)):
        return value
    if kind is int:
        return _long(value)
    if kind is Decimal:
        return _long(value) if value == value.to_integral_value() else float(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < LARGEST_WHOLE else value
    if kind is dict:
        return {key: plain(item) for key, item in value.items()}
    if kind is list:
        return [plain(item) for item in value]
    return text_of(value)


def _long(value: int | Decimal) -> int:
    """Return a whole number as Java's ``longValue()``: its lowest 64 bits, whatever is above them."""
    if -LARGEST_LONG - 1 <= value <= LARGEST_LONG:
        return int(value)
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    if isinstance(exponent, int) and exponent >= LONG_BITS:
        return 0  # a multiple of 10**64; its digits might fill the memory
    lowest: int = int(value) % 2**LONG_BITS
    return lowest - 2**LONG_BITS if lowest > LARGEST_LONG else lowest


def text_of(value: Any) -> str | None:
    """Return ISO 8601 text of a temporal value, FEEL's or Python's, as Java writes it; None for what has no text."""
    value = of_native(value)
    if isinstance(value, (DaysTime, YearsMonths)):
        return value.iso
    if isinstance(value, Date):
        return str(value)
    if isinstance(value, (Time, Moment)):
        day = f"{value.date}T" if isinstance(value, Moment) else ""
        zone = "" if value.offset is None else temporal.offset_text(value.offset)
        return day + temporal.clock_text(value.nanos, short=True) + zone
    return None


#: FEEL's names of types, as ``instance of`` takes them.
_TYPES: dict[type, str] = {
    bool: "boolean", int: "number", float: "number", Decimal: "number", str: "string", list: "list", dict: "context",
    Function: "function", Range: "range", Date: "date", Time: "time", Moment: "date and time",
    DaysTime: "days and time duration", YearsMonths: "years and months duration", type(None): "null",
}  # fmt: skip


def type_name(value: Any) -> str:
    """Return FEEL's name of a value's type."""
    return _TYPES.get(type(value), "unknown")


def kind_of(value: Any) -> Any:
    """Return what two values must share to be compared: a type, and whether a time has a zone."""
    if isinstance(value, (Time, Moment)):
        return type(value), value.offset is None
    return Decimal if as_number(value) is not None else type(value)


def ordered(value: Any) -> Any:
    """Return what a value is compared by with ``<``."""
    if isinstance(value, (Time, Moment)):
        return value.utc
    return as_number(value) if isinstance(value, float) else value


def equal(left: Any, right: Any) -> bool | None:
    """FEEL's ``=``: null only equals null; values of two types are not comparable."""
    if left is None or right is None:
        return left is right
    if type(left) is type(right) and type(left) in (str, int, bool):
        return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) is True for k in left)
    if kind_of(left) != kind_of(right) or isinstance(left, (Function, Range)):
        return None
    return bool(comparable(left) == comparable(right))


def comparable(value: Any) -> Any:
    """Return numbers as one type, so that 1 equals 1.0."""
    number = as_number(value)
    return value if number is None else Decimal(number)


def string_of(value: Any) -> str | None:
    """Return a value as ``string()`` does; null stays null."""
    return value if value is None or isinstance(value, str) else written(value)


def written(value: Any) -> str:
    """Return a value as FEEL writes it inside others: texts have quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (float, Decimal)):
        return str(as_number(value))  # as Java's BigDecimal: 5E+1 for 5 / 0.1
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}:{written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Function):
        return f"function({', '.join(value.names)})"
    if isinstance(value, Range):
        low, high = "(["[value.low_closed], ")]"[value.high_closed]
        return f"{low}{written(value.low)}..{written(value.high)}{high}"
    return str(value)
