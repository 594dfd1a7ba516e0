"""Random values in expressions (``uuid()``, ``random number()``), the same ones when a command is replayed."""

from __future__ import annotations

import random
from contextvars import ContextVar


class Randomness:
    """Random values: anew for each command, from the log's seed and the command's number.

    Without a log they are the system's.
    """

    def __init__(self) -> None:
        self.seed = ""
        self._number = 0
        self._values: random.Random | None = None

    def begin(self, number: int) -> None:
        """Begin a command."""
        self._number = number
        self._values = None

    @property
    def values(self) -> random.Random:
        """Where the values of this command come from."""
        if not self.seed:
            return random.SystemRandom()
        if self._values is None:
            self._values = random.Random(f"{self.seed}/{self._number}")
        return self._values


#: Of the command that runs; expressions that are evaluated without one take random values of their own.
RANDOMNESS: ContextVar[Randomness] = ContextVar("RANDOMNESS")
_OUTSIDE = Randomness()


def current_random() -> random.Random:
    """Return where random values come from now."""
    return RANDOMNESS.get(_OUTSIDE).values
