"""Run one handler on one job, and turn whatever it does into an outcome.

Nothing a handler does may end more than its own job: not ``sys.exit()``, not a ``GreenletExit``, not a broken
``__str__``. So everything is caught here, ``BaseException`` included.
"""

from __future__ import annotations

import contextvars
import datetime
import decimal
import enum
import fractions
import ipaddress
import os
import pathlib
import re
import sys
import time
import types
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import gevent

from camunda_client import log as logging
from camunda_client import metrics, patching
from camunda_client._process import job_table
from camunda_client.c8.worker import _outcome, _story
from camunda_client.c8.worker._errors import Action, BpmnError, Incident, Retry, class_names
from camunda_client.c8.worker._hooks import JobOutcome
from camunda_client.c8.worker._lease import HeldJob, Stage, now_s
from camunda_client.c8.worker._outcome import MadeElsewhere, back_off_ms, retries_left
from camunda_client.c8.worker._reporter import ReportResult
from camunda_client.error import CamundaBusinessException, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._outcome import Memory, Outcome
    from camunda_client.c8.worker._reporter import Reporter
    from camunda_client.c8.worker._settings import WorkerSettings

    #: Called when a job is done with: its fate, or ``None`` if its handler was stopped.
    OnEnd = Callable[[HeldJob, ReportResult | None], None]
    from collections.abc import Callable

log = logging.get_logger(__name__)


class HandlerTimedOut(BaseException):
    """Raised inside a handler that ran longer than its ``handler_timeout``; no ``Exception``, to be swallowed less."""


class JobLost(BaseException):
    """Raised inside a handler that asked for it (``stop_when_lost``) when its job is no longer this worker's."""


class HandlerStopped(BaseException):
    """Raised inside a handler whose worker stops and won't wait any longer."""


class Run(NamedTuple):
    """A handler's run that has ended. Times on the monotonic clock."""

    started_s: float
    ended_s: float
    settings: WorkerSettings
    key: str


