"""The process's one set of workers: registered, started, stopped; and left to the parent by what a handler forks."""

from __future__ import annotations

import atexit
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
from gevent import hub

from camunda_client import config, patching
from camunda_client import log as logging
from camunda_client._process.last_resort import LastResort
from camunda_client.c8.models import job as job_model
from camunda_client.c8.worker import _integrations, _signals
from camunda_client.c8.worker._blocking import blocking_modules
from camunda_client.c8.worker._handlers import JobWorker, camunda_worker, check_unique, queue
from camunda_client.c8.worker._health import Health, JobInHand, StopReport, in_hand, tell_jobs_in_hand
from camunda_client.c8.worker._hub_errors import HubErrors
from camunda_client.c8.worker._offload import Offload
from camunda_client.c8.worker._settings import resolve
from camunda_client.c8.worker._supervisor import Supervisor
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._checks import Milliseconds, Names
    from camunda_client.c8.worker._offload import Loader
    from camunda_client.c8.worker._settings import WorkerSettings

log = logging.get_logger(__name__)

#: What can be asked of running workers.
ACTIONS = ("pause", "resume", "drain")


class CamundaWorkerManager:
    """The workers of this process; every call of the class gives the same object."""

    _only: ClassVar[CamundaWorkerManager | None] = None
    _workers: list[JobWorker]
    _running: Supervisor | None
    #: The child processes of handlers with run_in="process".
    _offload: Offload | None
    #: How a command imports its target, for them to do the same.
    _loader: ClassVar[Loader | None] = None
    _hub_errors: HubErrors
    _last_resort: LastResort
    #: The stop that is under way, for those who ask again.
    _stop: gevent.Greenlet[..., StopReport] | None

    def __new__(cls) -> CamundaWorkerManager:
        if cls._only is None:
            cls._only = super().__new__(cls)
            cls._only._workers = []
            cls._only._running = cls._only._offload = None
            cls._only._stop = None
        return cls._only

    @property
    def workers(self) -> list[JobWorker]:
        """The registered workers."""
        return list(self._workers)

    @property
    def running(self) -> Supervisor | None:
        """The running workers, if they run."""
        return self._running

    def health(self) -> Health:
        """See :func:`health`."""
        if self._running is None:
            return Health(alive=False, running=False, leader=None)
        found = self._running.health()
        if self._offload is None or self._offload.is_well():
            return found
        return replace(found, alive=False, dead=[*found.dead, "offload"])

    def add_worker(self, worker: JobWorker) -> None:
        """Register a worker; it begins with the next start."""
        self._workers.append(worker)

    def keep_workers(self, keep: Callable[[JobWorker], bool]) -> None:
        """Forget the registered workers that ``keep`` says no to."""
        self._workers = [worker for worker in self._workers if keep(worker)]

    def start_workers(
        self, *, on_signal: Callable[[int], object] = _signals.end_main, drain_timeout_s: float | None = None
    ) -> None:
        """See :func:`start_camunda_workers`.

        Args:
            on_signal: Called at the first signal to end; may only schedule.
            drain_timeout_s: What the stop will be given; default ``worker.drainTimeout``.
        """
        if self._running is not None:
            log.warning("workers.already_started")
            return
        if patching.is_left_unpatched():
            raise ConfigurationError(
                "the import starts workers, and a child process (run_in='process') imports the same module: call "
                "start_camunda_workers() under if __name__ == '__main__', or leave it to camunda-client worker"
            )
        logging.configure_if_unconfigured()
        if not self._workers:
            log.warning("workers.none_registered", remedy="use @camunda_worker and register_workers()")
            return
        check_unique(self._workers)
        _integrations.install(_integrations.wanted())
        settings = config.get_config()
        workers = [resolve(worker, settings) for worker in self._workers]
        if not patching.is_patched():
            raise ConfigurationError(
                "blocking calls are not cooperative: CAMUNDA_CLIENT_PATCH=0 is set and nothing called "
                "gevent.monkey.patch_all(); unset it, or patch as the very first thing in the program"
            )
        chosen = list(zip(self._workers, workers, strict=True))
        _tell_about_blocking_code(chosen)
        workers = self._with_offload(chosen, settings)
        patching.tell_of_alarms(_tell_of_alarm)
        logging.keep_lines(settings.worker.failure_log_lines)
        if drain_timeout_s is None:
            drain_timeout_s = settings.worker.drain_timeout / 1000
        # There is one timer of that kind to a process: an application's tests, or itself, may use it.
        blocked_limit_s = settings.worker.blocked_limit / 1000 if _signals.is_command() else 0.0
        last_resort = self._last_resort = LastResort(drain_timeout_s, blocked_limit_s)

        def end(number: int) -> None:
            last_resort.begin()
            on_signal(number)

        try:
            self._running = Supervisor(settings, workers, last_resort)
        except BaseException:
            self._stop_offload()
            raise
        self._hub_errors = HubErrors(is_command=_signals.is_command())
        self._hub_errors.start()
        job_model.ask_whether_held(self._running.is_held)
        _signals.install(end, self._tell_soon)
        atexit.register(self.stop_workers)
        self._running.start()

    def _with_offload(
        self, workers: list[tuple[JobWorker, WorkerSettings]], settings: config.C8Config
    ) -> list[WorkerSettings]:
        """Start child processes for the handlers that run in some, and return all workers' settings with those."""
        chosen = [one for one in workers if one[1].run_in == "process"]
        if not chosen:
            return [worker for _, worker in workers]
        offload = Offload(chosen, settings.worker, self._loader, self._is_held)
        offload.start(settings.worker.blocked_limit / 1000)
        self._offload = offload
        return [offload.taken(worker) if worker.run_in == "process" else worker for _, worker in workers]

    def _stop_offload(self) -> None:
        offload, self._offload = self._offload, None
        if offload is not None:
            offload.stop()

    def _is_held(self, key: str) -> bool | None:
        return None if self._running is None else self._running.is_held(key)

    @classmethod
    def be_command(cls, *, has_parent: bool, loader: Loader | None = None) -> None:
        """Say that this process is ``camunda-client worker``, perhaps one of several under a parent.

        ``loader`` imports its target, as module, function and argument.
        """
        cls._loader = loader
        _signals.be_command(has_parent=has_parent)

    @staticmethod
    def run_signal_handlers() -> None:
        """Call, at the end of a command, what the application has for the signal that ended it."""
        _signals.run_theirs()

    def stop_workers(self, drain_timeout_s: float | None = None) -> StopReport:
        """See :func:`stop_camunda_workers`."""
        running = self._running
        if running is None:
            return StopReport()
        if self._stop is None:
            if drain_timeout_s is None:
                drain_timeout_s = config.get_config().worker.drain_timeout / 1000
            # In a greenlet of its own: called from a handler, it would be stopped together with that handler.
            self._stop = gevent.spawn(self._stop_running, running, drain_timeout_s)
        if gevent.getcurrent() is gevent.get_hub():
            return StopReport()  # from a signal handler that met the hub, where nothing may wait
        return self._stop.get()

    def _stop_running(self, running: Supervisor, drain_timeout_s: float) -> StopReport:
        try:
            return running.stop(drain_timeout_s)
        finally:
            self._stop_offload()
            self._running = self._stop = None
            job_model.ask_whether_held(None)
            atexit.unregister(self.stop_workers)
            self._hub_errors.stop()
            if not _signals.is_command():
                self._last_resort.cancel()
            _signals.restore()

    def _tell_soon(self) -> None:
        """Log what is in hand, from a greenlet: in a signal handler nothing may wait."""
        running = self._running
        if running is not None:
            gevent.get_hub().loop.run_callback(gevent.spawn, tell_jobs_in_hand, running.held_jobs())

    @classmethod
    def leave_to_parent(cls) -> None:
        """In a process that was just forked: leave workers that run to its parent."""
        manager = cls._only
        if manager is None or manager._running is None:
            return
        manager._running = manager._offload = manager._stop = None
        atexit.unregister(manager.stop_workers)
        _signals.restore()
        start_anew()

    @classmethod
    def forget(cls) -> None:
        """Forget everything registered; running workers are stopped first."""
        if cls._only is not None:
            cls._only.stop_workers()
        cls._only = None


