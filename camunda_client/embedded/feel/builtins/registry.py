"""What a built-in function takes and returns, and how one is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel.values import as_number, type_name

__all__ = ["Any_", "Builtin", "Number", "builtin", "call", "index", "known", "whole"]


class Any_:  # noqa: N801, a type beside number, string, ...
    """Takes everything."""


class Number:
    """Takes numbers; the function gets an ``int`` or a ``Decimal``."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """One signature of a function."""

    names: tuple[str, ...]
    types: tuple[Any, ...]
    function: Callable[..., Any]
    varargs: bool = False
    #: Since FEEL-Scala 1.19, Camunda 8.7 or 8.8.
    modern: bool = False
    #: The function gets the evaluation first.
    wants_evaluation: bool = False


_BUILTINS: dict[str, list[Builtin]] = {}
_FITTING: dict[tuple[str, int, bool], list[Builtin]] = {}


def builtin(
    name: str, parameters: str = "", *types: Any, modern: bool = False, wants_evaluation: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function under its FEEL name.

    Args:
        name: In FEEL.
        parameters: Their names with commas; ``*`` before the last one stands for any number of values.
        types: What they take, in their order.
        modern: It is unknown to the FEEL of Camunda 8.6.
        wants_evaluation: It gets the evaluation as its first argument.
    """
    names = tuple(one.strip() for one in parameters.split(",")) if parameters else ()
    varargs = bool(names) and names[-1].startswith("*")
    plain = tuple(one.lstrip("*") for one in names)

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _FITTING.clear()
        _BUILTINS.setdefault(name, []).append(Builtin(plain, types, function, varargs, modern, wants_evaluation))
        return function

    return register


def known(name: str, *, modern: bool = False) -> bool:
    """Return whether there is a function of that name."""
    return any(modern or not one.modern for one in _BUILTINS.get(name, ()))


def call(evaluation: Any, name: str, positional: list[Any], named: dict[str, Any]) -> Any:
    """Return the function's value; null with a reason where the arguments do not fit."""
    if named:
        found = [one for one in _BUILTINS.get(name, ()) if evaluation.modern or not one.modern]
        fitting = [one for one in found if named.keys() <= set(one.names)]
        calls = [(one, [named.get(parameter) for parameter in one.names]) for one in fitting]
    else:
        count = len(positional)
        fitting = _fitting(name, count, evaluation.modern)
        if len(fitting) == 1 and not fitting[0].varargs:
            taken = _taken(fitting[0], positional)
            if taken is not None:
                return _invoke(evaluation, name, fitting[0], taken)
        calls = [(one, _spread(one, positional)) for one in fitting]
    if not calls:
        count = len(positional) or len(named)
        evaluation.warn("NO_FUNCTION_FOUND", f"No function found with name '{name}' and {count} parameters")
        return None
    for one, arguments in calls:
        taken = _taken(one, arguments)
        if taken is not None:
            return _invoke(evaluation, name, one, taken)
    shown = ", ".join(type_name(argument) for argument in calls[0][1])
    evaluation.warn("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': Illegal arguments: {shown}")
    return None


def _fitting(name: str, count: int, modern: bool) -> list[Builtin]:
    """Return the functions of a name that take so many arguments; looked for once."""
    key = name, count, modern
    found = _FITTING.get(key)
    if found is None:
        found = [
            one
            for one in _BUILTINS.get(name, ())
            if (modern or not one.modern) and (len(one.names) == count or (one.varargs and count >= len(one.names)))
        ]
        if found:  # unknown names have no end
            _FITTING[key] = found
    return found


def _spread(one: Builtin, positional: list[Any]) -> list[Any]:
    if not one.varargs:
        return positional
    fixed = len(one.names) - 1
    rest = positional[fixed:]
    return [*positional[:fixed], rest[0] if fixed == 0 and len(rest) == 1 and isinstance(rest[0], list) else rest]


def _taken(one: Builtin, arguments: list[Any]) -> list[Any] | None:
    taken = []
    for kind, argument in zip(one.types, arguments, strict=True):
        if kind is Number:
            number = as_number(argument)
            if number is None:
                return None
            taken.append(number)
            continue
        if kind is not Any_ and not (argument is None if kind is None else isinstance(argument, kind)):
            return None
        taken.append(argument)
    return taken


def _invoke(evaluation: Any, name: str, one: Builtin, arguments: list[Any]) -> Any:
    try:
        return one.function(evaluation, *arguments) if one.wants_evaluation else one.function(*arguments)
    except (TypeError, ValueError, ArithmeticError, LookupError, re.error) as error:
        evaluation.warn("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': {error}")
        return None


def whole(number: int | Decimal) -> int:
    """Return a number as Java's ``intValue`` has it: without its fraction, the lowest 32 bits."""
    return (int(number) + 2**31) % 2**32 - 2**31


def index(size: int, position: int | Decimal) -> int:
    """Return an index from 0 of a position from 1, or of one from the end."""
    from_one = whole(position)
    return from_one - 1 if from_one > 0 else size + from_one