class Execution:
    """Works held jobs, each in a context of its own."""

    def __init__(
        self,
        context: JobContext,
        reporter: Reporter,
        memory: Memory,
        admit: Callable[[HeldJob], bool] | None = None,
        on_end: OnEnd | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Report through ``reporter``; keep in ``memory`` what the next run of a job has to know.

        ``admit`` is asked about jobs that can't simply start, in the slot that they have; without it, all start.
        ``on_end`` is called at the end of each that has started.
        """
        self._context = context
        self._reporter = reporter
        self._memory = memory
        self._admit, self._on_end, self._clock = admit, on_end, clock or now_s
        self._process = os.getpid()
        self._table = job_table.current
        #: Of the handler that ended last: what :class:`Run` has, which is made when it is asked for.
        self._latest: tuple[float, float, WorkerSettings, str] | None = None
        # Handlers may run asyncio, many at once.
        patching.give_greenlets_event_loops()
        # In a child process threads are native: all objects would be searched for a greenlet at each strike.
        if not patching.is_left_unpatched():
            patching.give_greenlets_thread_exceptions()

    def latest_run(self) -> Run | None:
        """Return the run of the handler that ended last; the watchdog's thread asks."""
        latest = self._latest
        return None if latest is None else Run(*latest)

    def work(self, held: HeldJob) -> None:
        """Run the handler in the calling greenlet and keep what it came to, unless it must not start. Never raises."""
        now = self._clock()
        if now - held.received_s > metrics.PROMPT_S:
            held.has_waited(now - held.received_s)
        if self._admit is None or self._is_simple(held, now) or self._admit(held):
            # A greenlet starts with an empty context.
            context = held.runs_in(self._context.new())
            context.run(self._work, held)

    def tell(self, held: HeldJob) -> None:
        """Report what a handler came to, if it has started. Never raises.

        In another greenlet than the handler's, which whatever the handler left behind may still strike.
        """
        if held.context is not None:
            held.context.run(self._tell, held)

    def _is_simple(self, held: HeldJob, now: float) -> bool:
        """Tell whether a job may start without further ado: most may."""
        return (
            held.stage is Stage.RUNNING and held.lease.is_ample(now) and not self._memory.losses and self._table is None
        )

    def _work(self, held: HeldJob) -> None:
        self._context.enter()
        attempt = self._memory.attempts.get(held.key, 0) + 1
        logging.bind_job(held.job, attempt)
        held.begun(gevent.getcurrent(), time.monotonic())  # type: ignore[arg-type]
        cell = 0 if self._table is None else self._table.enter(held.key)
        outcome = None
        try:
            outcome = self._memory.outcome(held.key, held.retries) or self._outcome(held, attempt)
            held.came_to(outcome)
        except BaseException:
            held.came_to(outcome)
            held.reports()
            log.exception("job.lost_track")
        finally:
            if self._table is not None:
                self._table.leave(cell)

    def _tell(self, held: HeldJob) -> None:
        fate: ReportResult | None = None
        try:
            if held.outcome is not None:
                fate = self._report(held, held.outcome)
            elif held.dropped:
                log.warning("job.abandoned", duration_s=round(held.ended_s - held.started_s, 6))
                fate = ReportResult.GONE
            elif not held.stopped:
                fate = ReportResult.LOST
        except BaseException:
            fate = ReportResult.LOST
            log.exception("job.lost_track")
        finally:
            held.reported()
            if self._on_end is not None:
                self._on_end(held, fate)

    def _report(self, held: HeldJob, outcome: Outcome) -> ReportResult:
        fate = self._reporter.report(held, outcome)
        outcome.let_go()
        if fate is ReportResult.LOST:
            # If Camunda offers the job to us again, this is its outcome: what is finished is not done twice.
            self._memory.unreported.set(held.key, (outcome, held.retries))
        elif outcome.command != "failure":
            self._memory.settled(held.key)
        return fate

    def _outcome(self, held: HeldJob, attempt: int) -> Outcome | None:
        """Return what the handler came to, or ``None`` if it was stopped."""
        job, settings = held.job, held.settings
        limit_s, hooks, handler = settings.handler_timeout_s, settings.hooks, settings.handler
        decision = _Decision(self, held, attempt) if hooks else None
        timer = None
        result: object = None
        try:
            if settings.starts is not None and settings.run_in != "process":  # where it starts when a child takes it
                settings.starts.began(held.key)
            if limit_s is not None:
                timer = gevent.Timeout.start_new(limit_s, HandlerTimedOut(f"ran longer than {limit_s} s"))
            try:
                result = hooks.call(handler, job, decision.make) if hooks and decision else handler(job)
            finally:
                held.ended(time.monotonic())
                self._latest = (held.started_s, held.ended_s, settings, held.key)
                if timer is not None:
                    timer.close()
                if os.getpid() != self._process:
                    _end_child(sys.exc_info()[1])
            outcome = _outcome.completed(result, job)
            is_well = True
        except BaseException as error:  # noqa: BLE001 - see the module's docstring
            # Also what the handler made of being stopped: its job is handed back with all its retries.
            if held.stopped or held.dropped:
                return None
            outcome = decision.of(error) if decision else self.raised(held, error, attempt)
            is_well = isinstance(error, CamundaBusinessException)
        if is_well and settings.faults is not None:
            settings.faults.succeeded()
        metrics.handler_duration_s.observe(settings.job_type, held.ended_s - held.started_s)
        if held.waited_s:
            metrics.job_wait_s.observe(settings.job_type, held.waited_s)
        if hooks and decision:
            hooks.ended(job, decision.for_hooks(outcome, result))
        return outcome

    def raised(self, held: HeldJob, error: BaseException, attempt: int) -> Outcome:
        """Return what a handler's exception comes to.

        Never raises: a job without an outcome would run again for ever, and never lose a retry.
        """
        if isinstance(error, MadeElsewhere):
            if error.outcome.command == "failure":
                self._memory.attempts.set(held.key, attempt)
            return error.outcome
        kept = None if held.settings.faults is None else self._kept(held, error, attempt)
        action = None if held.settings.errors is None else _ruled(held, error)
        thrown = action.exception(error) if isinstance(action, BpmnError) else error
        if isinstance(thrown, CamundaBusinessException):
            try:
                return _outcome.thrown(thrown, held.job)
            except BaseException as problem:  # noqa: BLE001 - its variables may be objects of any class
                error = problem
        self._memory.attempts.set(held.key, attempt)
        job, rule = held.job, held.settings.retry
        if kept is not None and not isinstance(action, Incident):
            return kept
        if isinstance(action, (Retry, Incident)):
            return _asked(held, error, action, attempt)
        try:
            return _outcome.failed(error, job, rule, attempt=attempt)
        except BaseException as problem:  # noqa: BLE001 - as above; or retries="3", job.retries = None
            retries = retries_left(held.retries)
            wait_ms = back_off_ms(rule, job, retries=retries, attempt=attempt)
            message = f"{_story.describe(error)}\n(what the exception asks for was ignored: {_story.headline(problem)})"
            return _outcome.failure(message, retries=retries, back_off_ms=wait_ms, cause=error)

    def _kept(self, held: HeldJob, error: BaseException, attempt: int) -> Outcome | None:
        """Return the failure of a job that keeps its retries, because a system is at fault that it uses."""
        faults = held.settings.faults
        wait_s = None if faults is None else faults.keeps_retries_for_s(held.key, class_names(error))
        if wait_s is None or (isinstance(error, ServiceException) and error.retries is not None):
            return None
        wait_ms = back_off_ms(held.settings.retry, held.job, retries=max(held.retries, 1), attempt=attempt)
        wait_ms = max(wait_ms, int(wait_s * 1000))
        return _outcome.failure(_story.describe(error), retries=held.retries, back_off_ms=wait_ms, cause=error)


def _ruled(held: HeldJob, error: BaseException) -> Action | None:
    """Return what the rules say of an exception. Never raises."""
    try:
        return None if held.settings.errors is None else held.settings.errors.action(held.job, error)
    except BaseException:
        log.error("hook.failed", hook="errors", exc_info=True)
        return None


def _asked(held: HeldJob, error: BaseException, action: Retry | Incident, attempt: int) -> Outcome:
    """Return the failure that a rule asks for."""
    if isinstance(action, Incident):
        return _outcome.failure(_story.describe(error), retries=0, cause=error)
    # Only the first failure may be given retries: with as many after each, a job would be tried for ever.
    retries = retries_left(held.retries, action.retries if attempt == 1 else None)
    asked_ms: int | None = action.back_off  # type: ignore[assignment]  # read by Retry
    wait_ms = back_off_ms(held.settings.retry, held.job, retries=retries, attempt=attempt, asked_ms=asked_ms)
    return _outcome.failure(_story.describe(error), retries=retries, back_off_ms=wait_ms, cause=error)


class _Decision:
    """What a job with hooks came to; made while the hooks around its handler are open, if that fails."""

    __slots__ = ("_attempt", "_error", "_execution", "_held", "_outcome")

    def __init__(self, execution: Execution, held: HeldJob, attempt: int) -> None:
        self._execution, self._held, self._attempt = execution, held, attempt
        self._error: BaseException | None = None
        self._outcome: Outcome | None = None

    def make(self, error: BaseException) -> None:
        """Decide what the handler's exception comes to, unless the handler was stopped."""
        if not self._held.stopped and not self._held.dropped:
            self.of(error)

    def of(self, error: BaseException) -> Outcome:
        """Return what an exception comes to, and call ``on_failure`` for it, once."""
        if error is self._error and self._outcome is not None:
            return self._outcome
        held = self._held
        self._error = error
        self._outcome = outcome = self._execution.raised(held, error, self._attempt)
        if held.settings.hooks and outcome.command == "failure":
            held.settings.hooks.failed(held.job, error, _retries_left(outcome))
        return outcome

    def for_hooks(self, outcome: Outcome, result: object) -> JobOutcome:
        """Return it as hooks get it, and let go of the exception: its traceback holds the frame that holds this."""
        duration_s, error = self._held.ended_s - self._held.started_s, self._error
        self._error = self._outcome = None
        if outcome.command == "completion":
            return JobOutcome("completed", duration_s, result=result)
        if outcome.command == "error":
            return JobOutcome("error_thrown", duration_s, exception=error)
        return JobOutcome("failed", duration_s, exception=error, retries_left=_retries_left(outcome))


def _retries_left(outcome: Outcome) -> int:
    retries = outcome.note.get("retries_left", 0)
    return retries if isinstance(retries, int) else 0


def _end_child(error: BaseException | None) -> NoReturn:
    """End a process that a handler forked and let go on to the handler's own end: the job is its parent's."""
    code = error.code if isinstance(error, SystemExit) else error
    os._exit(0 if code is None else code & 0xFF if isinstance(code, int) else 1)


_T = TypeVar("_T")

_IMMUTABLE = (
    str, bytes, int, float, complex, bool, type(None), type, enum.Enum, range, slice,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction,
    uuid.UUID, pathlib.PurePath, re.Pattern, types.FunctionType, types.BuiltinFunctionType, types.ModuleType,
    ipaddress.IPv4Address, ipaddress.IPv6Address,
)  # fmt: skip
#: Classes that are immutable by their makers' word, by module and name: OpenTelemetry's is a dict that refuses changes.
_IMMUTABLE_NAMES = frozenset({("opentelemetry.context.context", "Context")})

_rules: dict[contextvars.ContextVar[Any], Callable[[Any], Any]] = {}


def keep_in_jobs(variable: contextvars.ContextVar[_T], copy: Callable[[_T], _T] | None = None) -> None:
    """Let every job start with what the application has set in a variable, although jobs could change it.

    Args:
        variable: What to keep. Immutable values are kept without this.
        copy: Makes a job's own value of the application's, at each job's start; left out, all jobs share one object.
    """
    _rules[variable] = copy or _same


def forget_rules() -> None:
    """Forget all rules."""
    _rules.clear()


class JobContext:
    """What the application had in its context when its workers were started, as far as jobs get it."""

    def __init__(self) -> None:
        """Look at the calling context."""
        current = contextvars.copy_context()
        self._base = contextvars.Context()
        self._copied: list[tuple[contextvars.ContextVar[Any], Any, Callable[[Any], Any]]] = []
        #: Names of the variables that jobs don't get, sorted.
        self.left_out: list[str] = []
        for variable, value in current.items():
            rule = _rules.get(variable)
            if rule is not None and rule is not _same:
                self._copied.append((variable, value, rule))
            elif rule is _same or _is_immutable(value):
                self._base.run(variable.set, value)
            elif not isinstance(value, decimal.Context):
                self.left_out.append(variable.name)
        self.left_out.sort()
        #: Only where it is not what decimal gives a new context anyway: setting it costs a microsecond.
        self._decimal = None if _is_default(decimal.getcontext()) else decimal.getcontext().copy()

    def new(self) -> contextvars.Context:
        """Return a context for one job; 0.3 µs without rules."""
        return self._base.copy()

    def enter(self) -> None:
        """Give the job its own of what can be changed; called inside its context."""
        if self._decimal is not None:
            decimal.setcontext(self._decimal.copy())
        for variable, value, copy in self._copied:
            variable.set(copy(value))


def _is_default(context: decimal.Context) -> bool:
    # Its text has all that it has: precision, rounding, limits, flags and traps.
    return repr(context) == repr(decimal.DefaultContext)


def _is_immutable(value: object, depth: int = 0) -> bool:
    if isinstance(value, _IMMUTABLE):
        return True
    if isinstance(value, (tuple, frozenset)):
        return depth < 5 and all(_is_immutable(item, depth + 1) for item in value)
    kind = type(value)
    return (kind.__module__, kind.__qualname__) in _IMMUTABLE_NAMES


def _same(value: _T) -> _T:
    return value