os.register_at_fork(after_in_child=CamundaWorkerManager.leave_to_parent)


def add_job_worker(
    job_type: str,
    handler: Callable[..., Any],
    polling_interval: Milliseconds | None = None,
    worker: str | None = None,
    timeout: Milliseconds | None = None,
    max_jobs_to_activate: int | None = None,
    fetch_variables: Names | None = None,
    request_timeout: Milliseconds | None = None,
    tenant_ids: Names | None = None,
    **options: Any,
) -> None:
    """Register a handler at once, without a decorator; the arguments are those of :func:`camunda_worker`."""
    camunda_worker(
        job_type,
        polling_interval,
        worker,
        timeout,
        max_jobs_to_activate,
        fetch_variables,
        request_timeout,
        tenant_ids,
        **options,
    )(handler)
    register_workers()


def register_workers() -> None:
    """Hand all decorated handlers to the process's manager; again does nothing more."""
    manager = CamundaWorkerManager()
    while queue:
        manager.add_worker(queue.pop(0))


def start_camunda_workers() -> None:
    """Begin to work jobs for all registered workers, and return at once.

    The application keeps its main thread alive, as with ``while True: time.sleep(2)``. SIGTERM, SIGHUP and Ctrl+C end
    that loop, unless the application handles them itself; then, or at the end of the program, the workers are stopped.
    A Camunda that can't be reached is asked again until it answers.

    Raises:
        ConfigurationError: Two handlers for one job type, or a setting that can't be.
        RuntimeError: ``initialize_config()`` was not called.
    """
    CamundaWorkerManager().start_workers()


