"""Keep every held job ours for as long as it runs or its outcome is unreported.

One greenlet looks after all jobs. They lie in slots of time, a slot for each hundredth of a second in which some fall
due, so that a job that ends before costs two dictionary operations and no request. What is due is sent by as many
greenlets, each with a connection of its own, as it takes to be in time; a try that is not answered holds up no other.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client.c8.worker._gateway import ForeignAnswers, JobVerdict, fields, is_camundas, judge
from camunda_client.c8.worker._lease import Durations, HeldJob, LeastSlack, Loss, Stage, now_s, pause_s
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8.worker._gateway import Gateway
    from camunda_client.c8.worker._settings import WorkerSettings

log = logging.get_logger(__name__)

#: Seconds that a job may wait for a slot before it is handed back, so that an idle worker elsewhere can have it.
SURPLUS_WAIT_S = 1.0
#: Seconds covered by one slot of time.
_SLOT_S = 0.01
#: Seconds between two looks at most: a timer does not know that the machine was suspended.
_LONGEST_NAP_S = 0.5
#: Camunda's answers to an extension after which there is no lease left to extend: finished or cancelled (404), or no
#: longer activated, because the lease ran out (400 on 8.6.0, or 409). Others', such as a proxy's that lets no PATCH
#: pass (405), leave the lease as it is.
_OVER = (400, 404, 409)
#: Seconds by which a look may be late before it means that this process did not run.
_PAUSE_S = 0.1
_NEVER = float("inf")
#: Jobs at which it is worth an extension of its own to know how long one takes.
_WORTH_A_TRY = 32
#: Seconds between two of these.
_LEARN_EVERY_S = 1.0
#: Slots of time without a job that may be kept until their time comes, beside twice as many as jobs are watched.
_MOST_EMPTY = 1000
#: Extensions that may be under way whatever is due.
_ALWAYS = 8
#: Part of the extensions that all connections together could send which jobs in hand may need.
_LOAD = 0.7
_REMEDY = (
    "something between here and Camunda refuses PATCH /v2/jobs: let it pass, or set a timeout that covers the work"
)


class LeaseExtender:
    """Extends leases, the most urgent first."""

    def __init__(
        self,
        gateway: Gateway,
        hand_back: Callable[[HeldJob], None],
        most: int,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Extend through ``gateway``, with at most so many requests at once.

        Jobs that got no slot in time are given to ``hand_back``, which must not block. ``clock`` is that of leases
        (:mod:`._lease`) unless given.
        """
        self._clock = clock or now_s
        self._gateway = gateway
        self._hand_back = hand_back
        self._most = most
        #: How long an extension takes.
        self.durations = Durations()
        #: What extensions left, lately.
        self.slack = LeastSlack()
        #: The pause between two extensions by the length of the lease, while that time is the usual one.
        self._pauses: dict[float, float] = {}
        #: Jobs by the slot of time in which they fall due, and these slots as a heap.
        self._due: dict[int, dict[str, HeldJob]] = {}
        self._slots: list[int] = []
        self._watched = 0
        #: What is due and has no connection yet: by the end of its lease.
        self._ready: list[tuple[float, int, HeldJob]] = []
        self._number = itertools.count()
        #: Greenlets that send, and those of them that have a job.
        self._senders = self._sending = 0
        self._wake = Event()
        #: The slot until which :meth:`run` sleeps.
        self._sleeps_until = 0
        #: When :meth:`run` is to look again, and when it last could not: from and to.
        self._looks_again_s = _NEVER
        self._pause = (_NEVER, _NEVER)
        self._stopped = False
        #: Jobs whose leases another thread has extended while the hub was blocked, and what was left of each.
        self.kept_outside: deque[tuple[HeldJob, float]] = deque()
        #: When the next try may be made only to learn how long an extension takes, and whether one has failed.
        self._learns_s = 0.0
        self._has_failed = False
        self._foreign = ForeignAnswers(lambda **facts: log.warning("lease.extension_refused", **facts, remedy=_REMEDY))

    def late_s(self, now: float) -> float:
        """Return by how many seconds :meth:`run` is late for its next look; for another thread to ask."""
        return now - self._looks_again_s

    def _count_outside(self) -> None:
        """Count what another thread has extended, and look after these jobs again."""
        extensions = 0
        while self.kept_outside:
            held, left_s = self.kept_outside.popleft()
            extensions += 1
            self.slack.note(held.settings.job_type, left_s, self._clock())
            metrics.lease_extended[held.settings.job_type] += 1
            if held.due_slot is not None:
                self._enter(held, held.lease.due_s(self.durations.usual_s))
        log.info("lease.kept_outside", extensions=extensions)

    def stop(self) -> None:
        """Extend no more."""
        self._stopped = True
        self._wake.set()

    def watch(self, held: HeldJob) -> None:
        """Look after a job from now on."""
        if held.stage is Stage.WAITING:
            due_s = held.received_s + min(SURPLUS_WAIT_S, held.lease.length_s / 3)
        else:
            # An earlier extension that is not answered yet makes it due later; that is seen then.
            length_s = held.lease.length_s
            pause = self._pauses.get(length_s)
            if pause is None:
                pause = self._pauses[length_s] = pause_s(length_s, self.durations.usual_s)
            due_s = held.lease.ends_s - length_s + pause
        self._enter(held, due_s)
        if self._watched >= _WORTH_A_TRY and self.durations.usual_s is None and held.received_s >= self._learns_s:
            self._learns_s = held.received_s + _LEARN_EVERY_S
            heapq.heappush(self._ready, (held.lease.ends_s, next(self._number), held))
            self._wake.set()

    def forget(self, held: HeldJob) -> None:
        """Leave a job alone."""
        slot = held.due_slot
        if slot is not None:
            held.due_slot = None
            self._watched -= 1
            jobs = self._due.get(slot)
            if jobs is not None:
                jobs.pop(held.key, None)
            # No more slots than jobs have one in them.
            if len(self._slots) > 2 * self._watched + _MOST_EMPTY:
                self._clear_out()

    def secure(self, held: HeldJob, is_enough: Callable[[float, float | None], bool]) -> bool:
        """Extend a lease now unless ``is_enough`` of it is left; return whether that is so then.

        In the calling greenlet. The usual tries go on beside this one.
        """
        if is_enough(self._clock(), self.durations.usual_s):
            return True
        self._extend(held)
        if not held.lease.holds(self._clock()):
            self.lost(held)
        return is_enough(self._clock(), self.durations.usual_s)

    def lost(self, held: HeldJob, loss: Loss | None = None, **facts: object) -> None:
        """Say and count that a lease is lost, once; a reason that is not given is found."""
        if held.lease.loss is not None:
            return
        held.lease.lose(loss or self._loss_of(held))
        self.forget(held)
        metrics.lease_lost[held.settings.job_type] += 1
        self.slack.note(held.settings.job_type, 0.0, self._clock())
        reason = held.lease.loss.value  # type: ignore[attr-defined]
        log.warning(
            "lease.lost",
            job_key=held.key,
            job_type=held.settings.job_type,
            reason=reason,
            stage=held.stage.value,
            **facts,
        )

    def room(self, settings: WorkerSettings, jobs: int, needed_per_s: float) -> float:
        """Return how many more jobs of a type can be kept beside ``jobs`` that need so many extensions a second.

        While it is not known how long an extension takes, each job may need a connection of its own.
        """
        if not settings.auto_extend:
            return float("inf")
        if self.durations.forget_old(self._clock()):
            self._pauses.clear()
        usual_s = self.durations.usual_s
        if usual_s is None:
            # Where extensions don't pass at all, fewer jobs would not be kept any better.
            return float("inf") if self._has_failed else max(self._most - jobs, 0)
        can_send_per_s = self._most * _LOAD / max(usual_s, 0.0001)
        return max(can_send_per_s - needed_per_s, 0.0) * pause_s(settings.lease_s, usual_s)

    def extensions_per_s(self, settings: WorkerSettings) -> float:
        """Return how many extensions one job of a type takes in a second."""
        return 1 / pause_s(settings.lease_s, self.durations.usual_s) if settings.auto_extend else 0.0

    # -- when ---------------------------------------------------------------------------------------------------------
    def _enter(self, held: HeldJob, due_s: float) -> None:
        slot = int(due_s / _SLOT_S)
        if held.due_slot is not None:
            self.forget(held)
        held.due_slot = slot
        self._watched += 1
        jobs = self._due.get(slot)
        if jobs is None:
            jobs = self._due[slot] = {}
            heapq.heappush(self._slots, slot)
        jobs[held.key] = held
        if slot < self._sleeps_until:
            self._wake.set()
            if self._looks_again_s == _NEVER:
                # A handler may begin to block before it comes to that.
                self._looks_again_s = self._clock()

    def _clear_out(self) -> None:
        """Drop the slots whose jobs have all ended: behind a job that is due soon, those of long leases pile up."""
        self._due = {slot: jobs for slot, jobs in self._due.items() if jobs}
        self._slots = sorted(self._due)

    def run(self) -> None:
        """Look after all jobs until stopped."""
        while not self._stopped:
            self._wake.clear()
            self._wake.wait(self.look())

    def look(self) -> float | None:
        """Begin to do what is due now; return the seconds until the next look, ``None`` while nothing is watched."""
        if self.kept_outside:
            self._count_outside()
        now = self._clock()
        if now > self._looks_again_s + _PAUSE_S:
            self._pause = (self._looks_again_s, now)
        self._take_due(now)
        self._send_ready(now)
        self._sleeps_until = self._slots[0] if self._slots else 1 << 62
        if not self._watched and not self._ready:
            self._looks_again_s, self._sleeps_until = _NEVER, 1 << 62
            return None
        # What waits for a connection may become urgent.
        longest_s = _SLOT_S if self._ready else _LONGEST_NAP_S
        nap_s = max(min((self._sleeps_until + 1) * _SLOT_S - self._clock(), longest_s), 0.001)
        self._looks_again_s = now + nap_s
        return nap_s

    def _take_due(self, now: float) -> None:
        # Slots whose jobs have all ended go at once: there is no reason to wake for them.
        while self._slots and ((self._slots[0] + 1) * _SLOT_S <= now or not self._due[self._slots[0]]):
            jobs = self._due.pop(heapq.heappop(self._slots))
            self._watched -= len(jobs)
            # All of them first: what is in no slot any more is found again after a defect.
            for held in jobs.values():
                held.due_slot = None
            for held in jobs.values():
                self._attend(held, now)

    def _attend(self, held: HeldJob, now: float) -> None:
        """Do what is due for one job."""
        lease = held.lease
        if held.is_settled() or lease.loss is not None:
            return
        if held.stage is Stage.WAITING:
            self._hand_back(held)
        elif not lease.holds(now):
            self.lost(held)
        elif not self._may_extend(held, now):
            # Once more at its end, to say that it is lost.
            self._enter(held, lease.ends_s + _SLOT_S)
        elif lease.due_s(self.durations.usual_s) > now + _SLOT_S:
            self._enter(held, lease.due_s(self.durations.usual_s))
        else:
            heapq.heappush(self._ready, (lease.ends_s, next(self._number), held))

    def _may_extend(self, held: HeldJob, now: float) -> bool:
        if held.may_be_extended(now):
            return True
        if held.settings.auto_extend and not held.overdue:
            log.warning("lease.limit_reached", job_key=held.key, max_lease_s=held.settings.max_lease_s)
        return False

    def _loss_of(self, held: HeldJob) -> Loss:
        """Return why a lease is over that Camunda did not take from us."""
        settings, lease, now = held.settings, held.lease, self._clock()
        if lease.ends_s <= held.received_s:
            return Loss.ANSWERED_LATE
        if not settings.auto_extend or held.overdue or (settings.max_lease_s or _NEVER) <= now - held.received_s:
            return Loss.NOT_EXTENDED
        begin_s, end_s = self._pause if now <= self._looks_again_s + _PAUSE_S else (self._looks_again_s, now)
        if begin_s <= lease.ends_s <= end_s:
            return Loss.PAUSED
        return Loss.UNANSWERED if lease.is_unanswered else Loss.CAPACITY

    # -- sending ------------------------------------------------------------------------------------------------------
    def _send_ready(self, now: float) -> None:
        """Have as many at work as it takes: the jobs that are watched, times what one takes, in each pause."""
        while self._ready and self._ready[0][2].lease.ends_s <= now:
            self._attend(heapq.heappop(self._ready)[2], now)
        while self._ready and self._senders < self._most:
            ends_s, _, held = self._ready[0]
            length_s = held.lease.length_s
            usual_s = self.durations.usual_s
            if usual_s is not None and ends_s - now > length_s / 2:
                needed = 2 * self._watched * usual_s / pause_s(length_s, usual_s)
                if self._senders >= _ALWAYS + needed:
                    return
            self._senders += 1
            gevent.spawn(self._send)
            # It takes the first at its next turn; until then, as if it had.
            if self._senders - self._sending >= len(self._ready):
                return

    def _send(self) -> None:
        """In a greenlet of its own: extend what is ready, the most urgent first."""
        try:
            while self._ready and not self._stopped:
                held = heapq.heappop(self._ready)[2]
                logging.bind_job(held.job)
                self._sending += 1
                try:
                    self._extend(held)
                except Exception:
                    # A defect of this library costs one try of one job: the next is due already.
                    metrics.greenlets_died["extension"] += 1
                    log.exception("greenlet.died", greenlet="extension")
                finally:
                    self._sending -= 1
        finally:
            self._senders -= 1

    def _extend(self, held: HeldJob) -> None:
        """Try once to renew a lease; the next try is due already, and does not wait for this one."""
        lease, asked_s = held.lease, self._clock()
        if held.is_settled() or lease.loss is not None:
            return
        if not lease.holds(asked_s):
            self.lost(held)
            return
        try_s, token = lease.try_s(asked_s), held.token
        lease.asked(asked_s)
        self._enter(held, lease.due_s(self.durations.usual_s))
        try:
            answer = self._gateway.extend(held.key, held.extension(), try_s)
        except ServiceException as error:
            if getattr(error, "reason", "") == "timeout":
                self._took(self._clock() - asked_s)
            log.debug("lease.extension_retried", reason=str(error))
            self._failed(held, asked_s)
            return
        answered_s = self._clock()
        self._answered(held, answer, token, asked_s, answered_s)

    def _answered(self, held: HeldJob, answer: Answer, token: str | None, asked_s: float, answered_s: float) -> None:
        verdict = judge(answer, tried_before=False)
        over = answer.status in _OVER and is_camundas(answer)
        if verdict is JobVerdict.DONE or over:
            self._took(answered_s - asked_s)
            self._foreign.end()
        if held.is_settled():
            return  # reported meanwhile; a 404 is no news
        if verdict is JobVerdict.DONE:
            left_s = held.lease.left_s(answered_s)
            if held.lease.granted(asked_s, answered_s):
                self.slack.note(held.settings.job_type, left_s, answered_s)
                metrics.lease_extended[held.settings.job_type] += 1
                self._enter(held, held.lease.due_s(self.durations.usual_s))
            else:
                self.lost(held)
        elif over:
            # Else it names the lease before this one: Camunda has handed us the job anew meanwhile.
            if token == held.token:
                self._over(held, answer)
        else:
            self._foreign.meet(answer)
            log.debug("lease.extension_retried", **fields(answer))
            self._failed(held, asked_s)

    def _took(self, seconds: float) -> None:
        self.durations.note(seconds, self._clock())
        self._pauses.clear()

    def _failed(self, held: HeldJob, asked_s: float) -> None:
        self._has_failed = True
        held.lease.failed(asked_s)
        if held.due_slot is not None:
            self._enter(held, held.lease.due_s(self.durations.usual_s))

    def _over(self, held: HeldJob, answer: Answer) -> None:
        if held.stage is Stage.REPORTING:
            # Most likely a report was applied whose answer was lost; the reporter finds out, and tells.
            held.lease.lose(Loss.REFUSED)
            self.forget(held)
            log.debug("lease.over_while_reporting", **fields(answer))
        else:
            self.lost(held, Loss.REFUSED, **fields(answer))
