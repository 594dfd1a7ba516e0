"""Ask Camunda for jobs of one type: one long poll at a time, for as many jobs as there are free slots.

A poll is never given up while it is open: Camunda would hand its next job to the closed connection and lock it for its
whole lease (measured on 8.6.0). So stopping means to ask no more and to wait for the open poll.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from pydantic_core import to_json

from camunda_client import metrics
from camunda_client.c8._backoff import Backoff
from camunda_client.c8.worker._gateway import UnreadableJob, fields, is_overload, raw_jobs, read_job
from camunda_client.c8.worker._lease import SURE, now_s
from camunda_client.c8.worker._pace import Offsets
from camunda_client.error import ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8.worker._custody import Custody
    from camunda_client.c8.worker._gateway import Gateway
    from camunda_client.c8.worker._lease import Held
    from camunda_client.c8.worker._settings import WorkerSettings
    from camunda_client.c8.worker._slots import Slots

log = get_logger(__name__)

#: Jobs per poll at most. One job per poll doubles the engine's work; 500 cost more per job than 100 (measured).
BATCH = 120
#: Seconds for which a busy worker lets a poll be parked: a stop in the middle of work has to wait for it.
BUSY_REQUEST_TIMEOUT_S = 1.0
#: Jobs by which a poll asks for more after each answer, once back-pressure has halved what it asks for.
_WINDOW_STEP = 8
#: Seconds. Handlers below this are over before a poll of a busy engine would be (20 to 50 ms).
QUICK_S = 0.01
#: Seconds beyond its request time-out after which a poll no longer holds up the next one.
PATIENCE_S = 3.0
#: Late polls of one type at most: each holds a connection.
MOST_LATE = 3
#: Polls that were cut while parked, within so many seconds, after which that is said.
CUTS_TO_TELL, CUTS_WITHIN_S = 3, 600.0
#: Parts of a lease: for how much of it a poll is parked while the engine's clock is not known well enough to tell when
#: a lease began, and what well enough is.
UNKNOWN_PARKED, KNOWN_WITHIN = 1 / 2, 1 / 4
#: Seconds that a poll is parked at least, however short the lease.
LEAST_PARKED_S = 0.1
#: Seconds between two looks whether more leases can be kept.
CAPACITY_LOOK_S = 0.1
#: Seconds by which a poll may come back later than asked for (8.6.0: up to half a second).
_LATE_S = 1.0
#: Part of a lease that an answer may take and still counts as one that came at once.
_QUICK_PART = 0.02
#: Seconds. An empty answer that came sooner than this was no long poll.
_EARLY_S = 0.25


class Poller:
    """One job type's polling, in a greenlet of its own."""

    def __init__(
        self,
        settings: WorkerSettings,
        commands: Gateway,
        slots: Slots[Held],
        custody: Custody,
        offsets: Offsets,
        job_types: int,
        has_leases: Callable[[], bool],
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Poll for ``settings.job_type``, one of ``job_types``, and give the jobs to ``custody``.

        ``has_leases`` tells whether the cluster gives leases a token. ``clock`` is that of leases (:mod:`._lease`)
        unless given.
        """
        self._clock = clock or now_s
        self.settings = settings
        #: Jobs of this type in hand, by key.
        self.held: dict[str, Held] = {}
        #: When the last poll was answered with 200, on the monotonic clock; ``None`` before the first.
        self.answered_s: float | None = None
        #: Why the last polls failed, or ``None``.
        self.trouble: str | None = None
        #: Until when the gateway may hold the open poll, on the monotonic clock; ``None`` when none is open.
        self.parked_until_s: float | None = None
        self._commands = commands
        self._slots = slots
        self._custody = custody
        self._offsets = offsets
        self._job_types = job_types
        self._has_leases = has_leases
        #: Camunda has refused to give leases a token, and whether it was said that others may get theirs.
        self._leases_refused = self._told_of_starving = False
        #: Polls that are out beyond their time. What they bring beyond the cap is handed back.
        self._late = 0
        #: When polls were cut while parked, lately, on the clock of leases; ``None`` once that has been said.
        self._cuts_s: list[float] | None = []
        #: Whether leases are the limit now, and the most jobs that they can be kept for, as last said.
        self._is_limited = False
        self._told_most: int | None = None
        self._stopping = False
        self._changed = Event()
        self._failures = 0
        self._empties = 0
        #: Seconds that handlers took lately.
        self._handlers_s = 0.0
        self._window = BATCH
        #: What that may grow to; less once an answer was too large to be taken.
        self._most = BATCH
        self._backoff = Backoff(first_s=0.05, ceiling_s=max(settings.polling_interval_s, 0.05))
        self._before, self._after = _request_parts(settings)

    def stop(self) -> None:
        """Ask no more. A poll that is open goes on to its end."""
        self._stopping = True
        self._changed.set()

    @property
    def active(self) -> int:
        """Jobs of this type in hand."""
        return len(self.held)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for a job of this type, so that there is nothing to poll for."""
        return self.active >= self.settings.cap or self._slots.free <= 0

    def released(self, held: Held) -> None:
        """Take note that a job of this type is no longer in hand."""
        self.held.pop(held.key, None)
        # What was handed back unworked took its handler no time, and says nothing of it.
        if held.started_s:
            self._handlers_s += (held.ended_s - held.started_s - self._handlers_s) / 16
        self._changed.set()

    def run(self) -> None:
        """Poll until stopped."""
        while not self._stopping:
            room = self._room()
            if room:
                self._poll(room)
            else:
                self._slots.notify(self._changed)
                self._changed.wait(CAPACITY_LOOK_S if self._is_limited else None)
            self._changed.clear()

    def _room(self) -> int:
        """Return how many jobs to ask for: 0 when there is no room, or little and asking later costs nothing."""
        # Below 0 for a moment when a late poll has brought more than there was room for.
        free = max(self.settings.cap - self.active, 0)
        room = min(free, self._slots.share(self._job_types), self.settings.batch or BATCH, self._window)
        self._is_limited = room > 0 and (keepable := self._custody.room(self.settings)) < room
        if self._is_limited:
            room = self._keepable(int(keepable))
        little = min(self.settings.cap, BATCH) * 2 // 3
        return 0 if room < little and self._can_wait() else room

    def _keepable(self, room: int) -> int:
        """Return for how many jobs to ask when leases are the limit; say so once, and again when it changes a lot."""
        most, told = self.active + room, self._told_most
        usual_s = self._custody.extender.durations.usual_s
        if usual_s is not None and (told is None or not told / 2 <= most <= told * 2):
            self._told_most = most
            log.warning(
                "lease.capacity",
                job_type=self.settings.job_type,
                jobs=most,
                extension_s=round(usual_s, 3),
                remedy="extensions are slow: no more jobs are taken than can be kept; a longer timeout allows more",
            )
        return room

    def _can_wait(self) -> bool:
        """Tell whether the engine has enough to do with our reports.

        Then polls for one job after another, as slots become free, only take its time (5 to 10 % of it, measured), and
        one for many jobs a moment later does not. But where handlers take longer than a poll does, it would run out
        of reports before the next ones come: with 50 ms, 100 in flight came to 370 jobs a second instead of 470.
        """
        return self._handlers_s < QUICK_S and self._custody.reporter.is_behind(self.settings.job_type)

    def _poll(self, room: int) -> None:
        """Poll, and go on without this poll if it does not come back when it should.

        A connection may have gone silent, or a broker be stuck, whose answer comes 15 s late. The late poll is not
        given up: the jobs that it may still bring are taken. But it holds up nothing any more.
        """
        request_timeout_s = self._request_timeout_s()
        lease = b'"withLease":true,' if self._wants_lease() else b""
        body = self._before + b"%d,%b%b%d}" % (room, lease, self._after, int(request_timeout_s * 1000))
        started_s, parked_s = self._clock(), max(request_timeout_s, 0)
        self._slots.asked += room
        self.parked_until_s = time.monotonic() + parked_s + _LATE_S
        try:
            poll = gevent.spawn(self._ask, body, request_timeout_s)
            # With too many late ones there is nothing to gain from yet another.
            poll.join(parked_s + PATIENCE_S if self._late < MOST_LATE else None)
        finally:
            self._slots.asked -= room
            self.parked_until_s = None
        took_s = self._clock() - started_s
        if not poll.ready():
            self._late += 1
            gevent.spawn(self._await_late, poll)
            self._failed("silent", None, {"waited_s": round(took_s, 3)})
            return
        answer, sent_s, received_s = poll.get()  # raises what went wrong in our own code, for the supervisor
        if isinstance(answer, ServiceException):
            reason = getattr(answer, "reason", "unreachable")
            self._note_cut(reason, took_s, request_timeout_s)
            if reason == "too_large":
                # Asked again for as many, the same jobs would be locked and refused again, lease after lease.
                self._window = self._most = max(room // 2, 1)
            self._failed(reason, None, {"detail": str(answer)})
        else:
            self._answered(answer, sent_s, received_s)

    def _wants_lease(self) -> bool:
        """Tell whether to ask for leases with a token; say once what it may mean not to."""
        wish = self.settings.with_lease
        if wish == "never" and not self._told_of_starving and self._has_leases():
            self._told_of_starving = True
            log.warning(
                "lease.without_token",
                job_type=self.settings.job_type,
                remedy="a job that a worker with leases once had is given to no other: where there are such workers of "
                "this type, use with_lease='auto'",
            )
        return wish == "always" or (wish == "auto" and not self._leases_refused and self._has_leases())

    def _ask(self, body: bytes, request_timeout_s: float) -> tuple[Answer | ServiceException, float, float]:
        """Return the answer, when the request was sent (not later), and when its answer was there."""
        sent_s = self._clock()
        answer: Answer | ServiceException
        try:
            answer = self._commands.activate(body, request_timeout_s)
        except ServiceException as error:
            answer = error
        return answer, sent_s, self._clock()

    def _await_late(self, poll: gevent.Greenlet[..., tuple[Answer | ServiceException, float, float]]) -> None:
        """Take the jobs of a poll that is waited for no more; anything else about it has been logged."""
        poll.join()
        self._late -= 1
        if poll.value is None:
            metrics.greenlets_died["late poll"] += 1
            log.error("greenlet.died", greenlet="late poll", exc_info=poll.exception)
            return
        answer, sent_s, received_s = poll.value
        if isinstance(answer, ServiceException) or answer.status != 200:
            return
        try:
            self._take(raw_jobs(answer), sent_s, received_s)
        except ValueError as error:
            log.debug("poll.late_answer_unreadable", job_type=self.settings.job_type, detail=str(error)[:200])
        except Exception:
            # A defect of this library: what the poll brought comes back when its lease ends.
            metrics.greenlets_died["late poll"] += 1
            log.exception("greenlet.died", greenlet="late poll")

    def _note_cut(self, reason: str, took_s: float, request_timeout_s: float) -> None:
        """Say once that something on the way closes connections that are quiet for a while.

        Camunda doesn't notice: it hands its next job to the closed connection, and locks it for its whole lease.
        """
        if self._cuts_s is None or reason != "reset" or not _EARLY_S < took_s < request_timeout_s + _LATE_S:
            return
        now = self._clock()
        self._cuts_s = [cut_s for cut_s in self._cuts_s if now - cut_s < CUTS_WITHIN_S] + [now]
        if len(self._cuts_s) >= CUTS_TO_TELL:
            self._cuts_s = None
            log.warning(
                "poll.cut_short",
                job_type=self.settings.job_type,
                after_s=round(took_s, 1),
                remedy="something on the way to Camunda closes quiet connections; set request_timeout below its limit",
            )

    def _request_timeout_s(self) -> float:
        """Return how long the gateway may park this poll: longer, the longer there was no work.

        While the engine's clock is not known, only so long that a job which comes at its end has known time left.
        """
        busy: float = BUSY_REQUEST_TIMEOUT_S * 2 ** min(self._empties, 10)
        if self.settings.request_timeout_s <= 0:
            return -0.001
        parked_s = min(busy, self.settings.request_timeout_s)
        lease_s = self.settings.lease_s
        if parked_s > lease_s * UNKNOWN_PARKED and not self._offsets.are_known(self._clock(), lease_s * KNOWN_WITHIN):
            parked_s = min(parked_s, max(lease_s * UNKNOWN_PARKED, LEAST_PARKED_S))
        return parked_s

    def _answered(self, answer: Answer, sent_s: float, received_s: float) -> None:
        if answer.status == 400 and b"withLease" in answer.body and self.settings.with_lease == "auto":
            # Something older answers than the topology names. Without tokens it works as it always has.
            self._leases_refused = True
            log.warning("lease.tokens_refused", job_type=self.settings.job_type, **fields(answer))
            return
        if answer.status != 200:
            reason = "overload" if is_overload(answer) else "status"
            self._failed(reason, answer.retry_after_s, fields(answer))
            return
        try:
            found = raw_jobs(answer)
        except ValueError as error:
            self._failed("not_json", None, {"content_type": answer.content_type[:80], "detail": str(error)[:200]})
            return
        self.answered_s = time.monotonic()
        if self.trouble is not None:
            log.info("poll.recovered", job_type=self.settings.job_type, failures=self._failures)
            self.trouble, self._failures = None, 0
        self._window = min(self._window + _WINDOW_STEP, self._most)
        metrics.polls[self.settings.job_type, "jobs" if found else "empty"] += 1
        if found:
            self._empties = 0
            self._take(found, sent_s, received_s)
        else:
            self._empty(received_s - sent_s)

    def _empty(self, took_s: float) -> None:
        self._empties = 0 if self.active else self._empties + 1
        if self.settings.request_timeout_s <= 0:
            self._pause(self.settings.polling_interval_s)
        elif took_s < min(_EARLY_S, self.settings.lease_s * UNKNOWN_PARKED / 2):
            # The gateway didn't park the poll; without a pause this would be a busy loop.
            self._pause(self._backoff.wait_s(min(self._empties + 1, 8)))

    def _take(self, found: list[Any], sent_s: float, received_s: float) -> None:
        settings, lease_s = self.settings, self.settings.lease_s
        metrics.jobs_activated[settings.job_type] += len(found)
        at_least_s = ends_s = sent_s + lease_s * SURE
        quick = received_s - sent_s < lease_s * _QUICK_PART
        for number, raw in enumerate(found):
            try:
                job = read_job(raw)
            except UnreadableJob as unreadable:
                self._custody.reject(unreadable, settings, at_least_s)
                continue
            # An answer that came at once says enough by that; then one of its jobs will do to learn from.
            if not quick or number == 0:
                ends_s = self._offsets.ends_s(job.job_key, job.deadline, lease_s, sent_s=sent_s, received_s=received_s)
            self._custody.accept(job, settings, at_least_s if quick else ends_s, received_s)

    def _failed(self, reason: str, asked_for_s: float | None, facts: dict[str, object]) -> None:
        """Back off, and say so once for each change of state rather than for each try."""
        self._failures += 1
        self._empties = 0
        if reason == "overload":
            self._window = max(self._window // 2, 1)
        metrics.polls[self.settings.job_type, reason] += 1
        wait_s = self._backoff.wait_s(self._failures, asked_for_s)
        say = log.debug
        if reason == "overload":
            self.trouble = self.trouble or reason
        elif self.trouble != reason:
            self.trouble, say = reason, log.warning
        say("poll.failed", job_type=self.settings.job_type, reason=reason, wait_s=round(wait_s, 3), **facts)
        self._pause(wait_s)

    def _pause(self, seconds: float) -> None:
        """Wait, but not beyond a stop."""
        end_s = time.monotonic() + seconds
        while not self._stopping and (left_s := end_s - time.monotonic()) > 0:
            self._changed.clear()
            self._changed.wait(left_s)


def _request_parts(settings: WorkerSettings) -> tuple[bytes, bytes]:
    """Return the request's JSON around the number of jobs; what was not asked for stays out of it."""
    asked: dict[str, object] = {"type": settings.job_type, "worker": settings.worker, "timeout": settings.lease_ms}
    if settings.fetch_variables:
        asked["fetchVariable"] = settings.fetch_variables
    if settings.tenant_ids:
        asked["tenantIds"] = settings.tenant_ids
    return to_json(asked)[:-1] + b',"maxJobsToActivate":', b'"requestTimeout":'