def stop_camunda_workers(drain_timeout_s: float | None = None) -> StopReport:
    """Stop asking for jobs, finish those in hand, hand back the rest; may be called at any time and again.

    A second call joins the stop that is under way. Called by a handler, it waits for that handler like for all others,
    so that it ends at the deadline; called in a signal handler, it may return at once and go on in the background.

    Args:
        drain_timeout_s: Seconds for handlers to finish; default ``worker.drainTimeout``.

    Returns:
        What was completed, handed back and abandoned since the call.
    """
    return CamundaWorkerManager().stop_workers(drain_timeout_s)


def health() -> Health:
    """Return the truth about the workers of this process, for a liveness probe; cheap, and without I/O.

    ``alive`` is only true if the workers run, every job type was polled with success within three request time-outs,
    and the topology shows a partition with a leader: with its broker down, Camunda still answers polls, emptily.
    """
    return CamundaWorkerManager().health()


def change_workers(
    job_type: str | None = None, *, action: str | None = None, max_jobs_active: int | None = None
) -> list[str]:
    """Change how running workers work, until they are stopped; returns at once.

    Args:
        job_type: Which; all unless given.
        action: ``pause`` asks for no more jobs, and finishes those in hand. ``drain`` also hands back what has not
            started; ``health()`` says ``drained`` once nothing is in hand. ``resume`` ends either. What a poll brings
            that was open meanwhile is handed back untouched.
        max_jobs_active: Jobs of a type in flight at most from now on; those beyond it finish.

    Returns:
        The job types that were changed.

    Raises:
        ConfigurationError: There is no such type or action, nothing runs, or the number is below 1.
    """
    running = CamundaWorkerManager().running
    if running is None:
        raise ConfigurationError("no workers run that could be changed: call start_camunda_workers() first")
    if action not in (None, *ACTIONS) or (action is None and max_jobs_active is None):
        raise ConfigurationError(
            f"action is {action!r}: it must be one of {', '.join(ACTIONS)}, or set max_jobs_active"
        )
    if max_jobs_active is not None and max_jobs_active < 1:
        raise ConfigurationError(f"max_jobs_active is {max_jobs_active}: it must be at least 1; use pause for none")
    if job_type is not None and job_type not in running.job_types:
        raise ConfigurationError(f"no worker of this process has job type {job_type!r}: {', '.join(running.job_types)}")
    changed = [job_type] if job_type is not None else running.job_types
    running.change(changed, action, max_jobs_active)
    return changed


def registered_workers() -> list[JobWorker]:
    """Return all handlers of this process, oldest first: registered ones, and decorated ones that are not yet."""
    return [*CamundaWorkerManager().workers, *queue]


def jobs_in_hand(most: int | None = None) -> list[JobInHand]:
    """Return the jobs that the workers of this process have, and where the handler of each stands; without I/O.

    Args:
        most: No more than these, the oldest first. Without it all, in no order; a stack takes 5 µs.
    """
    running = CamundaWorkerManager().running
    jobs = [] if running is None else running.held_jobs()
    if most is not None:
        jobs = sorted(jobs, key=lambda held: held.received_s)[:most]
    return in_hand(jobs)


def clear() -> None:
    """Forget all registered and decorated workers; for tests."""
    CamundaWorkerManager.forget()
    queue.clear()


def _tell_about_blocking_code(workers: list[tuple[JobWorker, WorkerSettings]]) -> None:
    """Say, once, what can't be made cooperative: it would stop every job of the process while it waits."""
    report = patching.patch()
    if report.late:
        log.warning("patch.applied_late", **report.log_fields())
    for found in blocking_modules(workers):
        log.warning("patch.blocking_module", module=found.module, handlers=found.handlers[:20], remedy=found.remedy)


def _tell_of_alarm(place: str) -> None:
    """Say, once, that a handler limits itself by SIGALRM."""
    log.warning("signal.alarm_used", place=place, remedy=patching.ALARM_REMEDY)


def start_anew() -> None:
    """Give a process that was just forked a loop of its own, on which nothing goes on but the code that forked.

    A fork copies every greenlet. Run by the child's loop, they would do everything once more: poll, work and report on
    the connections of the parent, and end handlers that were half-way when it forked.
    """
    loop = gevent.get_hub().loop
    if loop.default:  # not that of a native thread, on which no worker runs
        hub.set_loop(None)  # type: ignore[attr-defined]
        hub.set_hub(None)  # type: ignore[attr-defined]
        # There is one default loop to a process: the next one would have all that this one had.
        loop.destroy()
