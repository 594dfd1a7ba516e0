"""The one owner of the jobs in hand: takes them, starts them, hands them back, and lets go of them.

A job is here from the answer that brought it until Camunda has its outcome, or until it is known to be another
worker's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.pool import Group

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client._process import job_table
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._execution import Execution, HandlerStopped, Run
from camunda_client.c8.worker._extender import LeaseExtender
from camunda_client.c8.worker._health import StopReport
from camunda_client.c8.worker._lease import OWN_LOSSES, SURE, HeldJob, Lease, Loss, Stage, now_s
from camunda_client.c8.worker._outcome import Memory, Outcome, failure, retries_left
from camunda_client.c8.worker._reporter import FULL, Reporter, ReportResult
from camunda_client.c8.worker._slots import Slots

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from camunda_client._process.job_table import DeathVerdict
    from camunda_client.c8.worker._execution import JobContext
    from camunda_client.c8.worker._gateway import Gateway, UnreadableJob
    from camunda_client.c8.worker._settings import WorkerSettings

    #: Asked of each job that comes: for how many milliseconds to hand it back, and why; ``None`` if it may start.
    Defers = Callable[[HeldJob], tuple[int, str] | None]

log = logging.get_logger(__name__)

#: Lost leases of one job, for which its handler or its settings are to blame, after which it is failed for good.
POISON_LIMIT = 5


class _OfType:
    """The jobs in hand of one type."""

    __slots__ = ("defers", "jobs", "on_release", "settings")

    def __init__(self, settings: WorkerSettings, on_release: Callable[[HeldJob], None], defers: Defers | None) -> None:
        self.settings, self.on_release, self.defers = settings, on_release, defers
        self.jobs: dict[str, HeldJob] = {}


class Custody:
    """The jobs in hand of all types."""

    def __init__(
        self,
        context: JobContext,
        gateway: Gateway,
        pool: int,
        at_once: int,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Run at most ``pool`` handlers, in contexts of ``context``; tell of at most ``at_once`` outcomes at once.

        ``clock`` is that of leases (:mod:`._lease`) unless given.
        """
        self._clock = clock or now_s
        self.extender = LeaseExtender(gateway, self.hand_back_soon, gateway.most_extensions, self._clock)
        self.reporter = Reporter(gateway, at_once, self._may_send, self._arrives, self._clock)
        self._types: dict[str, _OfType] = {}
        #: Those with jobs in hand: of hundreds of types most have none, and each poll asks.
        self._busy: dict[str, _OfType] = {}
        #: Those that hand jobs back, or fail unreadable ones.
        self.hand_backs = Group()
        self.report = StopReport()
        #: Set when there is no job in hand any more, once the worker stops.
        self.idle = Event()
        self.stopping = False
        self._memory = Memory()
        self._execution = Execution(context, self.reporter, self._memory, self._admit, self._ended, self._clock)
        #: Where handlers run.
        self.slots = Slots(pool, self._execution.work, self._execution.tell)

    def open(
        self, settings: WorkerSettings, on_release: Callable[[HeldJob], None], defers: Defers | None = None
    ) -> Mapping[str, HeldJob]:
        """Begin to take jobs of a type; return those in hand, by key, as they change.

        ``on_release`` is called with each that is no longer in hand. ``defers`` may have a job handed back that came.
        """
        self._types[settings.job_type] = of_type = _OfType(settings, on_release, defers)
        return of_type.jobs

    def latest_run(self) -> Run | None:
        """Return the run of a handler that ended last."""
        return self._execution.latest_run()

    def jobs(self) -> list[HeldJob]:
        """Return the jobs in hand, waiting and reporting ones included."""
        return [held for of_type in self._busy.values() for held in of_type.jobs.values()]

    def is_held(self, key: str) -> bool | None:
        """Return whether a job is still ours; ``None`` if it is not in hand."""
        for of_type in self._busy.values():
            held = of_type.jobs.get(key)
            if held is not None:
                return held.is_ours()
        return None

    def room(self, settings: WorkerSettings) -> float:
        """Return for how many more jobs of a type the leases could be kept."""
        jobs, needed_per_s = 0, 0.0
        for of_type in self._busy.values():
            active = len(of_type.jobs)
            jobs += active
            needed_per_s += active * self.extender.extensions_per_s(of_type.settings)
        return self.extender.room(settings, jobs, needed_per_s)

    # -- taking -------------------------------------------------------------------------------------------------------
    def accept(self, job: ActivatedJob, settings: WorkerSettings, ends_s: float, received_s: float) -> None:
        """Take a job into our hands that came at ``received_s`` and is ours until ``ends_s``; must not block."""
        twin = self._types[settings.job_type].jobs.get(job.job_key)
        held = HeldJob(job, settings, received_s, Lease(settings.lease_s * SURE, ends_s))
        if twin is None and self._memory.is_done_with(held.key, held.retries):
            log.debug("job.left_alone", job_key=held.key, job_type=settings.job_type)
        elif twin is None:
            self._take(held)
        elif twin.dropped or (
            twin.command == "failure" and (twin.lease.holds(self._clock()) or twin.retries != held.retries)
        ):
            # That is why it is offered again. Nothing is left to report of the twin; then this one's turn comes.
            twin.lease.lose(Loss.REFUSED)
            twin.followed_by(held)
            if settings.starts is not None:
                settings.starts.came(held.key)
        else:
            self._granted_anew(twin, held)

    def reject(self, unreadable: UnreadableJob, settings: WorkerSettings, ends_s: float) -> None:
        """Fail a job that can't be read, rather than have it come back for ever; must not block."""
        metrics.jobs_unreadable[settings.job_type] += 1
        key, problem = unreadable.job_key, str(unreadable)
        log.error("job.unreadable", job_type=settings.job_type, job_key=key, problem=problem)
        if key is None:
            return  # nothing to address it by; it comes back when its lease ends
        readable = {"jobKey": key, "type": settings.job_type, "retries": unreadable.retries}
        job = ActivatedJob.model_validate({**readable, "jobLeaseToken": unreadable.token})
        held = HeldJob(job, settings, self._clock(), Lease(settings.lease_s * SURE, ends_s))
        if self._memory.is_hopeless(held.key, held.retries):
            return
        outcome = failure(f"the worker could not read this job: {problem}", retries=retries_left(unreadable.retries))
        self.hand_backs.spawn(self._fail_unread, held, outcome)

    def _take(self, held: HeldJob) -> None:
        settings = held.settings
        of_type = self._types[settings.job_type]
        jobs = of_type.jobs
        # A late poll's jobs may come on top of those of the next one.
        surplus = len(jobs) >= settings.cap
        if not jobs:
            self._busy[settings.job_type] = of_type
        jobs[held.key] = held
        metrics.jobs_in_flight[settings.job_type] += 1
        if self.stopping or surplus:
            self.hand_back_soon(held)
            return
        if of_type.defers is not None and (deferred := of_type.defers(held)) is not None:
            self.hand_back_soon(held, *deferred)
            return
        if self.slots.free > 0:
            held.may_run()
        self.extender.watch(held)
        self.slots.run(held)

    def _granted_anew(self, twin: HeldJob, again: HeldJob) -> None:
        """Deal with a job that is offered again while we have it: our lease ran out, but no other worker took it.

        The new activation is simply a new lease. Starting the job a second time would repeat what its handler did.
        """
        if not twin.lease.holds(self._clock()):
            self.extender.lost(twin)
        loss, losses = twin.lease.loss, self._count_loss(twin)
        twin.granted_anew(again)
        self.extender.watch(twin)
        metrics.jobs_duplicate[twin.settings.job_type] += 1
        log.warning(
            "job.duplicate_suppressed",
            job_key=twin.key,
            job_type=twin.settings.job_type,
            leases_lost=losses,
            reason=loss.value if loss is not None else None,
        )

    def _count_loss(self, held: HeldJob) -> int:
        """Count a lost lease against its job if that is to blame, and return how many there were."""
        if held.lease.loss in OWN_LOSSES:
            return self._memory.lost(held.key)
        return self._memory.losses.get(held.key, 0)

    def watch_again(self) -> None:
        """Have all leases looked after that should be, after a defect: none may be forgotten."""
        for held in self.jobs():
            if held.due_slot is None and held.lease.loss is None and not held.is_settled():
                self.extender.watch(held)

    # -- working ------------------------------------------------------------------------------------------------------
    def _admit(self, held: HeldJob) -> bool:
        """In a slot: tell whether a job that can't simply start may start all the same; deal with it if not."""
        if held.stage is Stage.WAITING:
            held.may_run()
            self.extender.watch(held)
        if held.stage is not Stage.RUNNING:
            return False  # handed back meanwhile
        if not held.lease.may_start(self._clock(), self.extender.durations.usual_s) and not self._may_start(held):
            return False
        if self._memory.losses.get(held.key, 0) < POISON_LIMIT and _verdict(held) is None:
            return True
        self._poisoned(held)
        return False

    def _may_start(self, held: HeldJob) -> bool:
        """Extend the lease of a job that too little is known to be left of; let go of it if that fails."""
        logging.bind_job(held.job)
        if self.extender.secure(held, held.lease.may_start):
            return held.stage is Stage.RUNNING
        if held.lease.loss is None and held.stage is Stage.RUNNING:
            self.hand_back_soon(held)
        elif held.stage is Stage.RUNNING:
            self._release(held)
        return False

    def _poisoned(self, held: HeldJob) -> None:
        """Fail a job that cost us its lease or our process again and again, rather than loop for ever."""
        logging.bind_job(held.job)
        verdict = _verdict(held)
        if verdict is not None:
            self._condemned(held, verdict)
            return
        losses = self._memory.losses.take(held.key)
        log.error("job.poisoned", leases_lost=losses)
        message = (
            f"this job came back after {losses} lost leases of worker {held.settings.worker!r}: its handler outlasts a "
            "lease that is not extended (auto_extend, max_lease); repair that, then resolve the incident"
        )
        self._ended(held, self.reporter.report(held, failure(message, retries=0)))

    def _condemned(self, held: HeldJob, verdict: DeathVerdict) -> None:
        log.error("job.poisoned", deaths=verdict.deaths, cause=verdict.cause)
        message = (
            f"this job was in hand each of the {verdict.deaths} times that a process of worker "
            f"{held.settings.worker!r} died, of {verdict.cause}: its handler probably ends the process (a crash in "
            "native code, too much memory, os._exit()); fix that, then resolve the incident"
        )
        fate = self.reporter.report(held, failure(message, retries=0))
        if fate is not ReportResult.LOST and job_table.current is not None:
            job_table.current.executed(held.key)
        self._ended(held, fate)

    def _ended(self, held: HeldJob, fate: ReportResult | None) -> None:
        if fate is None:
            return  # the handler was stopped; its job is handed back
        if fate is ReportResult.REFUSED:
            self._memory.refused.set(held.key, held.retries)
        if fate in (ReportResult.LOST, ReportResult.REFUSED):
            if not held.lease.holds(self._clock()):
                self.extender.lost(held)
                self._count_loss(held)
            if self.stopping:
                self.report.abandoned.append(held.key)
        elif fate is ReportResult.SETTLED:
            if held.command == "completion" and not held.lease.holds(self._clock()):
                # It may be on its way to us again, handed out before our completion was there.
                self._memory.completed.set(held.key, True)
            if self.stopping:
                self.report.completed += 1
        self._release(held)

    def _release(self, held: HeldJob) -> None:
        held.settled()
        self.extender.forget(held)
        of_type = self._types[held.settings.job_type]
        if of_type.jobs.get(held.key) is held:
            del of_type.jobs[held.key]
            if not of_type.jobs:
                del self._busy[held.settings.job_type]
            of_type.on_release(held)
            metrics.jobs_in_flight[held.settings.job_type] -= 1
        if held.successor is not None:
            self._take(held.successor)
        if self.stopping and not self.jobs():
            self.idle.set()

    # -- handing back -------------------------------------------------------------------------------------------------
    def hand_back_soon(self, held: HeldJob, back_off_ms: int = 0, why: str = FULL) -> None:
        """Hand a job back without blocking the caller, to be offered again after ``back_off_ms``."""
        held.reports()
        self.hand_backs.spawn(self._hand_back, held, back_off_ms, why)

    def _hand_back(self, held: HeldJob, back_off_ms: int, why: str) -> None:
        fate = ReportResult.LOST
        try:
            logging.bind_job(held.job)
            fate = self.reporter.hand_back(held, back_off_ms, why)
        except Exception:
            metrics.greenlets_died["hand-back"] += 1
            log.exception("greenlet.died", greenlet="hand-back")
        finally:
            if fate is ReportResult.REFUSED:
                self._memory.refused.set(held.key, held.retries)
            if fate is ReportResult.SETTLED and not (held.stopped and held.started_s):
                self.report.handed_back += 1
            elif fate in (ReportResult.LOST, ReportResult.REFUSED) and self.stopping:
                self.report.abandoned.append(held.key)
            self._release(held)

    def _fail_unread(self, held: HeldJob, outcome: Outcome) -> None:
        logging.bind_job(held.job)
        try:
            if self.reporter.report(held, outcome) is ReportResult.REFUSED:
                self._memory.refused.set(held.key, held.retries)
        except Exception:
            metrics.greenlets_died["hand-back"] += 1
            log.exception("greenlet.died", greenlet="hand-back")
        finally:
            held.settled()
            self.extender.forget(held)

    def _may_send(self, held: HeldJob) -> bool:
        """Tell whether a failure or hand-back may be sent: the job is ours, and stays so until it has arrived."""
        return self.extender.secure(held, held.lease.may_send) or self._arrives(held)

    def _arrives(self, held: HeldJob) -> bool:
        return held.lease.arrives(self._clock(), self.extender.durations.usual_s)

    # -- a stop -------------------------------------------------------------------------------------------------------
    def begin_stop(self) -> None:
        """Take no more jobs: what a poll still brings is handed back; and count anew what becomes of them."""
        self.stopping = True
        self.report = StopReport()

    def hand_back_waiting(self, job_type: str | None = None) -> None:
        """Hand back what has no slot yet, or no thread of a child process; of one type if it is given."""
        loop = gevent.get_hub().loop
        for held in self.jobs():
            if job_type not in (None, held.settings.job_type):
                continue
            if held.stage is Stage.WAITING:
                self.hand_back_soon(held)
            elif held.is_queued():
                loop.run_callback(self._unqueue, held)

    def _unqueue(self, held: HeldJob) -> None:
        """In the hub: hand a job back whose handler has yet to begin, unless it began meanwhile."""
        if held.is_queued():
            held.stops()
            held.strike(HandlerStopped("the worker stops"))
            self.hand_back_soon(held)

    def wait_until_idle(self, deadline_s: float) -> None:
        """Wait until no job is in hand, or until the deadline on the monotonic clock."""
        while self.jobs() and (left_s := deadline_s - time.monotonic()) > 0:
            self.idle.clear()
            self.idle.wait(left_s)

    def stop_handlers(self) -> None:
        """Stop the handlers that still run."""
        loop = gevent.get_hub().loop
        for held in self.jobs():
            loop.run_callback(self._stop_handler, held)
        gevent.sleep(0)  # until they have run

    def _stop_handler(self, held: HeldJob) -> None:
        """In the hub: stop a handler, unless it ended while this was about to be done, and its outcome is under way."""
        if held.is_in_handler():
            self.report.interrupted.append(held.key)
            held.stops()
            held.strike(HandlerStopped("the worker stops"))

    def hand_back_the_rest(self, within_s: float) -> None:
        """Hand back all that is in hand and not being reported; what is left after that time is abandoned."""
        for held in self.jobs():
            if held.stage is not Stage.REPORTING:
                self.hand_back_soon(held)
        # Those too that a poll brought after the deadline.
        self.hand_backs.join(timeout=within_s)
        self.report.abandoned.extend(held.key for held in self.jobs())


def _verdict(held: HeldJob) -> DeathVerdict | None:
    """Return why a job is condemned, if the parent of this process says so."""
    table = job_table.current
    return None if table is None else table.verdict(held.key)
