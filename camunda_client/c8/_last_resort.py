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
#: What is said goes to stderr, whatever ``sys.stderr`` is by now.
_STDERR: Final = 2


class LastResort:
    """Ends a process that was told to end and does not."""

    def __init__(self, drain_timeout_s: float) -> None:
        """Nothing is armed before :meth:`begin`."""
        self._drain_timeout_s = drain_timeout_s
        self._end_s: float | None = None

    @property
    def begun(self) -> bool:
        """Whether the process was told to end."""
        return self._end_s is not None

    def begin(self) -> None:
        """Count from now: the process was told to end. Safe in a signal handler and in a native thread."""
        if self._end_s is None:
            self._end_s = time.monotonic() + self._drain_timeout_s
            self._arm(self._drain_timeout_s + GRACE_S)

    def postpone(self) -> None:
        """Wait for longer: the hub is well."""
        if self._end_s is None:
            return
        left_s = self._end_s - time.monotonic()
        if left_s + LONGEST_END_S > 0:
            self._arm(max(left_s, 0.0) + GRACE_S)

    def cancel(self) -> None:
        """Let the process live: it has done what it was told, and may have other things to do."""
        if self._end_s is not None:
            self._end_s = None
            faulthandler.cancel_dump_traceback_later()

    def _arm(self, seconds: float) -> None:
        # Its last words are the stacks of all threads. Jobs in hand come back when their leases end.
        faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)


def end_within(seconds: float) -> None:
    """Have the process end after so many seconds, with the stacks of all threads, unless it has ended by then."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)


def end_now(last_words: list[str]) -> None:
    """Say something and end the process, from any thread."""
    with suppress(OSError):
        os.write(_STDERR, ("\n".join(last_words) + "\n").encode("utf-8", "backslashreplace"))
    os._exit(1)
