"""The worker's execution and its reporter, with an engine at the other end instead of a connection.

Importing this makes blocking calls cooperative, as importing the worker does: only for tests that have handlers.
"""

from __future__ import annotations

import json
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._execution import Execution, JobContext
from camunda_client.c8.worker._lease import Held, Lease
from camunda_client.c8.worker._outcome import Memory
from camunda_client.c8.worker._reporter import Fate, Reporter
from camunda_client.embedded import Rejection

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._settings import WorkerSettings
    from camunda_client.embedded import Engine

#: Bytes of one command that Camunda 8.6.0 takes; it refuses more for good.
_BATCH_LIMIT = 2_000_000
_STATUS = {"NOT_FOUND": 404, "INVALID_STATE": 409, "ALREADY_EXISTS": 409, "INVALID_ARGUMENT": 400}


class DirectLine:
    """Works jobs, one at a time, in the calling thread."""

    def __init__(self, engine: Engine, let_through: tuple[type[BaseException], ...]) -> None:
        """Report to ``engine``; ``let_through`` are exceptions in a handler that are the test's own."""
        self._memory = Memory()
        self._desk = _Desk(engine)
        self._reporter = _CandidReporter(self._desk, let_through)

    def work(self, job: ActivatedJob, settings: WorkerSettings) -> tuple[str, dict[str, Any]]:
        """Run the handler and report; return the outcome and what was told, ``gone`` if the job had ended before.

        Raises:
            BaseException: One of ``let_through``, or a fault of the engine.
        """
        __tracebackhide__ = True
        # The engine's time stands still, so the lease lasts however long the handler takes.
        held = Held(job, settings, 0.0, Lease(settings.lease_s, inf))
        self._desk.told, self._desk.fault, self._reporter.escaped = ("gone", {}), None, None
        # As in a worker, each job has a context of its own.
        execution = Execution(JobContext(), self._reporter, self._memory)
        execution.work(held)
        execution.tell(held, lambda _held, _fate: None)
        if self._reporter.escaped is not None:
            raise self._reporter.escaped
        if self._desk.fault is not None:
            raise self._desk.fault
        return self._desk.told


class _CandidReporter(Reporter):
    """Reports as the worker's does, and remembers what is to end the test."""

    def __init__(self, desk: _Desk, let_through: tuple[type[BaseException], ...]) -> None:
        super().__init__(desk)
        self._let_through = let_through
        self.escaped: BaseException | None = None

    def report(self, held: Held, outcome: Outcome) -> Fate:
        if isinstance(outcome.cause, self._let_through):
            trace = outcome.cause.__traceback__
            # Without the execution's own frame it begins with the handler's.
            self.escaped = outcome.cause.with_traceback(trace.tb_next if trace is not None else None)
        return super().report(held, outcome)


class _Desk:
    """Takes outcomes as ``POST /v2/jobs/{jobKey}/...`` would."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.told: tuple[str, dict[str, Any]] = ("gone", {})
        self.fault: Exception | None = None

    def settle(self, job_key: str, command: str, body: bytes, _may_send: object = None, /) -> Answer:
        """Tell the engine; return what a gateway would answer."""
        if len(body) > _BATCH_LIMIT:
            return _problem(500, "EXCEEDED_BATCH_RECORD_SIZE", "the command is larger than what a broker can write")
        told = json.loads(body)
        try:
            outcome = self._apply(int(job_key), command, told)
        except Rejection as refused:
            return _problem(_STATUS[refused.code], refused.code, str(refused))
        except Exception as error:
            self.fault = error  # the execution survives anything; the test must not
            raise
        self.told = (outcome, told)
        return Answer(204)

    def extend(self, _job_key: str, _body: bytes, _timeout_s: float) -> Answer:
        """Leave the lease as it is: it never ends."""
        return Answer(204)

    def _apply(self, key: int, command: str, told: dict[str, Any]) -> str:
        variables = told.get("variables")
        if command == "completion":
            self._engine.complete(key, variables)
            return "completed"
        message = told.get("errorMessage", "")
        if command == "error":
            self._engine.throw_error(key, told["errorCode"], message=message, variables=variables)
            return "error thrown"
        back_off = timedelta(milliseconds=told["retryBackOff"])
        self._engine.fail(key, retries=told["retries"], message=message, back_off=back_off, variables=variables)
        return "failed"


def _problem(status: int, title: str, detail: str) -> Answer:
    return Answer(status, "application/problem+json", body=to_json({"title": title, "detail": detail}))
