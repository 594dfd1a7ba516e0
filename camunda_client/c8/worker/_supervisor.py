"""Start, watch and stop all workers of a process.

Stopping keeps this order: ask no more, let open polls return, hand back what they bring, let handlers finish with
their leases extended, and only at the deadline stop handlers and hand their jobs back.
"""

from __future__ import annotations

import contextvars
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client.c8._backoff import Backoff
from camunda_client.c8.worker._commands import Commands
from camunda_client.c8.worker._execution import Execution, HandlerStopped
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.c8.worker._lease import Keeper
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._reporter import Fate, Reporter
from camunda_client.c8.worker._slots import Slots

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._registry import WorkerSettings
    from camunda_client.config import C8Config

log = logging.get_logger(__name__)

#: Seconds for handing back the jobs of stopped handlers, beyond the drain's own deadline.
_HAND_BACK_S = 5.0


@dataclass
class StopReport:
    """What became of the jobs of a worker that stopped."""

    #: Jobs whose outcome Camunda took since the stop began.
    completed: int = 0
    #: Jobs given back unworked, for others to take at once.
    handed_back: int = 0
    #: Keys of jobs whose handler was stopped at the deadline; they were handed back and will be worked anew.
    interrupted: list[str] = field(default_factory=list)
    #: Keys of jobs that Camunda could not be told about; they come back when their lease ends.
    abandoned: list[str] = field(default_factory=list)
    #: Seconds that the stop took.
    duration_s: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every job in hand was answered, or handed back untouched."""
        return not self.interrupted and not self.abandoned


class Supervisor:
    """The running workers of one process."""

    def __init__(self, config: C8Config, workers: list[WorkerSettings]) -> None:
        """Prepare; :meth:`start` begins."""
        self._config = config
        self._commands = Commands(config)
        self._reporter = Reporter(self._commands)
        self._keeper = Keeper(self._commands, self._hand_back_soon)
        self._slots = Slots(config.worker.pool)
        self._execution = Execution(contextvars.copy_context(), self._keeper, self._reporter)
        self._pollers = {
            settings.job_type: Poller(settings, self._commands, self._slots, len(workers), self._accept)
            for settings in workers
        }
        self._held: dict[str, Held] = {}
        self._greenlets: list[gevent.Greenlet[..., None]] = []
        self._stopping = False
        self._idle = Event()
        self._report = StopReport()

    @property
    def in_flight(self) -> int:
        """Jobs in hand, waiting and reporting ones included."""
        return len(self._held)

    @property
    def pollers(self) -> dict[str, Poller]:
        """The pollers by job type."""
        return self._pollers

    def held_jobs(self) -> list[Held]:
        """Return the jobs in hand."""
        return list(self._held.values())

    def start(self) -> None:
        """Begin to poll; returns at once."""
        self._keeper.start()
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
        log.info("shutdown.started", in_flight=len(self._held), drain_timeout_s=drain_timeout_s)
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
        self._keeper.stop()
        self._commands.close()
        return self._told(started_s)

    def _told(self, started_s: float) -> StopReport:
        report = self._report
        report.duration_s = round(time.monotonic() - started_s, 3)
        if report.clean:
            log.info("shutdown.drained", **asdict(report))
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
                metrics.count("poller_restarts", poller.settings.job_type)
                log.exception("poller.restarted", job_type=poller.settings.job_type, crashes=crashes)
                gevent.sleep(backoff.wait_s(crashes))

    def _accept(self, job: ActivatedJob, settings: WorkerSettings) -> None:
        """Take a job into our hands; must not block."""
        held = Held(job, settings, time.monotonic())
        twin = self._held.get(job.job_key)
        if twin is not None:
            # Our lease ran out (an outage) and Camunda offered the job again while we still have it: the new
            # activation is simply a new lease. Starting it a second time would repeat what the handler did.
            twin.renew(held.received_s)
            twin.lost = False
            self._keeper.watch(twin)
            self._pollers[settings.job_type].active -= 1
            metrics.count("jobs_duplicate", settings.job_type)
            log.warning("job.duplicate_suppressed", job_key=job.job_key, job_type=settings.job_type)
            return
        self._held[job.job_key] = held
        if self._stopping:
            self._hand_back_soon(held)
            return
        if self._slots.free > 0:
            held.stage = Stage.RUNNING
        self._keeper.watch(held)
        self._slots.run(lambda: self._work(held))

    def _work(self, held: Held) -> None:
        """In a slot: run the job, unless it was handed back while it waited."""
        if held.stage is Stage.WAITING:
            self._keeper.forget(held)
            held.stage = Stage.RUNNING
            self._keeper.watch(held)
        if held.stage is Stage.RUNNING:
            self._execution.work(held, self._ended)

    def _ended(self, held: Held, outcome: Outcome | None, fate: Fate | None) -> None:
        if outcome is None:
            return  # the handler was stopped; _force() deals with the job
        if fate is Fate.SETTLED and self._stopping:
            self._report.completed += 1
        elif fate is not Fate.GONE and fate is not Fate.SETTLED:
            self._report.abandoned.append(held.key)
        self._release(held)

    def _release(self, held: Held) -> None:
        held.stage = Stage.SETTLED
        if self._held.pop(held.key, None) is not None:
            self._pollers[held.settings.job_type].released()
        if not self._held:
            self._idle.set()

    def _hand_back_soon(self, held: Held) -> None:
        """Hand a job back without blocking the caller."""
        held.stage = Stage.REPORTING
        gevent.spawn(self._hand_back, held)

    def _hand_back(self, held: Held) -> None:
        logging.bind_job(held.job)
        if self._reporter.hand_back(held) is Fate.SETTLED:
            self._report.handed_back += 1
        else:
            self._report.abandoned.append(held.key)
        self._release(held)

    def _wait_until_idle(self, deadline_s: float) -> None:
        """Wait until no poll is open and no job in hand, or until the deadline."""
        gevent.joinall(self._greenlets, timeout=max(deadline_s - time.monotonic(), 0))
        while self._held and (left_s := deadline_s - time.monotonic()) > 0:
            self._idle.clear()
            self._idle.wait(left_s)

    def _stop_handlers(self) -> None:
        for held in self.held_jobs():
            if held.greenlet is not None and held.stage is Stage.RUNNING:
                self._report.interrupted.append(held.key)
                held.greenlet.kill(HandlerStopped("the worker stops"), block=False)

    def _wait_for_polls(self) -> None:
        """Let open polls return, even beyond the deadline: a job handed back now would go to one of them."""
        ends_s = [poller.parked_until_s for poller in self._pollers.values() if poller.parked_until_s is not None]
        gevent.joinall(self._greenlets, timeout=max(max(ends_s, default=0) - time.monotonic(), 0))
        late = [job_type for job_type, poller in self._pollers.items() if poller.parked_until_s is not None]
        if late:
            # A gateway that doesn't answer. What it may still hand to these comes back when its lease ends.
            log.error("shutdown.polls_abandoned", job_types=late)

    def _hand_back_the_rest(self) -> None:
        waiting = [held for held in self.held_jobs() if held.stage is not Stage.REPORTING]
        gevent.joinall([gevent.spawn(self._hand_back, held) for held in waiting], timeout=_HAND_BACK_S)
        self._report.abandoned.extend(self._held)
