"""Time as tests give it to rooms of the worker that take a clock: it stands still until it is moved."""

from __future__ import annotations

import gevent


class Clock:
    """A clock that a test moves; call it for the moment."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s
        #: How often it was asked.
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now_s

    def advance(self, seconds: float) -> float:
        """Move it, and return the moment."""
        self.now_s += seconds
        return self.now_s


def settle(turns: int = 30) -> None:
    """Let every greenlet run that can, so that what was begun at this moment is done."""
    for _ in range(turns):
        gevent.sleep(0)
