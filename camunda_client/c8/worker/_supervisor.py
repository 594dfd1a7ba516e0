"""Start, watch and stop all workers of a process.

Stopping keeps this order: ask no more, let open polls return, hand back what they bring, let handlers finish with
their leases extended, and only at the deadline stop handlers and hand their jobs back.
"""

from __future__ import annotations

import contextvars
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.pool import Group

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client.c8._backoff import Backoff
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._commands import Commands
from camunda_client.c8.worker._execution import Execution, HandlerStopped
from camunda_client.c8.worker._handler_watch import HandlerWatch
from camunda_client.c8.worker._health import ClusterWatch, Health, type_health
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.c8.worker._lease import Keeper
from camunda_client.c8.worker._memory import Memory
from camunda_client.c8.worker._outcome import Outcome, failure
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._reporter import Fate, Reporter
from camunda_client.c8.worker._retries import retries_left
from camunda_client.c8.worker._slots import Slots
from camunda_client.c8.worker._stop_report import StopReport
from camunda_client.c8.worker._watchdog import Watchdog

if TYPE_CHECKING:
    from camunda_client.c8._last_resort import LastResort
    from camunda_client.c8.worker._intake import UnreadableJob
    from camunda_client.c8.worker._registry import WorkerSettings
    from camunda_client.config import C8Config

log = logging.get_logger(__name__)

#: Lost leases of one job after which it is failed with an incident.
POISON_LIMIT = 5
#: Seconds for handing back the jobs of stopped handlers, beyond the drain's own deadline.
_HAND_BACK_S = 5.0


