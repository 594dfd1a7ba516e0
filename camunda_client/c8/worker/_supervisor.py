"""Start, watch and stop all workers of a process.

Stopping keeps this order: ask no more, let open polls return, hand back what they bring, let handlers finish with
their leases extended, and only at the deadline stop handlers and hand their jobs back.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client._backoff import Backoff
from camunda_client.c8.worker import _async_handlers
from camunda_client.c8.worker._caps import Caps, FarCaps
from camunda_client.c8.worker._custody import Custody
from camunda_client.c8.worker._execution import JobContext
from camunda_client.c8.worker._gateway import Gateway
from camunda_client.c8.worker._health import ClusterWatch, Health, StopReport
from camunda_client.c8.worker._lease import HeldJob
from camunda_client.c8.worker._pace import Offsets
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._resources import settled
from camunda_client.c8.worker._standby import Standby
from camunda_client.c8.worker._watchdog import HandlerWatch, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gevent.event import Event

    from camunda_client._process.last_resort import LastResort
    from camunda_client.c8.worker._settings import WorkerSettings
    from camunda_client.config import C8Config

log = logging.get_logger(__name__)


#: Seconds for handing back the jobs of stopped handlers, beyond the drain's own deadline.
_HAND_BACK_S = 5.0


class Supervisor:
    """The running workers of one process."""

    def __init__(
        self,
        config: C8Config,
        workers: list[WorkerSettings],
        last_resort: LastResort,
        gateway: Gateway | None = None,
    ) -> None:
        """Prepare; :meth:`start` begins. All is sent through ``gateway``, by default the configured one."""
        self._gateway = gateway or Gateway(config)
        self._context = JobContext()
        self._custody = Custody(self._context, self._gateway, config.worker.pool, config.worker.max_connections)
        self._cluster = ClusterWatch(self._gateway)
        self._offsets = Offsets(lambda: self._cluster.partitions)
        used = [resource for settings in workers for resource in settings.resources]
        far = FarCaps.at(config.worker.caps_url.get_secret_value()) if used and config.worker.caps_url else None
        caps = Caps(settled(used, config.api.resources), far=far)
        self._far = far
        workers = [caps.fitted(settings) for settings in workers]
        self._pollers = {
            settings.job_type: Poller(
                settings,
                self._gateway,
                self._custody,
                self._offsets,
                len(workers),
                lambda: self._cluster.has_leases,
                allowance=caps.allowance(settings),
            )
            for settings in workers
        }
        self._handler_watch = HandlerWatch(self.held_jobs)
        self._standby = self._prepared_standby(workers)
        self._watchdog = Watchdog(
            last_resort, self._custody.latest_run, config.worker.blocked_limit / 1000, self._running_jobs
        )
        #: Set when no more jobs are asked for, and when nothing is looked after any more.
        self._stopping, self._ended = Event(), Event()
        self._polling = [
            Supervised("poller", poller.run, self._stopping, partial(_say_poller_died, poller))
            for poller in self._pollers.values()
        ]
        self._watching = [
            Supervised("watchdog", self._watchdog.run, self._ended),
            Supervised("handlers", self._handler_watch.run, self._ended),
            Supervised("leases", self._custody.extender.run, self._ended, self._say_leases_died),
            Supervised("cluster", self._cluster.run, self._ended, self._say_cluster_died),
            *([Supervised("caps", far.run, self._ended)] if far is not None else []),
        ]

    def _prepared_standby(self, workers: list[WorkerSettings]) -> Standby | None:
        """Return what keeps leases while the hub is blocked; ``None`` where none are kept, or only by ``requests``."""
        kept_s = [settings.lease_s for settings in workers if settings.auto_extend]
        route = self._gateway.route()
        if route is None or not kept_s:
            return None
        return Standby(route, self.held_jobs, self._custody.extender, min(kept_s))

    def held_jobs(self) -> list[HeldJob]:
        """Return the jobs in hand, waiting and reporting ones included."""
        return self._custody.jobs()

    def _running_jobs(self) -> int:
        """Return how many handlers are half-way; for a native thread."""
        with suppress(RuntimeError):  # they change meanwhile
            return sum(held.is_in_handler() for held in self.held_jobs())
        return 0

    def is_held(self, key: str) -> bool | None:
        """Return whether a job is still ours; ``None`` if it is not in hand."""
        return self._custody.is_held(key)

    def health(self) -> Health:
        """Return how the workers are."""
        types = [poller.health() for poller in self._pollers.values()]
        dead = sorted({one.name for one in (*self._polling, *self._watching) if not one.is_well})
        running = not self._stopping.is_set()
        return Health(
            alive=running and bool(self._cluster.leader) and not dead and all(one.alive for one in types),
            running=running,
            leader=self._cluster.leader,
            in_flight=sum(one.active for one in types),
            stuck=sum(one.stuck for one in types),
            types=types,
            dead=dead,
        )

    def change(self, job_types: Iterable[str], action: str | None, cap: int | None) -> None:
        """Pause, resume or drain types, or change how many jobs they have in flight at most."""
        for job_type in job_types:
            poller = self._pollers[job_type]
            poller.change(cap, paused=None if action is None else action != "resume")
            poller.drains = action == "drain" if action else poller.drains
            if action == "drain":
                self._custody.hand_back_waiting(job_type)
            log.info("worker.changed", job_type=job_type, action=action, max_jobs_active=cap)

    @property
    def job_types(self) -> list[str]:
        """The types that it polls for."""
        return sorted(self._pollers)

    def start(self) -> None:
        """Begin to poll; returns at once."""
        metrics.start(self._pollers)
        self._watchdog.start()
        if self._standby is not None:
            self._standby.start()
        for part in (*self._watching, *self._polling):
            part.start()
        if self._context.left_out:
            log.debug("context.left_out", variables=self._context.left_out)
        log.info("workers.started", job_types=sorted(self._pollers), pool=self._custody.slots.size)

    def stop(self, drain_timeout_s: float) -> StopReport:
        """Stop as the module's docstring tells, and return what became of the jobs in hand.

        Args:
            drain_timeout_s: Seconds for open polls to return and handlers to finish.
        """
        started_s = time.monotonic()
        deadline_s = started_s + drain_timeout_s
        self._custody.begin_stop()
        self._stopping.set()
        # An idle worker's polls may be parked for seconds yet; who pressed Ctrl+C should know what is waited for.
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
        self._custody.hand_back_waiting()
        gevent.joinall([one.greenlet for one in self._polling], timeout=max(deadline_s - time.monotonic(), 0))
        self._custody.wait_until_idle(deadline_s)
        self._custody.stop_handlers()
        self._wait_for_polls()
        self._custody.hand_back_the_rest(_HAND_BACK_S)
        gevent.killall([one.greenlet for one in self._polling], block=False)
        self._ended.set()
        if self._far is not None:
            self._far.close()
        self._cluster.stop()
        self._custody.extender.stop()
        self._watchdog.stop()
        self._handler_watch.stop()
        if self._standby is not None:
            self._standby.stop()
        _async_handlers.stop()
        self._gateway.close()
        self._custody.slots.close()
        return self._told(started_s)

    def _told(self, started_s: float) -> StopReport:
        report = self._custody.report
        report.duration_s = round(time.monotonic() - started_s, 3)
        if report.clean:
            counts = {"completed": report.completed, "handed_back": report.handed_back}
            log.info("shutdown.drained", **counts, duration_s=report.duration_s)
        else:
            log.error("shutdown.forced", **asdict(report))
        return report

    def _wait_for_polls(self) -> None:
        """Let open polls return, even beyond the deadline: a job handed back now would go to one of them."""
        ends_s = [poller.parked_until_s for poller in self._pollers.values() if poller.parked_until_s is not None]
        gevent.joinall(
            [one.greenlet for one in self._polling], timeout=max(max(ends_s, default=0) - time.monotonic(), 0)
        )
        late = [job_type for job_type, poller in self._pollers.items() if poller.parked_until_s is not None]
        if late:
            # A gateway that doesn't answer. What it may still hand to these comes back when its lease ends.
            log.error("shutdown.polls_abandoned", job_types=late)

    def _say_leases_died(self, deaths: int) -> None:
        log.exception("greenlet.died", greenlet="leases", deaths=deaths)
        self._custody.watch_again()

    def _say_cluster_died(self, deaths: int) -> None:
        self._cluster.died()
        log.exception("greenlet.died", greenlet="cluster", deaths=deaths)


def _say_poller_died(poller: Poller, deaths: int) -> None:
    metrics.poller_restarts[poller.settings.job_type] += 1
    log.exception("poller.restarted", job_type=poller.settings.job_type, crashes=deaths)


_BACKOFF = Backoff(first_s=0.5, ceiling_s=30.0)
#: Seconds of work after which earlier deaths are forgotten.
FORGIVEN_AFTER_S = 60.0


class Supervised:
    """Work that is to go on until ``stopping`` is set, whatever happens to it."""

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        stopping: Event,
        on_death: Callable[[int], object] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Run ``work``, which returns when it is asked to stop.

        ``on_death`` is called with the number of deaths in a row, while the exception is being handled; without it, the
        death is logged as ``greenlet.died``. ``clock`` is the monotonic one unless given.
        """
        self.name = name
        self._work = work
        self._stopping = stopping
        self._on_death = on_death or self._say
        self._clock = clock or time.monotonic
        self._deaths = 0
        #: Whether it works, as opposed to waiting to be started again.
        self.is_well = True
        self.greenlet: gevent.Greenlet[[], None] = gevent.Greenlet(self._run)

    def start(self) -> None:
        """Begin."""
        self.greenlet.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            started_s = self._clock()
            try:
                self._work()
            except gevent.GreenletExit:
                raise  # a stop does not wait any longer
            # A gevent.Timeout that a handler left behind is no Exception, and SystemExit would end the program.
            except BaseException:  # noqa: BLE001
                self._died(self._clock() - started_s)

    def _died(self, worked_s: float) -> None:
        self._deaths = 1 if worked_s > FORGIVEN_AFTER_S else self._deaths + 1
        self.is_well = False
        metrics.greenlets_died[self.name] += 1
        self._on_death(self._deaths)
        self._stopping.wait(_BACKOFF.wait_s(self._deaths))
        self.is_well = True

    def _say(self, deaths: int) -> None:
        log.exception("greenlet.died", greenlet=self.name, deaths=deaths)
