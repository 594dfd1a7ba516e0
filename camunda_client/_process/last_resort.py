"""End the process when nothing else can: by C code of its own that needs neither the hub nor the interpreter's lock.

``faulthandler`` has one timer for the process. While it is armed here, one that the application or its tests had set
is not.
"""

from __future__ import annotations

import faulthandler
import os
import time
from contextlib import suppress
from typing import Final

#: Seconds beyond the drain's deadline in which the hub may not come back.
GRACE_S: Final = 5.0
#: Seconds beyond the drain's deadline after which also a worker whose hub is well has to be through: a gateway may hold
#: the last poll for almost 30 s, and jobs are handed back after it for 5.
LONGEST_END_S: Final = 40.0
#: Seconds between two settings of the timer, at most: each starts a native thread.
RENEW_S: Final = 5.0
#: What is said goes to stderr, whatever ``sys.stderr`` is by now.
_STDERR: Final = 2


class LastResort:
    """Ends a process that was asked to end and does not."""

    def __init__(self, drain_timeout_s: float, blocked_limit_s: float = 0.0) -> None:
        """Nothing is armed before :meth:`begin` or :meth:`renew`.

        Args:
            drain_timeout_s: Seconds for a drain.
            blocked_limit_s: Seconds in which :meth:`renew` has to be called again; 0 for no such limit.
        """
        self._drain_timeout_s = drain_timeout_s
        self._blocked_limit_s = blocked_limit_s
        self._renew_s = 0.0
        self._end_s: float | None = None

    @property
    def begun(self) -> bool:
        """Whether the process was asked to end."""
        return self._end_s is not None

    def begin(self) -> None:
        """Count from now: the process was asked to end. Safe in a signal handler and in a native thread."""
        if self._end_s is None:
            self._end_s = time.monotonic() + self._drain_timeout_s
            self._arm(self._drain_timeout_s + GRACE_S)

    def renew(self) -> None:
        """Let the process live for another limit: at least a native thread runs. For that thread to call, often."""
        now = time.monotonic()
        if self._blocked_limit_s and self._end_s is None and now >= self._renew_s:
            self._renew_s = now + min(RENEW_S, self._blocked_limit_s / 2)
            self._arm(self._blocked_limit_s + GRACE_S)
            if self.begun:  # meanwhile, by a signal
                self._arm(self._drain_timeout_s + GRACE_S)

    def postpone(self) -> None:
        """Wait for longer: the hub is well."""
        if self._end_s is None:
            return
        left_s = self._end_s - time.monotonic()
        if left_s + LONGEST_END_S > 0:
            self._arm(max(left_s, 0.0) + GRACE_S)

    def cancel(self) -> None:
        """Let the process live: it has stopped its workers, and may have other things to do."""
        if self._end_s is not None:
            self._end_s = None
            let_live()

    def _arm(self, seconds: float) -> None:
        # Its last words are the stacks of all threads. Jobs in hand come back when their leases end.
        end_within(seconds)


def end_within(seconds: float) -> None:
    """End the process after so many seconds, and write the stacks of all threads first.

    Called again, it counts from then.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)


def let_live() -> None:
    """Cancel :func:`end_within`."""
    faulthandler.cancel_dump_traceback_later()


def say(lines: list[str]) -> None:
    """Write to stderr, from any thread."""
    with suppress(OSError):  # the reader is gone; there is nowhere else to say it
        os.write(_STDERR, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def end_now(last_words: list[str]) -> None:
    """Write a message and end the process, from any thread."""
    say(last_words)
    os._exit(1)
