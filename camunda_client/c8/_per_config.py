"""What is kept for each configuration: its tokens, its connections, the version of its cluster.

Several clients may be configured alike and still be two, so a configuration is known by its identity. What is kept
goes with its configuration; nothing here keeps that alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

Owner = TypeVar("Owner", bound=object)
Value = TypeVar("Value")


class PerConfig(Generic[Owner, Value]):
    """Values by the identity of a configuration or of a part of it. No locks: each step is one of a dictionary's."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Owner], Value]] = {}

    def get(self, owner: Owner) -> Value | None:
        """Return what is kept for it, if anything is."""
        ref, value = self._kept.get(id(owner), (None, None))
        return value if ref is not None and ref() is owner else None

    def put(self, owner: Owner, value: Value) -> None:
        """Keep a value, in the place of an earlier one."""
        self._kept[id(owner)] = (self._ref(owner), value)

    def get_or_make(self, owner: Owner, make: Callable[[], Value]) -> Value:
        """Return what is kept for it; of several callers at once, all get the first one's."""
        found = self.get(owner)
        return self._kept.setdefault(id(owner), (self._ref(owner), make()))[1] if found is None else found

    def pop(self, owner: Owner) -> Value | None:
        """Keep it no longer, and return it."""
        found = self.get(owner)
        self._kept.pop(id(owner), None)
        return found

    def values(self) -> list[Value]:
        """Return all that is kept."""
        return [value for _, value in self._kept.values()]

    def _ref(self, owner: Owner) -> weakref.ref[Owner]:
        # Called before its memory can become another's, so the number is still this one's.
        number = id(owner)
        return weakref.ref(owner, lambda _: self._kept.pop(number, None))
