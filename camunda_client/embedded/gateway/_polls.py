"""Held polls: a request waits in its greenlet until jobs come, its time is over, or 30 s have passed.

As in 8.6.0, a poll outlives its client: one whose connection is gone, or that met the web server's own
limit of 30 s, stays until its request timeout and takes the next job with it until the lease ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gevent

from camunda_client.embedded._engine import Engine
from camunda_client.embedded.gateway._thread_event import ThreadEvent
from camunda_client.embedded.run import Job

#: Seconds; the engine's default where a request names none (or 0).
DEFAULT_REQUEST_TIMEOUT_S = 10.0
#: Seconds; the web server answers 503 then, whatever the request timeout.
WEB_SERVER_LIMIT_S = 30.5
#: Seconds; the longest a poll is kept, so that a client's 10^15 ms does not last for ever.
LONGEST_S = 86_400.0


class HeldPoll:
    """One activation request that waits. ``wait`` returns the jobs, or None when the web server cut it.

    What is cut goes to ``late``, where the gateway finds it when it stops: a restarted engine knows none of its polls.
    """

    def __init__(
        self,
        engine: Engine,
        late: set[HeldPoll],
        job_type: str,
        *,
        worker: str,
        lease_ms: int,
        max_jobs: int,
        tenant_ids: list[str] | None,
        with_lease: bool = False,
    ) -> None:
        self._engine = engine
        self._late = late
        self._jobs: list[Job] = []
        self._done = ThreadEvent()
        self._poll = engine.poll(
            job_type,
            self._deliver,
            max_jobs=max_jobs,
            lease=timedelta(milliseconds=lease_ms),
            worker=worker,
            tenant_ids=tenant_ids,
            with_lease=with_lease,
        )

    def _deliver(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._done.set()

    def wait(self, request_timeout_ms: int | None) -> list[Job] | None:
        """Return jobs as soon as there are some, none when the time is over, None after the web server's limit."""
        jobs = self._engine.activate_or_wait(self._poll)
        if jobs:
            return jobs
        try:
            return self._held(request_timeout_ms)
        except gevent.GreenletExit:  # the gateway stops
            self.end()
            raise

    def end(self) -> None:
        """Take no jobs any more."""
        self._late.discard(self)
        self._engine.give_up(self._poll)

    def _held(self, request_timeout_ms: int | None) -> list[Job] | None:
        if request_timeout_ms is not None and request_timeout_ms < 0:
            self._engine.give_up(self._poll)
            return self._jobs
        wait_s = (request_timeout_ms or 0) / 1000 or DEFAULT_REQUEST_TIMEOUT_S
        if wait_s > WEB_SERVER_LIMIT_S:
            if self._done.wait(WEB_SERVER_LIMIT_S):
                return self._jobs
            self._late.add(self)
            gevent.spawn_later(min(wait_s - WEB_SERVER_LIMIT_S, LONGEST_S), self.end)
            return None
        if not self._done.wait(wait_s):
            self._engine.give_up(self._poll)
        return self._jobs  # some may have come at the very end


class Ticker:
    """Ticks the engine when something is due, for as long as the gateway runs."""

    #: Seconds between looks when nothing is due, in case a pinned clock was moved behind our back.
    IDLE_S = 60.0
    #: Seconds until the rest of what is due after one thing failed; not at once, should it fail again and again.
    FAILED_S = 0.05

    def __init__(self, engine: Engine, failed: Callable[[BaseException], None]) -> None:
        self._engine = engine
        self._failed = failed
        self._wake = ThreadEvent()
        self._sleeps_until_ms = 0
        self._greenlet: Any = None

    def start(self) -> None:
        """Begin to keep time."""
        self._engine.on_schedule(self._earlier)
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Keep time no longer."""
        self._engine.on_schedule(None)
        if self._greenlet is not None:
            self._greenlet.kill()

    def _earlier(self, due_ms: int) -> None:
        if due_ms < self._sleeps_until_ms:
            self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                idle_s = self._idle_s(self._engine.tick())
            except Exception as error:  # noqa: BLE001 - one process that can't go on must not stop the clock of all
                self._failed(error)
                idle_s = self.FAILED_S
            self._sleeps_until_ms = self._engine.clock.now_ms() + int(idle_s * 1000)
            self._wake.wait(idle_s)

    def _idle_s(self, due_ms: int | None) -> float:
        if due_ms is None or self._engine.clock.frozen:
            return self.IDLE_S
        return min(self.IDLE_S, max(0.0, (due_ms - self._engine.clock.now_ms()) / 1000) + 0.001)
