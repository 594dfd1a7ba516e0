"""When a job counts against the rates of its resources: at the moment at which its handler begins.

A job that has come and not begun counts as if it began now. It may wait for a slot, for a child process or for a turn
of the hub: counted when it came, it could begin together with those that the next period allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from camunda_client.c8.worker._caps._far_caps import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from camunda_client._caps import Rate
    from camunda_client._process.cap_table import CapTable
    from camunda_client.c8.worker._caps._far_caps import FarCaps


class Rated(Kept, Protocol):
    """A resource with rates, as this process uses it."""

    table: CapTable
    block: int
    rates: tuple[Rate, ...]
    #: Other hosts use it, too.
    is_far: bool

    def put(self) -> None:
        """Show the other processes what this one has in hand."""

    def notify(self) -> None:
        """Have those that wait look again."""


class Starts:
    """The starts of one job type's handlers."""

    def __init__(self, rated: Sequence[Rated], far: FarCaps | None, clock: Callable[[], float]) -> None:
        """Count against ``rated``, the resources with a rate, and those of them that other hosts use in ``far``."""
        self._rated, self._far, self._clock = rated, far, clock
        #: Keys of jobs that have come and not begun.
        self._coming: set[str] = set()

    @property
    def coming(self) -> int:
        """Jobs that have come and not begun."""
        return len(self._coming)

    def came(self, job_key: str) -> None:
        """Have a job count until it begins or is gone, as if it began now."""
        if self._rated:
            self._coming.add(job_key)

    def began(self, job_key: str) -> None:
        """Count a start; in the greenlet of the handler that is about to run. May wait for other processes."""
        with self._rated[0].table.lock():
            self._coming.discard(job_key)
            for share in self._rated:
                share.table.started(share.block, share.rates, 1, self._clock())
                share.put()
        for share in self._rated:
            if self._far is not None and share.is_far:
                self._far.started(share, 1)
            # They may know from now on when to ask again.
            share.notify()

    def gone(self, job_key: str) -> None:
        """Forget a job that is no longer in hand, whether it began or not."""
        self._coming.discard(job_key)
