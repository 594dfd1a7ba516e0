"""Any value as what JSON has words for: bounded in size, and nothing that can be read only once is read."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import re
import uuid
from collections.abc import Iterable
from typing import Any

from camunda_client.log import _clean

#: Levels of lists and mappings that are shown.
DEPTH = 6
#: Items that are shown of one value, at all levels together: more than people read, and half a millisecond's work.
ITEMS = 1000

#: What pydantic's ``to_json`` writes without running the value's own code. It would also read any iterator to its end,
#: which a cursor or a generator does not survive, nor the process one without an end.
_SIMPLE = (
    str,
    int,
    type(None),
    bytes,
    bytearray,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
    pathlib.PurePath,
    re.Pattern,
)


def plain(value: Any) -> Any:
    """Return the value as lists, mappings and simple values, without what secret fields in it hold.

    Models and dataclasses become mappings; anything else that is not simple, iterators above all, its ``repr()``.
    """
    try:
        return _plain(value, DEPTH, _Budget())
    except Exception:  # noqa: BLE001 (any object may be a value, and a line must not fail the job that logs it)
        return described(value)


def described(value: object) -> str:
    """Return a text as it is, and any other value's ``repr()``; both such that UTF-8 can hold them."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # noqa: BLE001 (as above: a broken __repr__ belongs to the object)
        text = f"<{type(value).__name__}: repr() raised {type(error).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


class _Budget:
    """How many more items of a value are shown."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = ITEMS

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _plain(value: Any, depth: int, budget: _Budget) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, dict):
        return _entries(value, depth - 1, budget) if depth else "{...}"
    if isinstance(value, list | tuple | set | frozenset):
        return _items(value, len(value), depth - 1, budget) if depth else "[...]"
    inside = _inside(value)
    if inside is value:
        return described(value)
    return _plain(inside, depth - 1, budget) if depth else "{...}"


def _inside(value: Any) -> Any:
    """Return what a model, a dataclass or an enumeration's member stands for, any other value itself."""
    kind = type(value)
    serializer = getattr(kind, "__pydantic_serializer__", None)
    if serializer is not None:
        # Not for JSON: in this mode iterators are passed on unread.
        return serializer.to_python(value, by_alias=True)
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    return value.value if isinstance(value, enum.Enum) else value


def _entries(found: dict[Any, Any], depth: int, budget: _Budget) -> dict[Any, Any]:
    shown: dict[Any, Any] = {}
    for key, value in found.items():
        if not budget.take():
            shown["..."] = f"{len(found)} items"
            break
        name = key if isinstance(key, _SIMPLE) else described(key)
        shown[name] = _clean.hidden(value) if _clean.is_secret(key) else _plain(value, depth, budget)
    return shown


def _items(found: Iterable[Any], count: int, depth: int, budget: _Budget) -> list[Any]:
    shown = []
    for value in found:
        if not budget.take():
            shown.append(f"... {count} items")
            break
        shown.append(_plain(value, depth, budget))
    return shown
