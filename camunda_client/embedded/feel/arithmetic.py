"""Adding, subtracting, multiplying and dividing: numbers to 34 digits, texts, dates, times and durations."""

from __future__ import annotations

import math
from decimal import Decimal, Overflow
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import (
    as_number,
    kind_of,
    of_float,
    written,
)

__all__ = ["LARGEST_EXPONENT", "arithmetic", "reason_for_none"]

#: The largest exponent of Java's ``BigDecimal.pow``.
LARGEST_EXPONENT = 999_999_999
#: Numbers have 34 digits; whole ones are exact up to here without looking.
_EXACT = 10**34
#: Why an operation has no result, of the left value and the right one, in the words of Camunda's engine.
_NO_RESULT = {
    "+": "Can't add '{1}' to '{0}'",
    "-": "Can't subtract '{1}' from '{0}'",
    "*": "Can't multiply '{0}' by '{1}'",
    "/": "Can't divide '{0}' by '{1}'",
    "**": "Expected number but found '{2}'",
}


def reason_for_none(operator: str, left: Any, right: Any) -> str:
    """Return why an operation has no result, in the words of Camunda's engine."""
    wrong = right if as_number(left) is not None else left  # which power names alone
    return _NO_RESULT[operator].format(written(left), written(right), written(wrong))


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Return ``left operator right``, None where FEEL has no such operation."""
    a, b = as_number(left), as_number(right)
    if a is not None and b is not None:
        return _of_numbers(operator, a, b)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    try:
        return _of_times(operator, left, right, a, b)
    except (ValueError, ArithmeticError) as error:  # beyond Java's calendar
        raise NotANumberError(f"java.time.DateTimeException: {error}") from error


def _of_numbers(operator: str, a: Decimal | int, b: Decimal | int) -> Any:
    result: Decimal | int
    if operator == "+":
        result = a + b
    elif operator == "-":
        result = a - b
    elif operator == "*":
        result = a * b
    elif operator == "/":
        return None if b == 0 else Decimal(a) / Decimal(b)
    else:
        return _power(a, b)
    return result if type(result) is not int or -_EXACT < result < _EXACT else +Decimal(result)


_LATER = (Date, Moment, Time, DaysTime, YearsMonths)


def _of_times(operator: str, left: Any, right: Any, a: Any, b: Any) -> Any:
    if operator in ("+", "-") and isinstance(left, _LATER) and isinstance(right, _LATER):
        if isinstance(right, (DaysTime, YearsMonths)):
            return _later(left, right, 1 if operator == "+" else -1)
        return _later(right, left, 1) if operator == "+" else _difference(left, right)
    if operator == "*":
        duration, factor = (left, b) if b is not None else (right, a)
        return _times(duration, factor)
    if operator == "/":
        return _divided(left, right, b)
    return None


def _later(value: Any, by: Any, sign: int) -> Any:
    """Return a date, a time or a duration plus a duration, None where that makes no sense."""
    if isinstance(by, DaysTime):
        nanos = sign * by.nanos
        if isinstance(value, DaysTime):
            return DaysTime(value.nanos + nanos)
        if isinstance(value, Date):
            return value.plus_days(nanos // temporal.DAY)
        return value.plus(nanos) if isinstance(value, (Time, Moment)) else None
    if isinstance(by, YearsMonths):
        if isinstance(value, YearsMonths):
            return YearsMonths(value.months + sign * by.months)
        return value.plus_months(sign * by.months) if isinstance(value, (Date, Moment)) else None
    return None


def _difference(left: Any, right: Any) -> Any:
    if kind_of(left) != kind_of(right):
        return None
    if isinstance(left, Date):
        return DaysTime((left.days - right.days) * temporal.DAY)
    if isinstance(left, Time) and left.offset is not None:
        return DaysTime(abs(left.utc - right.utc))  # times with a zone never differ by less than nothing
    return DaysTime(left.utc - right.utc) if isinstance(left, (Time, Moment)) else None


def _times(duration: Any, factor: int | Decimal | None) -> Any:
    if factor is None:
        return None
    if isinstance(duration, DaysTime):
        return DaysTime(duration.nanos * int(factor))
    return YearsMonths(duration.months * int(factor)) if isinstance(duration, YearsMonths) else None


def _divided(left: Any, right: Any, divisor: int | Decimal | None) -> Any:
    """Return a duration through a number, or through a duration; Java counts milliseconds, and months, here."""
    if isinstance(left, DaysTime):
        millis = left.nanos // 1_000_000
        if isinstance(right, DaysTime) and right.nanos:
            return _quotient(millis, right.nanos // 1_000_000)
        return DaysTime(int(millis / Decimal(divisor)) * 1_000_000) if divisor else None
    if isinstance(left, YearsMonths):
        if isinstance(right, YearsMonths) and right.months:
            return _quotient(left.months, right.months)
        return YearsMonths(int(left.months / Decimal(divisor))) if divisor else None
    return None


def _quotient(dividend: int, divisor: int) -> int:
    """Return a whole quotient, rounded towards zero."""
    if divisor == 0:
        raise NotANumberError("java.lang.ArithmeticException: / by zero")
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _power(base: Decimal | int, exponent: Decimal | int) -> Decimal:
    """Return a power.

    Raises:
        NotANumberError: There is none.
    """
    base, exponent = Decimal(base), Decimal(exponent)
    if exponent != exponent.to_integral_value():  # Camunda counts these with floats
        return of_float(math.pow, base, exponent)
    if abs(exponent) > LARGEST_EXPONENT:
        raise NotANumberError("java.lang.ArithmeticException: Invalid operation")
    if base == 0 and exponent < 0:
        raise NotANumberError("java.lang.ArithmeticException: Division by zero")
    try:
        return Decimal(1) if exponent == 0 else base ** int(exponent)
    except Overflow:
        raise NotANumberError("java.lang.ArithmeticException: Overflow") from None
