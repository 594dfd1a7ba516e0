"""What may be written as an argument of the decorator, and what becomes of it.

A text where a list of names is expected is one name; taken letter by letter, the variable would just not be there.
Times may be ``timedelta``. What Camunda would refuse at every poll is refused here, once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from camunda_client.error import ConfigurationError

#: Milliseconds, as an int or float, as text, or as a timedelta.
Milliseconds = int | float | str | timedelta
#: One name, or several.
Names = str | Iterable[str]

#: Camunda's numbers: times are 64 bits wide, counts 32.
_MOST_MS = 2**53
_MOST = 2**31 - 1


class Arguments:
    """Reads the arguments of one decorator."""

    def __init__(self, job_type: str) -> None:
        self._job_type = job_type

    def names(self, argument: str, value: Names | None) -> list[str] | None:
        """Return a list of names, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is neither a name nor a collection of names, or one of them is empty.
        """
        if value is None:
            return None
        found: list[Any] = (
            [value] if isinstance(value, str) else list(value) if isinstance(value, Collection) else [None]
        )
        if isinstance(value, (bytes, dict)) or not all(isinstance(name, str) and name.strip() for name in found):
            raise self._refused(argument, value, 'it must be a name or a list of names, such as ["orderId", "amount"]')
        # A set has no order of its own; sent in one order, the gateway's log and ours stay comparable.
        return sorted(found) if isinstance(value, (set, frozenset)) else found

    def milliseconds(self, argument: str, value: Milliseconds | None) -> int | None:
        """Return whole milliseconds, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is no such time, negative, or beyond what Camunda takes.
        """
        if isinstance(value, timedelta):
            value = value / timedelta(milliseconds=1)
        return self._number(argument, value, _MOST_MS, "it must be milliseconds from 0 up, or a timedelta")

    def count(self, argument: str, value: int | str | None) -> int | None:
        """Return a count, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is no whole number from 0 up, or beyond what Camunda takes.
        """
        return self._number(argument, value, _MOST, "it must be a whole number from 0 up")

    def choice(self, argument: str, value: bool | None) -> bool | None:
        """Return the choice.

        Raises:
            ConfigurationError: It is neither True nor False nor ``None``.
        """
        if value is not None and not isinstance(value, bool):
            raise self._refused(argument, value, "it must be True or False")
        return value

    def one_of(self, argument: str, value: str | None, words: tuple[str, ...]) -> str | None:
        """Return the word.

        Raises:
            ConfigurationError: It is none of the words.
        """
        if value is not None and value not in words:
            raise self._refused(argument, value, f"it must be one of {', '.join(words)}")
        return value

    def text(self, argument: str, value: str | None) -> str | None:
        """Return the text.

        Raises:
            ConfigurationError: It is no text.
        """
        if value is not None and not isinstance(value, str):
            raise self._refused(argument, value, "it must be text")
        return value

    def _number(self, argument: str, value: Any, most: int, rule: str) -> int | None:
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, str) else value
            whole = not isinstance(number, bool) and math.isfinite(number) and number == int(number)
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole or not 0 <= number <= most:
            raise self._refused(argument, value, f"{rule}, at most {most}")
        return int(number)

    def _refused(self, argument: str, value: object, rule: str) -> ConfigurationError:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:80]}…"
        return ConfigurationError(f"{argument} of @camunda_worker(job_type={self._job_type!r}) is {shown}; {rule}")
