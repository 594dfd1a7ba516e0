"""When a job counts against the rates of its resources: at the moment at which its handler begins.

A job that has come and not begun counts as if it began now. It may wait for a slot, for a child process or for a turn of
the hub: counted when it came, it could begin together with those that the next period allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._caps._allowance import Share
    from camunda_client.c8.worker._caps._far_caps import FarCaps
    from camunda_client.c8.worker._lease import HeldJob


class Starts:
    """The starts of one job type's handlers."""

    def __init__(self, rated: list[Share], far: FarCaps | None, clock: Callable[[], float]) -> None:
        """Count against ``rated``, the resources with a rate, and those of them that other hosts use in ``far``."""
        self._rated, self._far, self._clock = rated, far, clock
        self._coming: set[HeldJob] = set()

    @property
    def coming(self) -> int:
        """Jobs that have come and not begun."""
        return len(self._coming)

    def came(self, held: HeldJob) -> None:
        """Have a job count until it begins or is gone."""
        if self._rated:
            self._coming.add(held)

    def began(self, held: HeldJob) -> None:
        """Count a start; in the greenlet of the handler that is about to run. May wait for other processes."""
        with self._rated[0].table.lock():
            self._coming.discard(held)
            for share in self._rated:
                share.table.started(share.block, share.rates, 1, self._clock())
                share.put()
        for share in self._rated:
            if self._far is not None and share.is_far:
                self._far.started(share, 1)
            # They may know from now on when to ask again.
            share.notify()

    def gone(self, held: HeldJob) -> None:
        """Forget a job that is no longer in hand, whether it began or not."""
        self._coming.discard(held)
