"""Lists."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from camunda_client.embedded.feel.builtins.registry import Any_, Number, builtin, index, whole
from camunda_client.embedded.feel.errors import NotANumberError
from camunda_client.embedded.feel.values import (
    Function,
    Range,
    as_number,
    equal,
    kind_of,
    of_float,
    ordered,
    type_name,
)

__all__: list[str] = []


def _numbers(items: Iterable[Any]) -> list[int | Decimal]:
    numbers = []
    for item in items:
        number = as_number(item)
        if number is None:
            raise ValueError(f"expected a number, got {type_name(item)}")
        numbers.append(number)
    return numbers


def _extreme(items: list[Any], best: int) -> Any:
    if not items or any(isinstance(item, (bool, dict, Function, Range)) or item is None for item in items):
        return None
    if len(items) > 1 and len({kind_of(item) for item in items}) > 1:
        return None
    if len(items) > 1 and isinstance(items[0], list):
        if not all(items) or any(inner is None or isinstance(inner, (bool, dict)) for item in items for inner in item):
            return None
        raise NotANumberError("java.lang.IllegalArgumentException: lists can not be compared")
    chosen = items[0]
    for item in items[1:]:
        if (ordered(item) > ordered(chosen)) == (best > 0) and ordered(item) != ordered(chosen):
            chosen = item
    return chosen


builtin("min", "*list", list)(lambda items: _extreme(items, -1))
builtin("max", "*list", list)(lambda items: _extreme(items, 1))
builtin("sum", "*list", list)(lambda items: sum(_numbers(items)) if items else None)
builtin("count", "list", list)(len)


@builtin("product", "*list", list)
def _product(items: list[Any]) -> Any:
    return math.prod(Decimal(number) for number in _numbers(items)) if items else None


@builtin("mean", "*list", list)
def _mean(items: list[Any]) -> Any:
    return Decimal(sum(_numbers(items))) / len(items) if items else None


@builtin("median", "*list", list)
def _median(items: list[Any]) -> Any:
    numbers, half = sorted(_numbers(items)), len(items) // 2
    if not numbers:
        return None
    return numbers[half] if len(numbers) % 2 else Decimal(numbers[half - 1] + numbers[half]) / 2


@builtin("stddev", "*list", list)
def _stddev(items: list[Any]) -> Any:
    numbers = _numbers(items)
    if not numbers:
        return None
    mean = Decimal(sum(numbers)) / len(numbers)
    squares = Decimal(sum((number - mean) ** 2 for number in numbers))
    if len(numbers) == 1:
        raise NotANumberError("java.lang.ArithmeticException: Division undefined")
    return of_float(math.sqrt, squares / (len(numbers) - 1))


@builtin("mode", "*list", list)
def _mode_of(items: list[Any]) -> Any:
    counts: dict[Any, int] = {}
    for number in _numbers(items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _every(items: list[Any], wanted: bool) -> Any:
    """Return ``wanted`` if all are, the contrary if one is that, else null."""
    result: Any = wanted
    for item in items:
        if item is (not wanted):
            return item
        if item is not wanted:
            result = None
    return result


for _name, _wanted in (("all", True), ("and", True), ("any", False), ("or", False)):
    builtin(_name, "*list", list)(lambda items, wanted=_wanted: _every(items, wanted))


def _same(left: Any, right: Any) -> bool:
    return equal(left, right) is True


@builtin("sublist", "list, start", list, Number, wants_evaluation=True)
def _sublist(evaluation: Any, items: list[Any], start: Any, length: Any = None) -> Any:
    if evaluation.modern and start == 0:
        raise ValueError("start position must be a non-zero number")
    first = index(len(items), start)
    last = len(items) if length is None else first + whole(length)
    return items[max(first, 0) : max(last, 0)]


builtin("sublist", "list, start, length", list, Number, Number, wants_evaluation=True)(_sublist)


@builtin("insert before", "list, position, newItem", list, Number, Any_, wants_evaluation=True)
def _insert(evaluation: Any, items: list[Any], position: Any, value: Any) -> Any:
    if evaluation.modern and position == 0:
        raise ValueError("position must be a non-zero number")
    at = max(index(len(items), position), 0)
    return [*items[:at], value, *items[at:]]


@builtin("remove", "list, position", list, Number, wants_evaluation=True)
def _remove(evaluation: Any, items: list[Any], position: Any) -> Any:
    if evaluation.modern and position == 0:
        raise ValueError("position must be a non-zero number")
    at = max(index(len(items), position), 0)
    # FEEL-Scala counts the next one from the end, too, which is the first for -1 and doubles the list for 0.
    after = index(len(items), whole(position) + 1) if position < 0 else at + 1
    if whole(position) == 0:
        after = 0
    return [*items[:at], *items[max(after, 0) :]]


builtin("append", "list, *items", list, list)(lambda items, more: [*items, *more])


@builtin("concatenate", "*lists", list)
def _concatenate(lists: list[Any]) -> list[Any]:
    return [item for one in lists for item in (one if isinstance(one, list) else [one])]


@builtin("distinct values", "list", list)
def _distinct(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return kept


@builtin("index of", "list, match", list, Any_)
def _index_of(items: list[Any], wanted: Any) -> list[int]:
    return [number for number, item in enumerate(items, 1) if _same(item, wanted)]


@builtin("flatten", "list", list)
def _flatten(items: list[Any]) -> list[Any]:
    return [inner for item in items for inner in (_flatten(item) if isinstance(item, list) else [item])]


builtin("union", "*lists", list)(lambda lists: _distinct(_concatenate(lists)))
builtin("list contains", "list, element", list, Any_)(lambda items, value: any(_same(item, value) for item in items))
builtin("duplicate values", "list", list)(lambda items: _distinct([i for i in items if len(_index_of(items, i)) > 1]))
builtin("reverse", "list", list)(lambda items: items[::-1])
builtin("is empty", "list", list)(lambda items: not items)


@builtin("partition", "list, size", list, Number, modern=True)
def _partition(items: list[Any], size: Any) -> Any:
    if size <= 0:
        raise ValueError("size must be greater than zero")
    return [items[at : at + whole(size)] for at in range(0, len(items), whole(size))]


@builtin("sort", "list, precedes", list, Function, wants_evaluation=True)
def _sort(evaluation: Any, items: list[Any], precedes: Function) -> Any:
    if len(precedes.names) != 2:
        raise ValueError("expected a function with two parameters")

    def compared(left: Any, right: Any) -> int:
        for one, other, order in ((left, right, -1), (right, left, 1)):
            try:
                holds = evaluation.apply(precedes, [one, other])
            except NotANumberError as error:
                raise TypeError(str(error)) from error
            if not isinstance(holds, bool):
                raise TypeError("expected a boolean")
            if holds:
                return order
        return 0

    return sorted(items, key=cmp_to_key(compared))
