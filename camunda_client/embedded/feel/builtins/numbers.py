"""Numbers, exact to 34 digits."""

from __future__ import annotations

import math
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
)
from typing import Any

from camunda_client.embedded.feel.builtins.registry import Number, builtin, whole
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.temporal import DaysTime, YearsMonths
from camunda_client.embedded.feel.values import of_float

__all__: list[str] = []

#: No number of 34 digits that people write has more of them behind its point.
_MANY_DIGITS = 300


def _rounded(value: int | Decimal, scale: int | Decimal, mode: str) -> Any:
    if whole(scale) > _MANY_DIGITS:
        return value
    exponent = Decimal(1).scaleb(-whole(scale))
    try:
        # Of all the digits there are, not of the 34 that results have.
        return Decimal(value).quantize(exponent, context=Context(prec=400, rounding=mode))
    except InvalidOperation:
        return None


_MODES = {
    "UP": ROUND_UP, "DOWN": ROUND_DOWN, "CEILING": ROUND_CEILING, "FLOOR": ROUND_FLOOR, "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN, "HALF_EVEN": ROUND_HALF_EVEN,
}  # fmt: skip


@builtin("decimal", "n, scale, mode", Number, Number, str)
def _decimal(value: Any, scale: Any, mode: str = "HALF_EVEN") -> Any:
    if mode.upper() == "UNNECESSARY" and whole(scale) <= _MANY_DIGITS:
        exact = Context(prec=400, traps=[Inexact, InvalidOperation])
        return Decimal(value).quantize(Decimal(1).scaleb(-whole(scale)), context=exact)
    return _rounded(value, scale, _MODES.get(mode.upper()) or {"UNNECESSARY": ROUND_DOWN}[mode.upper()])


builtin("decimal", "n, scale", Number, Number)(_decimal)
for _name, _mode in (("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING)):
    builtin(_name, "n", Number)(lambda value, mode=_mode: _rounded(value, 0, mode))
for _name, _names, _mode in (
    ("floor", "n, scala", ROUND_FLOOR),  # a slip of FEEL-Scala's; the names are what callers must write
    ("ceiling", "n, scale", ROUND_CEILING),
    ("round up", "n, scale", ROUND_UP),
    ("round down", "n, scale", ROUND_DOWN),
    ("round half up", "n, scale", ROUND_HALF_UP),
    ("round half down", "n, scala", ROUND_HALF_DOWN),
):
    builtin(_name, _names, Number, Number)(lambda value, scale, mode=_mode: _rounded(value, scale, mode))
for _names in ("number", "n"):
    builtin("abs", _names, Number)(abs)
    builtin("abs", _names, DaysTime)(lambda value: DaysTime(abs(value.nanos)))
    builtin("abs", _names, YearsMonths)(lambda value: YearsMonths(abs(value.months)))


@builtin("modulo", "dividend, divisor", Number, Number)
def _modulo(dividend: int | Decimal, divisor: int | Decimal) -> Any:
    """Return the rest, with the sign of the divisor."""
    if divisor == 0:
        raise NotANumberError("java.lang.ArithmeticException: Division by zero")
    rest = Decimal(dividend) % Decimal(divisor)
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


builtin("sqrt", "number", Number)(lambda value: None if value < 0 else of_float(math.sqrt, value))
builtin("log", "number", Number)(lambda value: of_float(math.log, value))
builtin("exp", "number", Number)(lambda value: of_float(math.exp, value))
builtin("odd", "number", Number)(lambda value: abs(value) % 2 == 1)
builtin("even", "number", Number)(lambda value: abs(value) % 2 == 0)
builtin("random number", wants_evaluation=True)(lambda evaluation: Decimal(repr(evaluation.random().random())))
