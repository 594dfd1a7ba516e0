"""Handlers that can't yield, in child processes: the worker's side of ``run_in="process"``.

To everything else here such a handler is one that waits: its job has a slot, a lease that is extended, and a greenlet
that can be struck. What strikes it is passed on to the child; a child that does not obey is ended.
"""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

import gevent
from gevent.event import Event

from camunda_client import log as logging
from camunda_client.c8.worker._execution import HandlerTimedOut
from camunda_client.c8.worker._health import in_children
from camunda_client.c8.worker._hooks import Hooks
from camunda_client.c8.worker._lease import HeldJob
from camunda_client.c8.worker._offload import _frames as frames
from camunda_client.c8.worker._offload._plan import plan
from camunda_client.c8.worker._offload._process import ChildProcess, Ended, Run
from camunda_client.c8.worker._outcome import MadeElsewhere, Outcome
from camunda_client.c8.worker._slots import task_of
from camunda_client.config import WorkerConfig
from camunda_client.error import ConfigurationError, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._handlers import JobWorker
    from camunda_client.c8.worker._hooks import JobOutcome
    from camunda_client.c8.worker._offload._plan import Loader
    from camunda_client.c8.worker._settings import Faults, Starts, WorkerSettings

#: Seconds for a handler to end once it was struck. Python code takes microseconds; only code in C goes on.
_OBEY_S: Final = 1.0
#: Seconds for children to end in good order when the worker stops, exit hooks of libraries included.
_END_S: Final = 3.0
#: Seconds without any child process after which jobs are left to other workers; longer where imports take longer.
_PATIENCE_S: Final = 10.0
#: Seconds between two looks whether there is one.
_LOOK_S: Final = 5.0
#: Milliseconds for which such a job is offered to none: this worker would only ask for it again.
_ELSEWHERE_MS: Final = 10_000
#: Jobs of a type in hand at most, for each thread: while one is worked, the next one is on its way.
_AHEAD: Final = 2


class HandlerProcessDied(Exception):
    """The child process that ran a handler has ended meanwhile: the failure of its job (``run_in="process"``)."""


