"""Time at hand: the machine's clock with an offset, or a clock that only moves by command."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from camunda_client.embedded.model import to_ms


class Clock:
    """Milliseconds since the epoch.

    Args:
        start: Begin frozen at this moment; only :meth:`move` and :meth:`pin` change it. Left out, the
            clock runs with the machine's.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._offset_ms = 0
        self._pinned_ms: int | None = None if start is None else to_ms(start)
        self._home_ms = self._pinned_ms
        self._held_ms: int | None = None

    @property
    def frozen(self) -> bool:
        """Whether time stands still by itself."""
        return self._pinned_ms is not None

    def now_ms(self) -> int:
        """Return the present moment."""
        if self._held_ms is not None:
            return self._held_ms
        if self._pinned_ms is not None:
            return self._pinned_ms
        return int(time.time() * 1000) + self._offset_ms

    def hold(self, moment_ms: int | None = None) -> int:
        """Let one command see one moment: the present one, or, when it is replayed, the one of then."""
        self._held_ms = None
        self._held_ms = self.now_ms() if moment_ms is None else moment_ms
        return self._held_ms

    def release(self) -> None:
        """Go on after a command."""
        self._held_ms = None

    def now(self) -> datetime:
        """Return the present moment as a date and time in UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, timezone.utc)

    def move(self, by: timedelta) -> None:
        """Move forward; a running clock goes on running."""
        moved_ms = by // timedelta(milliseconds=1)
        if moved_ms < 0:
            raise ValueError(f"time only moves forward; asked to move by {by}")
        if self._pinned_ms is None:
            self._offset_ms += moved_ms
        else:
            self._pinned_ms += moved_ms
        if self._held_ms is not None:
            self._held_ms += moved_ms

    def move_to_ms(self, moment_ms: int) -> None:
        """Move forward to a moment, if it is still to come."""
        if moment_ms > self.now_ms():
            self.move(timedelta(milliseconds=moment_ms - self.now_ms()))

    def pin_ms(self, moment_ms: int) -> None:
        """Stop the clock at a moment."""
        self._pinned_ms = moment_ms
        if self._held_ms is not None:
            self._held_ms = moment_ms

    def reset(self) -> None:
        """Run with the machine again (or stand where a frozen clock began)."""
        self._offset_ms = 0
        self._pinned_ms = self._home_ms

    @property
    def state(self) -> list[int | None]:
        """How far it is ahead of the machine's, where it stands still, where it began to; what a restart restores."""
        return [self._offset_ms, self._pinned_ms, self._home_ms]

    def restore(self, state: list[int | None], *, home: bool = True) -> None:
        """Be as :attr:`state` says; without ``home`` a reset still leads to where this very clock began."""
        self._offset_ms, self._pinned_ms = state[0] or 0, state[1]
        if home:
            self._home_ms = state[2]
