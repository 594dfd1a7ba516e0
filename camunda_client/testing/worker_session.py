"""Run the user's handlers against an embedded engine, in this thread, one job after another.

No HTTP, no greenlets, no waiting. What becomes of a job is decided by the worker's own code: its execution and its
reporter, which here tell the engine directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

from camunda_client import config, log
from camunda_client.testing._jobs import as_received
from camunda_client.testing._story import retries_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker import JobWorker
    from camunda_client.embedded import Engine, Job
    from camunda_client.testing._direct import DirectLine
    from camunda_client.testing.embedded_camunda import EmbeddedCamunda

__all__ = ["LIMIT", "WorkedJob", "WorkerSession"]

#: Jobs of one run. A process that goes round for ever has to end somewhere.
LIMIT = 10_000


@dataclass(frozen=True)
class WorkedJob:
    """What came of one run of a handler."""

    #: The job as the handler got it.
    job: ActivatedJob
    #: ``completed``, ``failed``, ``error thrown``, or ``gone`` if the job ended before its handler did.
    outcome: str
    #: What Camunda was told: ``variables``; ``retries``, ``errorMessage``, ``retryBackOff``; ``errorCode``.
    told: dict[str, Any]

    def __str__(self) -> str:
        text = f"job {self.job.job_type!r} at {self.job.element_id}: {self.outcome}"
        if self.outcome == "failed":
            first = str(self.told.get("errorMessage", "")).partition("\n")[0]
            return f"{text}, {retries_left(self.told['retries'])}: {first}"
        if self.outcome == "error thrown":
            return f"{text}: {self.told['errorCode']} {self.told.get('errorMessage', '')}".rstrip()
        return text


class WorkerSession:
    """The handlers of a test, and the jobs they worked."""

    def __init__(
        self,
        camunda: EmbeddedCamunda,
        registered: Callable[[], Iterable[JobWorker]],
        *,
        why_not: Callable[[JobWorker], str] = lambda _worker: "",
        let_through: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
    ) -> None:
        """Work the jobs of ``camunda``.

        Args:
            camunda: Whose jobs.
            registered: Returns what was decorated so far.
            why_not: Returns why a handler is none of this test's; an empty text if it is one.
            let_through: Exceptions in a handler that end the test instead of failing the job.
        """
        #: Every run of a handler so far, in order.
        self.worked: list[WorkedJob] = []
        self._camunda = camunda
        self._registered = registered
        self._why_not = why_not
        self._let_through = let_through
        self._used: list[object] = []
        self._line: DirectLine | None = None

    def use(self, *handlers: ModuleType | Callable[..., Any]) -> None:
        """Use these handlers too: decorated functions, or modules that hold some.

        For what the test's module does not import itself.
        """
        self._used.extend(handlers)

    @property
    def handlers(self) -> dict[str, Callable[..., Any]]:
        """The handlers of this test by job type.

        Raises:
            ConfigurationError: Two handlers have one job type.
        """
        return {job_type: worker.handler for job_type, worker in self._workers().items()}

    def _workers(self) -> dict[str, JobWorker]:
        mine = self._mine()
        if mine:
            # Not before there is a handler: importing the worker makes blocking calls cooperative.
            from camunda_client.c8.worker._handlers import check_unique

            check_unique(mine)
        return {worker.job_type: worker for worker in mine}

    def _mine(self) -> list[JobWorker]:
        return [worker for worker in self._registered() if self._is_used(worker) or not self._why_not(worker)]

    def _is_used(self, worker: JobWorker) -> bool:
        for used in self._used:
            if isinstance(used, ModuleType):
                # Named outright, a module is as good where its handlers are written as where they are registered.
                if any(f"{module}.".startswith(f"{used.__name__}.") for module in (worker.module, worker.written_in)):
                    return True
            elif worker.handler in (used, getattr(used, "__wrapped__", None)):
                return True
        return False

    def hint(self) -> str:
        """Return what to do about jobs that wait, for the text of a failing assertion."""
        types = ", ".join(sorted({repr(worker.job_type) for worker in self._mine()})) or "no type"
        return (
            f"handlers here are for {types}; camunda_worker_session.run_until_idle() runs them, "
            "camunda_worker_session.use(module) adds those of a module that the test does not import at its top"
            + self._left_out()
        )

    def _left_out(self) -> str:
        """Tell which handlers would have fitted the jobs there are, and why they are not this test's."""
        mine = self._mine()
        types = {job.type for job in self._camunda.engine.jobs()} - {worker.job_type for worker in mine}
        told = [
            f"\n    left out for {worker.job_type!r}: {worker.place()}, because {self._why_not(worker)}"
            for worker in self._registered()
            if worker.job_type in types
        ]
        return "".join(told)

    # -- working ----------------------------------------------------------------------------------------------------
    def run_until_idle(self, *, skip_back_off: bool = False) -> list[WorkedJob]:
        """Work jobs, oldest first, until none is left that a handler of this test may have now.

        Args:
            skip_back_off: Move time past the pauses of jobs that failed and have retries left. Otherwise those jobs
                wait until the test moves time.

        Returns:
            What was worked by this call.

        Raises:
            AssertionError: After :data:`LIMIT` jobs there was still work: the process goes round for ever.
            RuntimeError: No handler was found at all.
        """
        __tracebackhide__ = True
        # As at the start of a worker; only now, since a test or a module with handlers may have configured structlog.
        log.add_job_to_lines()
        before = len(self.worked)
        workers = self._workers()
        if not workers:
            raise RuntimeError(
                "no function decorated with @camunda_worker was found; import the module with your handlers at the top "
                "of the test file, or name it with camunda_worker_session.use(module)" + self._left_out()
            )
        engine = self._camunda.engine
        while self._round(workers) or (skip_back_off and _pass_back_off(engine, workers)):
            if len(self.worked) - before > LIMIT:
                raise AssertionError(
                    f"still not idle after {LIMIT} jobs; does the process go round for ever?\n"
                    + self._camunda.instances[-1].describe()
                )
            workers = self._workers()
        return self.worked[before:]

    def _round(self, workers: dict[str, JobWorker]) -> bool:
        """Work each job once that is there now; return whether there was any."""
        __tracebackhide__ = True
        any_worked = False
        for job in self._camunda.engine.jobs():
            # An earlier one of this round may have ended it.
            if job.state == "ACTIVATABLE" and job.type in workers:
                any_worked = self._work(workers[job.type]) or any_worked
        return any_worked

    def _work(self, worker: JobWorker) -> bool:
        """Work the oldest job of the worker's type; return whether there was one that it may have."""
        __tracebackhide__ = True
        from camunda_client.c8.worker._settings import resolve
        from camunda_client.testing._direct import DirectLine

        settings = resolve(worker, _configuration())
        activated = self._camunda.engine.activate(
            settings.job_type,
            lease=timedelta(seconds=settings.lease_s),
            worker=settings.worker,
            fetch_variables=settings.fetch_variables or (),
            tenant_ids=settings.tenant_ids,
        )
        if not activated:
            return False
        if self._line is None:
            self._line = DirectLine(self._camunda.engine, self._let_through)
        job = as_received(activated[0])
        self.worked.append(WorkedJob(job, *self._line.work(job, settings)))
        return True


def _pass_back_off(engine: Engine, workers: dict[str, JobWorker]) -> bool:
    """Move time to when the next failed job is offered again; return whether there is one."""
    resting = [job for job in engine.jobs() if job.type in workers and _rests(job)]
    if not resting:
        return False
    wait_ms = min(job.deadline_ms for job in resting) - engine.clock.now_ms()
    engine.advance(timedelta(milliseconds=wait_ms))
    return True


def _rests(job: Job) -> bool:
    return job.state == "FAILED" and job.incident is None


def _configuration() -> config.C8Config:
    """Return the application's configuration, or one of defaults: nothing is ever sent to its address."""
    try:
        return config.get_config()
    except RuntimeError:
        return config.C8Config(api=config.ApiConfig(baseUrl="http://127.0.0.1"))
