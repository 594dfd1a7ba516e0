"""Run the user's handlers against an embedded engine, in this thread, one job after another.

No HTTP, no greenlets, no waiting. What becomes of a job is decided by the worker's own code.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from camunda_client import log
from camunda_client.error import ConfigurationError, ServiceException
from camunda_client.testing._jobs import WorkedJob, as_received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from camunda_client.c8.worker import JobWorker
    from camunda_client.embedded import Engine, Job

__all__ = ["LIMIT", "WorkedJob", "WorkerSession"]

#: Jobs of one run. A process in an endless loop has to end somewhere.
LIMIT = 10_000
#: Bytes of one command that Camunda 8.6.0 takes; it always refuses more.
_BATCH_LIMIT = 2_000_000
_STATUS = {"NOT_FOUND": 404, "INVALID_STATE": 409, "ALREADY_EXISTS": 409, "INVALID_ARGUMENT": 400}
_OUTCOMES = {"completion": "completed", "failure": "failed", "error": "error thrown", None: "gone"}


class WorkerSession:
    """The handlers of a test, and the jobs they worked."""

    def __init__(
        self,
        engine: Engine,
        registered: Callable[[], Iterable[JobWorker]],
        *,
        is_own: Callable[[JobWorker], bool] = lambda _worker: False,
        describe: Callable[[], str] = lambda: "",
        let_through: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
    ) -> None:
        """Work the jobs of ``engine``.

        Args:
            engine: Where the jobs are.
            registered: Returns the handlers decorated so far.
            is_own: Whether a handler is the test's own, which comes before others of its job type.
            describe: Returns what became of the process instances, for error messages.
            let_through: Exceptions in a handler that end the test instead of failing the job.
        """
        #: Every run of a handler so far, in order.
        self.worked: list[WorkedJob] = []
        self._engine = engine
        self._registered = registered
        self._is_own = is_own
        self._describe = describe
        self._let_through = let_through
        self._used: list[object] = []
        self._failures: Counter[str] = Counter()

    def use(self, *handlers: ModuleType | Callable[..., Any]) -> None:
        """Use these handlers where there are several for a job type: decorated functions, or modules that hold some."""
        self._used.extend(handlers)

    @property
    def handlers(self) -> dict[str, Callable[..., Any]]:
        """The handlers of this test by job type; of job types with several handlers, the last."""
        return {job_type: workers[-1].handler for job_type, workers in self._workers().items()}

    def _workers(self) -> dict[str, list[JobWorker]]:
        """Return the handlers by job type; more than one where the test has to choose."""
        found = defaultdict(list)
        for worker in self._registered():
            found[worker.job_type].append(worker)
        for workers in found.values():
            for is_meant in (self._is_used, self._is_own):
                if meant := [worker for worker in workers if is_meant(worker)]:
                    workers[:] = meant
                    break
        return found

    def _is_used(self, worker: JobWorker) -> bool:
        for used in self._used:
            if isinstance(used, ModuleType):
                # A module is named where its handlers are written or where they are registered.
                if any(f"{module}.".startswith(f"{used.__name__}.") for module in (worker.module, worker.written_in)):
                    return True
            elif worker.handler in (used, getattr(used, "__wrapped__", None)):
                return True
        return False

    def hint(self) -> str:
        """Return what to do about jobs that wait, for the text of a failing assertion."""
        types = {job.type for job in self._engine.jobs() if job.state == "ACTIVATABLE"}
        missing = ", ".join(sorted(repr(job_type) for job_type in types - set(self._workers())))
        if missing:
            return f"there is no handler for {missing}; import its module at the top of the test file"
        return "camunda_worker_session.run_until_idle() runs the handlers for the jobs that wait"

    # -- working ----------------------------------------------------------------------------------------------------
    def run_until_idle(self, *, skip_back_off: bool = False) -> list[WorkedJob]:
        """Work jobs, oldest first, until none is left that a handler of this test may have now.

        Args:
            skip_back_off: Move time past the pauses of jobs that failed and have retries left. Otherwise those jobs
                wait until the test moves time.

        Returns:
            What was worked by this call.

        Raises:
            AssertionError: After :data:`LIMIT` jobs there was still work: the process is in an endless loop.
            ConfigurationError: A job has several handlers, and the test does not say which of them it means.
            RuntimeError: There are no handlers at all.
        """
        __tracebackhide__ = True
        # As at the start of a worker; only now, since a test or a module with handlers may have configured structlog.
        log.add_job_to_lines()
        before = len(self.worked)
        if not self._workers():
            raise RuntimeError(
                "no function decorated with @camunda_worker was found; import the module with your handlers at the top "
                "of the test file"
            )
        while self._round() or (skip_back_off and self._pass_back_off()):
            if len(self.worked) - before > LIMIT:
                raise AssertionError(
                    f"still not idle after {LIMIT} jobs; is the process in an endless loop?\n{self._describe()}"
                )
        return self.worked[before:]

    def _round(self) -> bool:
        """Work each job once that is there now; return whether there was any."""
        __tracebackhide__ = True
        workers, any_worked = self._workers(), False
        for job in self._engine.jobs():
            # An earlier one of this round may have ended it.
            if job.state == "ACTIVATABLE" and job.type in workers:
                any_worked = self._work(_only(workers[job.type])) or any_worked
        return any_worked

    def _work(self, worker: JobWorker) -> bool:
        """Work the oldest job of the worker's type; return whether there was one that it may have."""
        __tracebackhide__ = True
        # Not before there is a handler: importing the worker makes blocking calls cooperative.
        from camunda_client.c8.worker import run_handler, worker_settings

        settings = worker_settings(worker)
        activated = self._engine.activate(
            settings.job_type,
            lease=timedelta(seconds=settings.lease_s),
            worker=settings.worker,
            fetch_variables=settings.fetch_variables or (),
            tenant_ids=settings.tenant_ids,
        )
        if not activated:
            return False
        job = as_received(activated[0])
        # A handler may change its job.
        key = job.job_key
        run = run_handler(
            worker.handler, job, attempt=self._failures[key] + 1, send=lambda *sent: self._send(int(key), *sent)
        )
        error = run.outcome.exception
        if isinstance(error, self._let_through):
            raise error.with_traceback(_of_handler(error))
        self._failures[key] += run.outcome.kind == "failed"
        self.worked.append(WorkedJob(job, _OUTCOMES[run.command], run.report))
        return True

    def _send(self, key: int, command: str, body: bytes) -> None:
        """Do what ``POST /v2/jobs/{jobKey}/{command}`` would."""
        if len(body) > _BATCH_LIMIT:
            title, detail = "EXCEEDED_BATCH_RECORD_SIZE", "the command is larger than what a broker can write"
            raise ServiceException(detail, status=500, title=title)
        # Not at the top: a run that works no job does without the engine.
        from camunda_client.embedded import Rejection

        try:
            self._apply(key, command, json.loads(body))
        except Rejection as refused:
            raise ServiceException(str(refused), status=_STATUS[refused.code], title=refused.code) from refused

    def _apply(self, key: int, command: str, report: dict[str, Any]) -> None:
        variables, message = report.get("variables"), report.get("errorMessage", "")
        if command == "completion":
            self._engine.complete(key, variables, result=report.get("result"))
        elif command == "error":
            self._engine.throw_error(key, report["errorCode"], message=message, variables=variables)
        else:
            back_off = timedelta(milliseconds=report["retryBackOff"])
            self._engine.fail(key, retries=report["retries"], message=message, back_off=back_off, variables=variables)

    def _pass_back_off(self) -> bool:
        """Move time to when the next failed job is offered again; return whether there is one."""
        workers = self._workers()
        resting = [job for job in self._engine.jobs() if job.type in workers and _rests(job)]
        if not resting:
            return False
        wait_ms = min(job.deadline_ms for job in resting) - self._engine.clock.now_ms()
        self._engine.advance(timedelta(milliseconds=wait_ms))
        return True


def _only(workers: list[JobWorker]) -> JobWorker:
    if len(workers) == 1:
        return workers[0]
    places = " and ".join(worker.place() for worker in workers)
    raise ConfigurationError(
        f"job type {workers[0].job_type!r} has several handlers: {places}; "
        "choose with camunda_worker_session.use(function), or with its module"
    )


def _rests(job: Job) -> bool:
    return job.state == "FAILED" and job.incident is None


def _of_handler(error: BaseException) -> TracebackType | None:
    """Return the part of a traceback that begins in the handler."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("camunda_client."):
        trace = trace.tb_next
    return trace
