"""Run one handler on one job outside the worker's loop, for tests and tools: no polling, no connection, no lease."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import to_json

from camunda_client import config
from camunda_client.c8._http import Answer
from camunda_client.c8.worker._execution import Execution, JobContext
from camunda_client.c8.worker._forms import bind
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._hooks import Hooks, JobOutcome
from camunda_client.c8.worker._lease import HeldJob, Lease
from camunda_client.c8.worker._manager import registered_workers
from camunda_client.c8.worker._outcome import Memory
from camunda_client.c8.worker._reporter import Reporter
from camunda_client.c8.worker._settings import WorkerSettings, resolve
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.models import ActivatedJob

    #: The endpoint's last path segment, and the JSON body for it.
    Send = Callable[[str, bytes], object]


@dataclass(frozen=True, slots=True)
class HandlerRun:
    """What one run of a handler came to.

    Attributes:
        outcome: What the handler returned or raised, and how long it took.
        command: What Camunda was asked to do with the job: ``completion``, ``failure`` or ``error``; ``None`` if
            ``send`` refused every command, as Camunda does when the job has ended meanwhile.
        report: The JSON body of that command (``variables``, ``errorCode``, ``retries``, ...); empty if there is none.
    """

    outcome: JobOutcome
    command: Literal["completion", "failure", "error"] | None
    report: dict[str, Any]


def run_handler(
    handler: Callable[..., Any], job: ActivatedJob, *, attempt: int = 1, send: Send | None = None
) -> HandlerRun:
    """Run a handler on a job in the calling thread, as a worker would, and return what it came to.

    The handler's hooks, its ``handler_timeout`` and its retry rule apply, its log lines carry the job's fields, and its
    result is encoded and checked. A function that was not decorated runs with the configuration's settings.

    Args:
        handler: The decorated function, or any callable that could be.
        job: The job; :func:`camunda_client.testing.plugin.activated_job` makes one by hand.
        attempt: How often this job was tried, this run included. The back-off of a failure grows with it.
        send: Called with each command and its body in place of the request to Camunda. To refuse one, it raises a
            ``ServiceException`` with a ``status`` and a ``title``: a result that is refused becomes a failure.

    Returns:
        Also after a handler has raised: the exception is ``run.outcome.exception``.

    Raises:
        ConfigurationError: The handler's settings are invalid.
        Exception: Anything else that ``send`` raises.
    """
    __tracebackhide__ = True
    outcomes: list[JobOutcome] = []
    capture = Hooks(after=[lambda _job, outcome: outcomes.append(outcome)])
    settings = worker_settings(_worker_for(handler, job.job_type))
    settings = replace(settings, hooks=(settings.hooks or Hooks()) + capture)
    # No other worker can take the job, so its lease lasts however long the handler takes.
    held = HeldJob(job, settings, 0.0, Lease(settings.lease_s, inf))
    memory = Memory()
    memory.attempts.set(held.key, attempt - 1)
    gateway = _Commands(send or _accept)
    execution = Execution(JobContext(), Reporter(gateway), memory)
    execution.work(held)
    execution.tell(held)
    if gateway.fault is not None:
        raise gateway.fault
    return HandlerRun(outcomes[0], gateway.command, json.loads(gateway.body))


def worker_settings(worker: JobWorker) -> WorkerSettings:
    """Return the settings that a worker runs with: what its decorator says, else the configuration, else defaults.

    Raises:
        ConfigurationError: A setting is invalid.
    """
    try:
        configured = config.get_config()
    except RuntimeError:  # nothing is configured, and nothing is sent to this address
        configured = config.C8Config(api=config.ApiConfig(baseUrl="http://127.0.0.1"))
    return resolve(worker, configured)


def _worker_for(handler: Callable[..., Any], job_type: str) -> JobWorker:
    # The decorator returns a function around the one that it registers.
    functions = (handler, getattr(handler, "__wrapped__", handler))
    mine = [worker for worker in registered_workers() if worker.handler in functions]
    # A function may handle several types.
    fitting = [worker for worker in mine if worker.job_type == job_type] or mine
    return fitting[-1] if fitting else JobWorker(job_type, handler, binding=bind(handler, allow_async=True))


def _accept(_command: str, _body: bytes) -> None:
    """Take any command, as Camunda does of a job that is leased."""


class _Commands:
    """Takes what the reporter sends, and answers as a gateway would."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.command: Any = None
        self.body = b"{}"
        self.fault: Exception | None = None

    def settle(self, _job_key: str, command: str, body: bytes, _may_send: object = None, /) -> Answer:
        """Pass the command on; a refusal is an answer, any other exception the caller's."""
        try:
            self._send(command, body)
        except Exception as error:
            if not isinstance(error, ServiceException) or error.status is None:
                self.fault = error  # the execution survives anything; the caller shall hear of it
                raise
            problem = {"status": error.status, "title": error.title, "detail": error.detail or error.message}
            return Answer(error.status, "application/problem+json", body=to_json(problem))
        self.command, self.body = command, body
        return Answer(204)

    def extend(self, _job_key: str, _body: bytes, _timeout_s: float) -> Answer:
        """Leave the lease as it is: it never ends."""
        return Answer(204)
