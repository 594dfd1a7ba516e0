"""Truth values and nulls; texts to numbers, and to and from JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.builtins.registry import Any_, builtin
from camunda_client.embedded.feel.errors import AssertionFailedError
from camunda_client.embedded.feel.temporal import DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import as_number, string_of, written

__all__ = ["from_ai"]

builtin("not", "negand", Any_)(lambda value: not value if isinstance(value, bool) else None)
builtin("get or else", "value, default", Any_, Any_)(lambda value, default: default if value is None else value)
builtin("is defined", "value", Any_)(lambda value: value is not None)


@builtin("assert", "value, condition", Any_, Any_)
def _assert(value: Any, condition: Any) -> Any:
    return _asserted(value, condition, "The condition is not fulfilled")


@builtin("assert", "value, condition, cause", Any_, Any_, Any_)
def _asserted(value: Any, condition: Any, cause: Any) -> Any:
    if condition is not True:
        raise AssertionFailedError(cause if isinstance(cause, str) else "Illegal arguments")
    return value


builtin("string", "from", Any_)(string_of)


@builtin("number", "from", str)
def _number(text: str) -> Any:
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.A):
        raise ValueError(f"'{text}' is not a number")
    number = Decimal(text)
    return (
        int(number)
        if number == number.to_integral_value() and abs(number.adjusted()) < 40 and "." not in text
        else number
    )


@builtin("number", "from, grouping separator", str, str)
def _number_grouped(text: str, grouping: str) -> Any:
    if grouping not in (" ", ",", "."):
        raise ValueError(f"no separator: '{grouping}'")
    return _number(text.replace(grouping, ""))


@builtin("number", "from, grouping separator, decimal separator", str, (str, type(None)), (str, type(None)))
def _number_separated(text: str, grouping: str | None, decimal: str | None) -> Any:
    if grouping == decimal or grouping not in (" ", ",", ".", None) or decimal not in (",", ".", None):
        raise ValueError(f"no separators: '{grouping}', '{decimal}'")
    return _number(text.replace(grouping or "", "").replace(decimal or ".", "."))


@builtin("from json", "json", str, modern=True)
def _from_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@builtin("to json", "value", Any_, modern=True)
def _to_json(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if as_number(value) is not None:
        return string_of(value)
    if isinstance(value, list):
        return "[" + ",".join(_to_json(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_to_json(item)}" for key, item in value.items())
            + "}"
        )
    return json.dumps(_java_text(value))


def _java_text(value: Any) -> str:
    if isinstance(value, (DaysTime, YearsMonths)):
        return value.iso
    if isinstance(value, Moment) and value.zone:
        offset = temporal.offset_text(value.offset or 0)
        return f"{value.date}T{temporal.clock_text(value.nanos, short=False)}{offset}[{value.zone}]"
    if isinstance(value, Time) and value.zone:
        return str(Time(value.nanos, value.offset))
    return written(value)


def from_ai(value: Any, *_description: Any) -> Any:
    """Return the value itself: Zeebe's own function of 8.8, which describes a parameter to an AI agent."""
    return value


for _count in range(5):
    _names = ", ".join(("value", "description", "type", "schema", "options")[: _count + 1])
    builtin("fromAi", _names, *([Any_] * (_count + 1)), modern=True)(from_ai)
