"""How long to wait before the next try. Pure arithmetic: no sleeping, no clock.

All retry loops ask here, so that hundreds of greenlets that failed together don't come back together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

#: Seconds. A program that waits longer than this between two tries looks dead to the person watching.
DEFAULT_CEILING_S = 30.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow from ``first_s`` by ``factor`` up to ``ceiling_s``, then shortened by up to a half."""

    first_s: float = 0.1
    ceiling_s: float = DEFAULT_CEILING_S
    factor: float = 2.0
    #: Returns a number from 0 up to 1; another one makes tests exact.
    dice: Callable[[], float] = random.random

    def wait_s(self, failures: int, asked_for_s: float | None = None) -> float:
        """Return how long to wait after so many failures in a row.

        Args:
            failures: 1 after the first failure.
            asked_for_s: What the server asked for (``Retry-After``). It counts instead of our own guess, up to
                the ceiling: a server may be mistaken by hours. 0 asks for nothing: taken at its word, it would be
                asked again and again without a pause.

        Returns:
            Seconds, at most ``ceiling_s``.

        Raises:
            ValueError: ``failures`` is below 1.

        Source: "equal jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
        """
        if failures < 1:
            raise ValueError(f"failures are counted from 1, got {failures}")
        if asked_for_s is not None and asked_for_s > 0:
            return min(asked_for_s, self.ceiling_s)
        # Capped before it is raised: a float overflows at some thousand doublings.
        grown = min(self.ceiling_s, self.first_s * self.factor ** min(failures - 1, 64))
        return grown * (0.5 + 0.5 * self.dice())
