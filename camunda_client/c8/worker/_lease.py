"""Keep every held job ours for as long as it runs or its outcome is unreported.

One greenlet looks after all jobs: they lie in the order in which they fall due, one such order for each length of
lease, so that a job that ends before half of its lease costs two dictionary operations and no request.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.pool import Pool

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client.c8._http import is_problem
from camunda_client.c8.worker._answers import Verdict, fields, judge
from camunda_client.c8.worker._commands import LEASE_CONNECTIONS
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8.worker._commands import Commands

log = logging.get_logger(__name__)

#: A lease is renewed when this part of it is over, which leaves time for several more tries.
_DUE_AT = 0.5
#: Camunda's answers to an extension after which there is no lease left to extend: finished or cancelled (404), or no
#: longer activated, because the lease ran out (400 on 8.6.0, or 409). Others', such as a proxy's that lets no PATCH
#: pass (405), leave the lease as it is.
_OVER = (400, 404, 409)
#: Verdicts that say nothing against extensions as such.
_PASSING = (Verdict.UNKNOWN, Verdict.OVERLOADED)
_REMEDY = (
    "something between here and Camunda refuses PATCH /v2/jobs: let it pass, or set a timeout that covers the work"
)
#: Seconds that a job may wait for a slot before it is handed back, so that an idle worker elsewhere can have it.
SURPLUS_WAIT_S = 1.0
#: Seconds between two looks at most: jobs whose lease is much shorter than others' must not be overlooked.
_LONGEST_NAP_S = 5.0


class Keeper:
    """Extends leases, at most :data:`LEASE_CONNECTIONS` at a time, earliest due first."""

    def __init__(self, commands: Commands, hand_back: Callable[[Held], None]) -> None:
        """Extend through ``commands``; give jobs that got no slot to ``hand_back``, which must not block."""
        self._commands = commands
        self._hand_back = hand_back
        #: For each distance to the next look: jobs and when they are due, earliest first.
        self._due: dict[float, dict[str, tuple[float, Held]]] = {}
        self._wake = Event()
        self._next_s = float("inf")
        #: Extensions are refused, which has been told.
        self._refused = False
        self._senders = Pool(LEASE_CONNECTIONS)
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Begin to look after jobs."""
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """Extend no more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
        self._senders.kill(block=False)

    def watch(self, held: Held) -> None:
        """Look after a job from now on."""
        self._enter(held, self._distance_s(held))

    def forget(self, held: Held) -> None:
        """Leave a settled job alone."""
        for jobs in self._due.values():
            if jobs.pop(held.key, None) is not None:
                return

    def _distance_s(self, held: Held) -> float:
        half = held.settings.lease_s * _DUE_AT
        return min(half, SURPLUS_WAIT_S) if held.stage is Stage.WAITING else half

    def _enter(self, held: Held, distance_s: float) -> None:
        due_s = time.monotonic() + distance_s
        self._due.setdefault(distance_s, {})[held.key] = (due_s, held)
        if due_s < self._next_s:
            self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            now = time.monotonic()
            self._next_s = now + _LONGEST_NAP_S
            for jobs in list(self._due.values()):
                self._next_s = min(self._next_s, self._take_due(jobs, now))
            self._wake.wait(max(self._next_s - time.monotonic(), 0))

    def _take_due(self, jobs: dict[str, tuple[float, Held]], now: float) -> float:
        """Deal with what is due and return when the next one is."""
        while jobs:
            key, (due_s, held) = next(iter(jobs.items()))
            if due_s > now:
                return due_s
            del jobs[key]
            self._attend(held)
        return float("inf")

    def _attend(self, held: Held) -> None:
        if held.is_settled() or held.lost:
            return
        if held.stage is Stage.WAITING:
            self._hand_back(held)
        elif held.settings.auto_extend:
            # Waits while all senders are busy; the others are due later than this one.
            self._senders.spawn(self._extend, held)

    def _may_extend(self, held: Held) -> bool:
        settings = held.settings
        if held.let_go:
            return False
        if settings.max_lease_s is None or time.monotonic() - held.received_s < settings.max_lease_s:
            return True
        log.warning("lease.limit_reached", job_key=held.key, max_lease_s=settings.max_lease_s)
        return False

    def _extend(self, held: Held) -> None:
        """Renew one lease; in a greenlet of its own."""
        if held.is_settled() or not self._may_extend(held):
            return
        logging.bind_job(held.job)
        asked_s = time.monotonic()
        try:
            answer = self._commands.extend(held.key, held.settings.lease_ms)
        except ServiceException as error:
            self._try_again(held, reason=str(error))
            return
        verdict = judge(answer, tried_before=False)
        if held.is_settled():
            return  # reported meanwhile; a 404 is no news
        if verdict is Verdict.DONE:
            held.renew(asked_s)
            metrics.lease_extended[held.settings.job_type] += 1
            self._enter(held, self._distance_s(held))
            self._refused = False
        elif answer.status in _OVER and is_problem(answer):
            self._over(held, answer)
        else:
            if verdict not in _PASSING and not self._refused:
                self._refused = True
                log.warning("lease.extension_refused", **fields(answer), remedy=_REMEDY)
            self._try_again(held, **fields(answer))

    def _over(self, held: Held, answer: Answer) -> None:
        held.lost = True
        if held.stage is Stage.REPORTING:
            # Most likely a report was applied whose answer was lost; the reporter finds out, and tells.
            log.debug("lease.over_while_reporting", **fields(answer))
        else:
            metrics.lease_lost[held.settings.job_type] += 1
            log.warning("lease.lost", **fields(answer))

    def _try_again(self, held: Held, **facts: object) -> None:
        log.debug("lease.extension_retried", **facts)
        # A tenth of the lease: several more tries before it is over, and no hail of them afterwards.
        self._enter(held, max(held.settings.lease_s / 10, 0.1))