class Offload:
    """The child processes of a worker, and the jobs that wait for a thread of theirs."""

    def __init__(
        self,
        workers: Sequence[tuple[JobWorker, WorkerSettings]],
        config: WorkerConfig,
        loader: Loader | None,
        is_held: Callable[[str], bool | None],
    ) -> None:
        """Prepare for these handlers; :meth:`start` begins.

        Raises:
            ConfigurationError: A child process could not import them.
        """
        self._threads = config.offload_threads
        made = plan(workers, loader, self._threads)
        count = config.offload_processes or _cores()
        self._children = [ChildProcess(number, made, is_held, self._freed) for number in range(1, count + 1)]
        self._waiting: deque[Event] = deque()
        self._patience_s = _PATIENCE_S

    def start(self, limit_s: float) -> None:
        """Start the processes, and wait until the first one has found all handlers.

        Args:
            limit_s: Seconds for its imports; 0 for any time.

        Raises:
            ConfigurationError: It has not; the message says why.
        """
        started_s = time.monotonic()
        for child in self._children:
            child.start()
        ready = gevent.wait([child.first_word for child in self._children], timeout=limit_s or None, count=1)
        refusal = ready[0].get() if ready else f"its imports have not ended after {limit_s:g} s (worker.blockedLimit)"
        if refusal is not None:
            self.stop()
            raise ConfigurationError(f"handlers with run_in='process' have no child process to run in: {refusal}")
        self._patience_s = max(_PATIENCE_S, 2 * (time.monotonic() - started_s))

    def is_well(self) -> bool:
        """Tell whether a child process works, or there has been none for a moment only."""
        return min(child.away_s for child in self._children) < self._patience_s

    def stop(self) -> None:
        """End all processes, for which there is nothing more to do; for a few seconds in good order."""
        for child in self._children:
            child.stop()
        until_s = time.monotonic() + _END_S
        gevent.joinall([gevent.spawn(child.wait, until_s) for child in self._children])

    def taken(self, settings: WorkerSettings) -> WorkerSettings:
        """Return a worker's settings with a handler that has a child process do the work.

        Its hooks run there, and its time limit counts from when a thread has it.
        """
        most = _AHEAD * self._threads * len(self._children)
        limit_s, job_type = settings.handler_timeout_s, settings.job_type

        def handler(job: ActivatedJob) -> NoReturn:
            raise MadeElsewhere(self._worked(job, job_type, limit_s))

        handler.__wrapped__ = settings.handler  # type: ignore[attr-defined]
        hooks = _LeftHooks.of(settings.hooks)
        return replace(settings, handler=handler, handler_timeout_s=None, hooks=hooks, cap=min(settings.cap, most))

    # -- one job ------------------------------------------------------------------------------------------------------
    def _worked(self, job: ActivatedJob, job_type: str, limit_s: float | None) -> Outcome:
        context = logging.job_context.get()
        attempt = 1 if context is None else context.attempt or 1
        facts: dict[str, object] = {"type": job_type, "attempt": attempt}
        body = frames.encoded_job(job)
        found = task_of(gevent.getcurrent())
        settings = found.settings if isinstance(found, HeldJob) else None
        faults, starts = (None, None) if settings is None else (settings.faults, settings.starts)
        while True:
            answer = self._awaited(self._begun(job.job_key, facts, body, faults), starts, limit_s)
            if isinstance(answer, Outcome):
                return answer
            if answer is None:
                raise HandlerProcessDied("the child process lost track of this job; its log has the reason")
            if not answer.blameless:
                raise _death(answer)
            if starts is not None:
                starts.came(job.job_key)

    def _begun(self, key: str, facts: dict[str, object], body: bytes, faults: Faults | None) -> Run:
        """Give a job to the child with the most free threads, when there is one; those who waited come first."""
        has_waited = False
        while True:
            child = max(self._children, key=lambda child: child.free)
            if child.free and (has_waited or not self._waiting):
                return child.begin(key, facts, body, faults)
            with _in_queue():
                self._wait_for_turn(has_waited=has_waited)
            has_waited = True

    def _wait_for_turn(self, *, has_waited: bool) -> None:
        turn = Event()
        # Another may have been quicker than one whose turn it was.
        (self._waiting.appendleft if has_waited else self._waiting.append)(turn)
        try:
            while not turn.wait(_LOOK_S):
                if not self.is_well():
                    raise _nowhere(self._children[0].refusal)
        except BaseException:
            if turn.is_set():
                self._freed()  # the next one's
            else:
                self._waiting.remove(turn)
            raise

    def _freed(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()

    def _awaited(self, run: Run, starts: Starts | None, limit_s: float | None) -> Outcome | Ended | None:
        """Wait for what a job comes to; have its handler ended if this greenlet is struck."""
        timer, greenlet = None, gevent.getcurrent()
        in_children[greenlet] = f"child process {run.child.pid}, thread jobs-{run.thread}"
        try:
            if limit_s is not None:
                timer = gevent.Timeout.start_new(limit_s, HandlerTimedOut(f"ran longer than {limit_s} s"))
            if starts is not None:
                starts.began(run.key)  # counts as pending until then
            return run.answer.get()
        except BaseException as error:  # noqa: BLE001 - a time-out, the drain's end, a lost job
            return _ended(run, error)
        finally:
            del in_children[greenlet]
            if timer is not None:
                timer.close()


@contextmanager
def _in_queue() -> Iterator[None]:
    """Let the job of the calling greenlet count as one whose handler has yet to begin."""
    greenlet = gevent.getcurrent()
    held = task_of(greenlet)
    if not isinstance(held, HeldJob):
        yield
        return
    held.queues()
    in_children[greenlet] = "waits for a thread of a child process"
    try:
        yield
    finally:
        del in_children[greenlet]
        if not held.stopped:
            held.begun(greenlet, time.monotonic())  # type: ignore[arg-type]


class _LeftHooks(Hooks):
    """The hooks that hear of failures of which no child process can tell: it has ended."""

    @classmethod
    def of(cls, hooks: Hooks | None) -> Hooks | None:
        """Return those of a handler; ``None`` if there are none."""
        return cls([], [], hooks.after, hooks.on_failure) or None if hooks else None

    def failed(self, job: ActivatedJob, error: BaseException, retries_left: int) -> None:
        """Call ``on_failure``, unless the child has."""
        if not isinstance(error, MadeElsewhere):
            super().failed(job, error, retries_left)

    def ended(self, job: ActivatedJob, outcome: JobOutcome) -> None:
        """Call ``after``, unless the child has."""
        if outcome.kind == "failed" and not isinstance(outcome.exception, MadeElsewhere):
            super().ended(job, outcome)


def try_children(workers: Sequence[tuple[JobWorker, WorkerSettings]], loader: Loader | None, limit_s: float) -> None:
    """Find out whether a child process finds handlers; works no job.

    Args:
        workers: The handlers that are to run in processes.
        loader: What imports them, as module, function and argument; ``None`` to import their own modules.
        limit_s: Seconds for the imports.

    Raises:
        ConfigurationError: It does not; the message says why.
    """
    offload = Offload(workers, WorkerConfig(offloadProcesses=1, offloadThreads=1), loader, lambda _key: None)
    offload.start(limit_s)
    offload.stop()


def _ended(run: Run, error: BaseException) -> Outcome:
    """End a handler, by ending its process if need be; return what it made of its time-out, or raise the error."""
    run.strike(error)
    with suppress(BaseException):  # struck again: there is no time left
        run.answer.wait(_OBEY_S)
    if not run.answer.ready():
        run.child.kill(f"{type(error).__name__}: {error}", run)
    elif isinstance(error, HandlerTimedOut) and isinstance(outcome := run.answer.get(), Outcome):
        return outcome
    if run.stack:
        error.__notes__ = ["its child process was ended; there it stood at", *run.stack[::-1]]
    raise error


def _nowhere(refusal: str | None) -> ServiceException:
    """Return the failure of a job for which there is no process: it keeps its retries, and others may have it."""
    held = task_of(gevent.getcurrent())
    retries = held.retries if isinstance(held, HeldJob) else None
    reason = f": {refusal}" if refusal else ""
    message = f"this worker has no child process to run the handler in{reason}; its log has offload.died"
    return ServiceException(message=message, retries=retries, retry_back_off=_ELSEWHERE_MS)


def _death(ended: Ended) -> HandlerProcessDied:
    error = HandlerProcessDied(f"the process that ran it ended meanwhile: {ended.cause} (pid {ended.pid})")
    if ended.place:
        error.__notes__ = ["it crashed at", *ended.place]
    return error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
