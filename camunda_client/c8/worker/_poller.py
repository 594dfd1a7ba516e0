"""Ask Camunda for jobs of one type: one long poll at a time, for as many jobs as there are free slots.

A poll is never given up while it is open: Camunda would hand its next job to the closed connection and lock it for its
whole lease (measured on 8.6.0). So stopping means to ask no more and to wait for the open poll.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from pydantic_core import to_json

from camunda_client import metrics
from camunda_client.c8.worker._gateway import UnreadableJob, fields, is_overload, read_jobs
from camunda_client.c8.worker._health import TypeHealth
from camunda_client.c8.worker._lease import SURE, HeldJob, now_s
from camunda_client.c8.worker._pace import LATE_S, PATIENCE_S, Offsets, Pace
from camunda_client.error import ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from camunda_client.c8._http import Answer
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._caps import Allowance
    from camunda_client.c8.worker._custody import Custody
    from camunda_client.c8.worker._gateway import Gateway
    from camunda_client.c8.worker._settings import WorkerSettings

    #: The answer or why there is none, when the request was sent (not later), and when its answer was there.
    Poll = tuple[Answer | ServiceException, float, float]

log = get_logger(__name__)

#: Late polls of one type at most: each holds a connection.
MOST_LATE = 3
#: Seconds between two looks whether more leases can be kept, or fewer outcomes wait.
CAPACITY_LOOK_S = 0.1


class Poller:
    """One job type's polling, in a greenlet of its own."""

    def __init__(
        self,
        settings: WorkerSettings,
        gateway: Gateway,
        custody: Custody,
        offsets: Offsets,
        job_types: int,
        has_leases: Callable[[], bool],
        clock: Callable[[], float] | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        """Poll for ``settings.job_type``, one of ``job_types``, and give the jobs to ``custody``.

        ``has_leases`` tells whether the cluster gives leases a token. ``clock`` is that of leases unless given.
        ``allowance`` is asked for how many jobs to poll; without it, only the type's own settings and the pool limit
        that.
        """
        self._clock = clock or now_s
        self.settings = settings
        #: When the last poll was answered with 200, on the monotonic clock; ``None`` before the first.
        self.answered_s: float | None = None
        #: Why the last polls failed, or ``None``.
        self.trouble: str | None = None
        #: Until when the gateway may hold the open poll, on the monotonic clock; ``None`` when none is open.
        self.parked_until_s: float | None = None
        self._gateway, self._custody, self._slots = gateway, custody, custody.slots
        self._offsets, self._job_types, self._has_leases = offsets, job_types, has_leases
        self._pace = Pace(settings)
        #: Camunda has refused to give leases a token, and whether it was said that others may get theirs.
        self._leases_refused = self._said_starving = False
        #: Polls that are out beyond their time. What they bring beyond the cap is handed back.
        self._late = 0
        #: Whether leases are the limit now, and the most jobs that they can be kept for, as last said.
        self._is_limited = False
        #: Outcomes wait for connections, so that more jobs are not asked for.
        self._is_behind = False
        self._said_most: int | None = None
        self._stopping = False
        #: What operators asked for.
        self._cap, self._paused, self.drains = settings.cap, False, False
        self._changed = Event()
        self._before, self._after = _request_parts(settings)
        self._allowance = allowance
        #: The last poll brought nothing.
        self._came_empty = True
        #: Jobs of this type in hand, by key.
        self.held: Mapping[str, HeldJob]
        if allowance is None:
            self.held = custody.open(settings, self.released)
        else:
            self.held = custody.open(settings, self._released_place, allowance.defers)
            allowance.serve(lambda: self.active, self._changed)

    def change(self, cap: int | None = None, *, paused: bool | None = None) -> None:
        """Have other jobs in flight at most, or ask no more until further notice: then what still comes is returned."""
        self._cap = cap or self._cap
        self._paused = self._paused if paused is None else paused
        # Without room nothing is asked for, and what an open poll brings is beyond the cap.
        self.settings.change_cap(0 if self._paused else self._cap)
        self._changed.set()

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

    def released(self, held: HeldJob) -> None:
        """Take note that a job of this type is no longer in hand."""
        # What was handed back unworked took its handler no time, and says nothing of it.
        if held.started_s:
            self._pace.handler_took(held.ended_s - held.started_s)
        self._changed.set()

    def _released_place(self, held: HeldJob) -> None:
        self.released(held)
        if self._allowance is not None:
            self._allowance.released(held)

    def _may_rest(self) -> bool:
        """Tell whether all is well although nothing is asked for: a cap holds it back, and not a store that is away."""
        return self._allowance is not None and self.capped_by is not None and not self._allowance.is_cut_off

    @property
    def capped_by(self) -> str | None:
        """The cap, with its resource's name, for which the type can't be polled for at the moment."""
        return None if self._allowance is None else self._allowance.capped_by

    def health(self, now: float | None = None) -> TypeHealth:
        """Return this type's health at a moment of the monotonic clock, by default this one."""
        now = time.monotonic() if now is None else now
        ago = None if self.answered_s is None else now - self.answered_s
        stuck = sum(held.overdue for held in self.held.values())
        # Where all that are in hand hang, a full worker is no busy one.
        hangs = self.is_full and 0 < self.active <= stuck
        return TypeHealth(
            job_type=self.settings.job_type,
            alive=not hangs and (self.is_full or self._may_rest() or not self._pace.is_overdue(ago)),
            active=self.active,
            stuck=stuck,
            answered_s_ago=_rounded(ago),
            trouble=self.trouble,
            capped_by=self.capped_by,
            max_jobs_active=self._cap,
            least_slack_s=_rounded(self._custody.extender.slack.of(self.settings.job_type, self._clock())),
            state=self._state(),
        )

    def _state(self) -> str:
        if not self._paused:
            return "running"
        return "paused" if not self.drains else "draining" if self.active else "drained"

    def run(self) -> None:
        """Poll until stopped."""
        while not self._stopping:
            room = self._room()
            if self._allowance is not None:
                room = self._allowance.take(room, is_idle=self._came_empty)
            if room:
                self._poll(room)
            else:
                self._slots.notify(self._changed)
                self._changed.wait(CAPACITY_LOOK_S if self._is_limited or self._is_behind else self._look_s())
            self._changed.clear()
        if self._allowance is not None:
            self._allowance.leave()

    def _look_s(self) -> float | None:
        return None if self._allowance is None else self._allowance.wait_s

    # -- how many -----------------------------------------------------------------------------------------------------
    def _room(self) -> int:
        """Return how many jobs to ask for: 0 when there is no room, or little and asking later costs nothing."""
        room = self._pace.room(self.active, self._slots.share(self._job_types))
        self._is_limited = room > 0 and (keepable := self._custody.room(self.settings)) < room
        if self._is_limited:
            room = int(keepable)
            self._say_limit(self.active + room)
        # Not all of them are of jobs in hand: those that could not be read are failed beside.
        self._is_behind = self._pace.may_wait(room) and self._custody.reporter.is_behind(self.settings.job_type)
        return 0 if self._is_behind else room

    def _say_limit(self, most: int) -> None:
        """Say that no more than so many jobs can be kept: once, and again when that changes a lot."""
        usual_s, said = self._custody.extender.durations.usual_s, self._said_most
        if usual_s is not None and (said is None or not said / 2 <= most <= said * 2):
            self._said_most = most
            log.warning(
                "lease.capacity",
                job_type=self.settings.job_type,
                jobs=most,
                extension_s=round(usual_s, 3),
                remedy="extensions are slow: no more jobs are taken than can be kept; a longer timeout allows more",
            )

    # -- one poll -----------------------------------------------------------------------------------------------------
    def _poll(self, room: int) -> None:
        """Poll, and go on without this poll if it does not come back when it should.

        A connection may have gone silent, or a broker be stuck, whose answer comes 15 s late. The late poll is not
        given up: the jobs that it may still bring are taken. But it holds up nothing any more.
        """
        started_s = self._clock()
        request_timeout_s = self._pace.request_timeout_s(started_s, self._offsets)
        if self._allowance is not None:
            request_timeout_s = self._allowance.parked_s(request_timeout_s)
        parked_s = max(request_timeout_s, 0)
        self._slots.ask(room)
        self.parked_until_s = time.monotonic() + parked_s + LATE_S
        try:
            poll = _Poll(self._ask, self._request(room, request_timeout_s), request_timeout_s)
            poll.start()
            # With too many late ones there is nothing to gain from yet another.
            poll.join(parked_s + PATIENCE_S if self._late < MOST_LATE else None)
        finally:
            self._slots.answered(room)
            self.parked_until_s = None
        took_s = self._clock() - started_s
        if not poll.ready():
            self._late += 1
            gevent.spawn(self._await_late, poll, room)
            self._pause(self._failed("silent", room, waited_s=round(took_s, 3)))
            return
        try:
            wait_s = self._came(poll, room, took_s, request_timeout_s)
        finally:
            self._settle(room)
        if wait_s:
            self._pause(wait_s)

    def _settle(self, room: int) -> None:
        if self._allowance is not None:
            self._allowance.settle(room)

    def _came(self, poll: gevent.Greenlet[..., Poll], room: int, took_s: float, request_timeout_s: float) -> float:
        """Take what a poll came to; return the seconds to wait before the next."""
        answer, sent_s, received_s = poll.get()  # raises what went wrong in our own code, for the supervisor
        if not isinstance(answer, ServiceException):
            return self._answered(answer, room, sent_s, received_s)
        reason = getattr(answer, "reason", "unreachable")
        if reason == "reset" and self._pace.are_cut(self._clock(), took_s, request_timeout_s):
            self._say_cut(took_s)
        return self._failed(reason, room, detail=str(answer))

    def _request(self, room: int, request_timeout_s: float) -> bytes:
        lease = b'"withLease":true,' if self._wants_lease() else b""
        return self._before + b"%d,%b%b%d}" % (room, lease, self._after, int(request_timeout_s * 1000))

    def _wants_lease(self) -> bool:
        """Tell whether to ask for leases with a token; say once what it may mean not to."""
        wish = self.settings.with_lease
        if wish == "never" and not self._said_starving and self._has_leases():
            self._said_starving = True
            log.warning(
                "lease.without_token",
                job_type=self.settings.job_type,
                remedy="a job that a worker with leases once had is given to no other: where there are such workers of "
                "this type, use with_lease='auto'",
            )
        return wish == "always" or (wish == "auto" and not self._leases_refused and self._has_leases())

    def _ask(self, body: bytes, request_timeout_s: float) -> Poll:
        sent_s = self._clock()
        answer: Answer | ServiceException
        try:
            answer = self._gateway.activate(body, request_timeout_s)
        except ServiceException as error:
            answer = error
        return answer, sent_s, self._clock()

    def _await_late(self, poll: gevent.Greenlet[..., Poll], room: int) -> None:
        """Take the jobs of a poll that is waited for no more; anything else about it has been logged."""
        poll.join()
        self._late -= 1
        try:
            answer, sent_s, received_s = poll.get()
            self._take(self._late_jobs(answer), sent_s, received_s)
        except Exception:
            # A defect of this library: what the poll brought comes back when its lease ends.
            metrics.greenlets_died["late poll"] += 1
            log.exception("greenlet.died", greenlet="late poll")
        finally:
            self._settle(room)

    def _late_jobs(self, answer: Answer | ServiceException) -> list[ActivatedJob | UnreadableJob]:
        if isinstance(answer, ServiceException) or answer.status != 200:
            return []
        try:
            return read_jobs(answer)
        except ValueError as error:
            log.debug("poll.late_answer_unreadable", job_type=self.settings.job_type, detail=str(error)[:200])
            return []

    def _say_cut(self, took_s: float) -> None:
        """Camunda doesn't notice a cut: it hands its next job to the closed connection, and locks it for a lease."""
        log.warning(
            "poll.cut_short",
            job_type=self.settings.job_type,
            after_s=round(took_s, 1),
            remedy="something on the way to Camunda closes quiet connections; set request_timeout below its limit",
        )

    # -- what came of it ----------------------------------------------------------------------------------------------
    def _answered(self, answer: Answer, room: int, sent_s: float, received_s: float) -> float:
        if answer.status == 400 and b"withLease" in answer.body and self.settings.with_lease == "auto":
            # Something older answers than the topology names. Without tokens it works as it always has.
            self._leases_refused = True
            log.warning("lease.tokens_refused", job_type=self.settings.job_type, **fields(answer))
            return 0.0
        if answer.status != 200:
            reason = "overload" if is_overload(answer) else "status"
            return self._failed(reason, room, answer.retry_after_s, **fields(answer))
        try:
            found = read_jobs(answer)
        except ValueError as error:
            return self._failed("not_json", room, content_type=answer.content_type[:80], detail=str(error)[:200])
        self._went_well()
        metrics.polls[self.settings.job_type, "jobs" if found else "empty"] += 1
        self._came_empty = not found
        if found:
            self._pace.busy()
            self._take(found, sent_s, received_s)
            return 0.0
        wait_s = self._pace.empty(received_s - sent_s, is_idle=not self.active)
        return wait_s if self._allowance is None else self._allowance.pause_s(wait_s)

    def _went_well(self) -> None:
        self.answered_s = time.monotonic()
        if self.trouble is not None:
            log.info("poll.recovered", job_type=self.settings.job_type, failures=self._pace.failures)
            self.trouble = None
        self._pace.answered()

    def _take(self, found: list[ActivatedJob | UnreadableJob], sent_s: float, received_s: float) -> None:
        settings, lease_s = self.settings, self.settings.lease_s
        metrics.jobs_activated[settings.job_type] += len(found)
        at_least_s = ends_s = sent_s + lease_s * SURE
        quick = self._pace.is_quick(received_s - sent_s)
        for number, job in enumerate(found):
            if isinstance(job, UnreadableJob):
                self._custody.reject(job, settings, at_least_s)
                continue
            # An answer that came at once says enough by that; then one of its jobs will do to learn from.
            if not quick or number == 0:
                ends_s = self._offsets.ends_s(job.job_key, job.deadline, lease_s, sent_s=sent_s, received_s=received_s)
            self._custody.accept(job, settings, at_least_s if quick else ends_s, received_s)

    def _failed(self, reason: str, room: int, asked_for_s: float | None = None, **facts: object) -> float:
        """Return for how long to back off, and say so once for each change of state rather than for each try."""
        metrics.polls[self.settings.job_type, reason] += 1
        wait_s = self._pace.failed(reason, room, asked_for_s)
        say = log.debug
        if reason == "overload":
            self.trouble = self.trouble or reason
        elif self.trouble != reason:
            self.trouble, say = reason, log.warning
        say("poll.failed", job_type=self.settings.job_type, reason=reason, wait_s=round(wait_s, 3), **facts)
        return wait_s

    def _pause(self, seconds: float) -> None:
        """Wait, but not beyond a stop."""
        end_s = time.monotonic() + seconds
        while not self._stopping and (left_s := end_s - time.monotonic()) > 0:
            self._changed.clear()
            self._changed.wait(left_s)


class _Poll(gevent.Greenlet):  # type: ignore[type-arg]  # it can't be subscripted at run time
    """A greenlet that waits for one answer."""

    #: gevent notes for each where it was spawned, ten frames of it; here that is always the same.
    spawning_stack_limit = 0


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _request_parts(settings: WorkerSettings) -> tuple[bytes, bytes]:
    """Return the request's JSON around the number of jobs; what was not asked for stays out of it."""
    asked: dict[str, object] = {"type": settings.job_type, "worker": settings.worker, "timeout": settings.lease_ms}
    if settings.fetch_variables:
        asked["fetchVariable"] = settings.fetch_variables
    if settings.tenant_ids:
        asked["tenantIds"] = settings.tenant_ids
    return to_json(asked)[:-1] + b',"maxJobsToActivate":', b'"requestTimeout":'