class Supervisor:
    """The running workers of one process."""

    def __init__(self, config: C8Config, workers: list[WorkerSettings], last_resort: LastResort) -> None:
        """Prepare; :meth:`start` begins."""
        self._commands = Commands(config)
        self._reporter = Reporter(self._commands, config.worker.max_connections)
        self._memory = Memory()
        self._keeper = Keeper(self._commands, self._hand_back_soon)
        self._slots = Slots(config.worker.pool, self._work, self._tell)
        self._execution = Execution(contextvars.copy_context(), self._reporter, self._memory)
        self._pollers = {
            settings.job_type: Poller(
                settings, self._commands, self._slots, self._reporter, len(workers), self._accept, self._reject
            )
            for settings in workers
        }
        self._handler_watch = HandlerWatch(self.held_jobs)
        self._cluster = ClusterWatch(self._commands)
        self._watchdog = Watchdog(last_resort, config.worker.blocked_limit / 1000)
        self._greenlets: list[gevent.Greenlet[..., None]] = []
        #: Those that hand jobs back, or fail unreadable ones.
        self._hand_backs = Group()
        self._stopping = False
        self._idle = Event()
        self._report = StopReport()

    def held_jobs(self) -> list[Held]:
        """Return the jobs in hand, waiting and reporting ones included."""
        return [held for poller in self._pollers.values() for held in poller.held.values()]

    def is_held(self, key: str) -> bool | None:
        """Return whether a job is still ours; ``None`` if it is not in hand."""
        for poller in self._pollers.values():
            held = poller.held.get(key)
            if held is not None:
                return held.is_ours()
        return None

    def health(self) -> Health:
        """Return how the workers are."""
        types = [type_health(poller) for poller in self._pollers.values()]
        return Health(
            alive=not self._stopping and bool(self._cluster.leader) and all(one.alive for one in types),
            running=not self._stopping,
            leader=self._cluster.leader,
            in_flight=sum(one.active for one in types),
            stuck=sum(one.stuck for one in types),
            types=types,
        )

    def start(self) -> None:
        """Begin to poll; returns at once."""
        metrics.start(self._pollers)
        self._keeper.start()
        self._cluster.start()
        self._watchdog.start()
        self._handler_watch.start()
        for poller in self._pollers.values():
            self._greenlets.append(gevent.spawn(self._keep_polling, poller))
        log.info("workers.started", job_types=sorted(self._pollers), pool=self._slots.size)

    def stop(self, drain_timeout_s: float) -> StopReport:
        """Stop as the module's docstring tells, and return what became of the jobs in hand.

        Args:
            drain_timeout_s: Seconds for open polls to return and handlers to finish.
        """
        started_s = time.monotonic()
        deadline_s = started_s + drain_timeout_s
        self._stopping = True
        self._report = StopReport()
        # An idle worker's polls may be parked for seconds yet; whoever pressed Ctrl+C should know what is waited for.
        ends_s = [poller.parked_until_s for poller in self._pollers.values() if poller.parked_until_s is not None]
        log.info(
            "shutdown.started",
            in_flight=len(self.held_jobs()),
            drain_timeout_s=drain_timeout_s,
            open_polls=len(ends_s),
            polls_end_within_s=round(max(max(ends_s, default=0) - started_s, 0), 1),
        )
        for poller in self._pollers.values():
            poller.stop()
        for held in self.held_jobs():
            if held.stage is Stage.WAITING:
                self._hand_back_soon(held)
        self._wait_until_idle(deadline_s)
        self._stop_handlers()
        self._wait_for_polls()
        self._hand_back_the_rest()
        gevent.killall(self._greenlets, block=False)
        self._cluster.stop()
        self._keeper.stop()
        self._watchdog.stop()
        self._handler_watch.stop()
        self._commands.close()
        self._slots.close()
        return self._told(started_s)

    def _told(self, started_s: float) -> StopReport:
        report = self._report
        report.duration_s = round(time.monotonic() - started_s, 3)
        if report.clean:
            counts = {"completed": report.completed, "handed_back": report.handed_back}
            log.info("shutdown.drained", **counts, duration_s=report.duration_s)
        else:
            log.error("shutdown.forced", **asdict(report))
        return report

    def _keep_polling(self, poller: Poller) -> None:
        """Run a poller for as long as the worker lives, whatever happens to it."""
        backoff, crashes = Backoff(first_s=0.5, ceiling_s=30.0), 0
        while not self._stopping:
            try:
                poller.run()
            except Exception:
                crashes += 1
                metrics.poller_restarts[poller.settings.job_type] += 1
                log.exception("poller.restarted", job_type=poller.settings.job_type, crashes=crashes)
                gevent.sleep(backoff.wait_s(crashes))

    def _accept(self, job: ActivatedJob, settings: WorkerSettings) -> None:
        """Take a job into our hands; must not block."""
        poller = self._pollers[settings.job_type]
        twin = poller.held.get(job.job_key)
        held = Held(job, settings, time.monotonic())
        if twin is None:
            self._take(held)
        elif twin.is_failed():
            # Nothing is left to be told of the twin; when that is through, this one's turn comes.
            twin.lost = True
            twin.successor = held
        else:
            self._renewed(twin)

    def _take(self, held: Held) -> None:
        settings = held.settings
        poller = self._pollers[settings.job_type]
        # A late poll's jobs may come on top of those of the next one.
        surplus = poller.active >= settings.cap
        poller.held[held.key] = held
        metrics.jobs_in_flight[settings.job_type] += 1
        if self._stopping or surplus:
            self._hand_back_soon(held)
            return
        if self._slots.free > 0:
            held.stage = Stage.RUNNING
        self._keeper.watch(held)
        self._slots.run(held)

    def _renewed(self, twin: Held) -> None:
        """Deal with a job that is offered again while we have it: our lease ran out, but nobody else took it.

        The new activation is simply a new lease. Starting the job a second time would repeat what its handler did.
        """
        losses = self._memory.lost(twin.key)
        twin.renew(time.monotonic())
        twin.lost = False
        self._keeper.forget(twin)
        self._keeper.watch(twin)
        metrics.jobs_duplicate[twin.settings.job_type] += 1
        log.warning("job.duplicate_suppressed", job_key=twin.key, job_type=twin.settings.job_type, leases_lost=losses)

    def _reject(self, unreadable: UnreadableJob, settings: WorkerSettings) -> None:
        """Fail a job that can't be read, rather than have it come back for ever; must not block."""
        metrics.jobs_unreadable[settings.job_type] += 1
        key, problem = unreadable.job_key, str(unreadable)
        log.error("job.unreadable", job_type=settings.job_type, job_key=key, problem=problem)
        if key is None:
            return  # nothing to address it by; it comes back when its lease ends
        job = ActivatedJob.model_validate({"jobKey": key, "type": settings.job_type, "retries": unreadable.retries})
        held = Held(job, settings, time.monotonic())
        outcome = failure(f"the worker could not read this job: {problem}", retries=retries_left(unreadable.retries))
        self._hand_backs.spawn(self._fail_unread, held, outcome)

    def _fail_unread(self, held: Held, outcome: Outcome) -> None:
        logging.bind_job(held.job)
        self._reporter.report(held, outcome)

    def _work(self, held: Held) -> None:
        """In a greenlet of the job's own: run its handler, unless it was handed back while it waited."""
        if held.stage is Stage.WAITING:
            self._keeper.forget(held)
            held.stage = Stage.RUNNING
            self._keeper.watch(held)
        if held.stage is Stage.RUNNING and not self._is_poison(held):
            self._execution.work(held)

    def _tell(self, held: Held) -> None:
        """In another greenlet, when that has ended: report what it came to."""
        if held.context is not None:
            self._execution.tell(held, self._ended)
        elif held.stage is Stage.RUNNING:
            self._poisoned(held)

    def _is_poison(self, held: Held) -> bool:
        return self._memory.losses.get(held.key, 0) >= POISON_LIMIT

    def _poisoned(self, held: Held) -> None:
        """Fail a job that cost us its lease again and again, with an incident, rather than loop for ever."""
        logging.bind_job(held.job)
        losses = self._memory.losses.take(held.key)
        log.error("job.poisoned", leases_lost=losses)
        told = (
            f"this job came back after {losses} lost leases of worker {held.settings.worker!r}: its handler blocks the "
            "whole process (see hub.blocked in the log) or outlasts its lease; mend that, then resolve the incident"
        )
        self._ended(held, self._reporter.report(held, failure(told, retries=0)))

    def _ended(self, held: Held, fate: Fate | None) -> None:
        if fate is None:
            return  # the handler was stopped; its job is handed back
        if fate is Fate.LOST:
            if held.left_s() <= 0:
                self._memory.lost(held.key)
            if self._stopping:
                self._report.abandoned.append(held.key)
        elif fate is Fate.SETTLED and self._stopping:
            self._report.completed += 1
        self._release(held)

    def _release(self, held: Held) -> None:
        held.stage = Stage.SETTLED
        self._keeper.forget(held)
        poller = self._pollers[held.settings.job_type]
        if poller.held.get(held.key) is held:
            poller.released(held)
            metrics.jobs_in_flight[held.settings.job_type] -= 1
        if held.successor is not None:
            self._take(held.successor)
        if self._stopping and not self.held_jobs():
            self._idle.set()

    def _hand_back_soon(self, held: Held) -> None:
        """Hand a job back without blocking the caller."""
        held.stage = Stage.REPORTING
        self._hand_backs.spawn(self._hand_back, held)

    def _hand_back(self, held: Held) -> None:
        logging.bind_job(held.job)
        fate = self._reporter.hand_back(held)
        if fate is Fate.SETTLED:
            self._report.handed_back += 1
        elif fate is Fate.LOST:
            self._report.abandoned.append(held.key)
        self._release(held)

    def _wait_until_idle(self, deadline_s: float) -> None:
        """Wait until no poll is open and no job in hand, or until the deadline."""
        gevent.joinall(self._greenlets, timeout=max(deadline_s - time.monotonic(), 0))
        while self.held_jobs() and (left_s := deadline_s - time.monotonic()) > 0:
            self._idle.clear()
            self._idle.wait(left_s)

    def _stop_handlers(self) -> None:
        loop = gevent.get_hub().loop
        for held in self.held_jobs():
            loop.run_callback(self._stop_handler, held)
        gevent.sleep(0)  # until they have run

    def _stop_handler(self, held: Held) -> None:
        """In the hub: stop a handler, unless it ended while this was about to be done, and its outcome is under way."""
        if held.greenlet is not None and held.stage is Stage.RUNNING:
            self._report.interrupted.append(held.key)
            held.stopped = True
            held.greenlet.throw(HandlerStopped("the worker stops"))

    def _wait_for_polls(self) -> None:
        """Let open polls return, even beyond the deadline: a job handed back now would go to one of them."""
        ends_s = [poller.parked_until_s for poller in self._pollers.values() if poller.parked_until_s is not None]
        gevent.joinall(self._greenlets, timeout=max(max(ends_s, default=0) - time.monotonic(), 0))
        late = [job_type for job_type, poller in self._pollers.items() if poller.parked_until_s is not None]
        if late:
            # A gateway that doesn't answer. What it may still hand to these comes back when its lease ends.
            log.error("shutdown.polls_abandoned", job_types=late)

    def _hand_back_the_rest(self) -> None:
        for held in self.held_jobs():
            if held.stage is not Stage.REPORTING:
                self._hand_back_soon(held)
        # Those too that a poll brought after the deadline.
        self._hand_backs.join(timeout=_HAND_BACK_S)
        self._report.abandoned.extend(held.key for held in self.held_jobs())
