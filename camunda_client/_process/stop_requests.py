"""Whether a signal says "end in good order", says that again, or means "at once". No signals here, only what they mean.

One wish often arrives twice: systemd signals a whole control group, a shell passes on the SIGHUP that the kernel sends
as well, ``npm`` and ``make`` forward a Ctrl+C that the terminal has given to all. That must not cost the jobs in hand.
"""

from __future__ import annotations

import signal
import time
from enum import Enum

#: Seconds after the first signal in which others are its echo. People who press Ctrl+C again do it later, or once more.
ECHO_S = 1.0


class StopAction(Enum):
    """What to do about a signal."""

    DRAIN = "drain"
    NOTHING = "nothing"
    AT_ONCE = "at once"


class StopRequests:
    """The signals to end that one process got."""

    def __init__(self) -> None:
        self._first_s: float | None = None

    @property
    def begun(self) -> bool:
        """Whether there was one."""
        return self._first_s is not None

    def received(self, number: int, now_s: float | None = None) -> StopAction:
        """Return what this signal means after those before it.

        Args:
            number: The signal. A SIGHUP is never impatience: it says that the terminal is gone.
            now_s: The monotonic clock; default: now.
        """
        now_s = time.monotonic() if now_s is None else now_s
        if self._first_s is None:
            self._first_s = now_s
            return StopAction.DRAIN
        if number == signal.SIGHUP or now_s - self._first_s < ECHO_S:
            return StopAction.NOTHING
        return StopAction.AT_ONCE
