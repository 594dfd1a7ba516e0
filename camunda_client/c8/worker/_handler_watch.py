"""Look after handlers that should have ended: those that swallowed their time-out, or whose job is no longer ours.

What a handler swallows can't be raised in it again with better hope. So it is told of, with where it stands, and the
lease of its job is let go: another worker, or this one in another process, can have it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import gevent
from gevent.event import Event

from camunda_client.c8.worker._clock import now_s
from camunda_client.c8.worker._execution import JobLost
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.c8.worker._in_hand import stack_of
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = get_logger(__name__)

#: Seconds between two looks.
LOOK_S: Final = 0.5
#: Seconds that a handler may take to clean up after its time-out.
CLEAN_UP_S: Final = 3.0


class HandlerWatch:
    """Looks at all running handlers now and then."""

    def __init__(
        self,
        held_jobs: Callable[[], Iterable[Held]],
        clock: Callable[[], float] | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """Look at these, by the clock of leases (:mod:`._clock`) and that of handlers unless others are given."""
        self._held_jobs = held_jobs
        self._clock = clock or now_s
        self._monotonic = monotonic or time.monotonic
        self._stopped = Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Look at all running handlers now."""
        now = self._monotonic()
        for held in self._held_jobs():
            if held.stage is Stage.RUNNING and held.greenlet is not None:
                self._look(held, now)

    def _look(self, held: Held, now: float) -> None:
        settings = held.settings
        if settings.stop_when_lost and not held.dropped and not held.lease.holds(self._clock()):
            held.dropped = True
            gevent.get_hub().loop.run_callback(_drop, held)
        if held.let_go:
            return
        timeout_s, most_s = settings.handler_timeout_s, settings.max_lease_s
        if timeout_s is not None and now - held.started_s > timeout_s + CLEAN_UP_S:
            self._let_go(held, now, "it swallowed its handler_timeout")
        elif most_s is not None and self._clock() - held.received_s > most_s:
            self._let_go(held, now, "it outlasts max_lease")

    def _let_go(self, held: Held, now: float, why: str) -> None:
        held.let_go = True
        log.error(
            "job.stuck",
            job_key=held.key,
            job_type=held.settings.job_type,
            since_s=round(now - held.started_s, 3),
            why=why,
            stack=stack_of(held),
        )


def _drop(held: Held) -> None:
    """In the hub: raise in a handler, unless it has ended meanwhile."""
    if held.stage is Stage.RUNNING and held.greenlet is not None:
        held.greenlet.throw(JobLost("the job no longer belongs to this worker"))
