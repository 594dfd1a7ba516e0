"""Comparisons of two values: equal or not, and which comes first."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.values import Function, Range, equal, kind_of, ordered, written

__all__ = ["compared", "orderable"]

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compared(sign: str, left: Any, right: Any) -> bool | None:
    """Return what ``left sign right`` comes to; None if the two can't be compared."""
    if sign in ("=", "!="):
        same = equal(left, right)
        return same if same is None or sign == "=" else not same
    if type(left) is int and type(right) is int:
        return bool(_ORDER[sign](left, right))
    return bool(_ORDER[sign](ordered(left), ordered(right))) if orderable(left, right) else None


def orderable(left: Any, right: Any) -> bool:
    """Tell whether one of two values can be less than the other; lists can, but Camunda raises for most of them."""
    if left is None or right is None or kind_of(left) != kind_of(right):
        return False
    if isinstance(left, list) and left and right and all(map(_may_be_ordered, (*left, *right))):
        raise NotANumberError(
            f"java.lang.IllegalArgumentException: {written(left)} can not be compared to {written(right)}"
        )
    return _may_be_ordered(left) and not isinstance(left, list)


def _may_be_ordered(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_may_be_ordered, value))
    return value is not None and not isinstance(value, (bool, dict, Function, Range))
