"""Run one handler on one job, and turn whatever it does into an outcome.

Nothing a handler does may end more than its own job: not ``sys.exit()``, not a ``GreenletExit``, not a broken
``__str__``. So everything is caught here, ``BaseException`` included.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import gevent

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client.c8.worker import _outcome
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.error import CamundaBusinessException

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from camunda_client.c8.worker._lease import Keeper
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._reporter import Fate, Reporter

log = logging.get_logger(__name__)

#: Failed jobs whose attempts are remembered; the engine doesn't tell how often a job was tried before.
_REMEMBERED = 10_000


class HandlerTimedOut(BaseException):
    """Raised inside a handler that ran longer than its ``handler_timeout``."""


class HandlerStopped(BaseException):
    """Raised inside a handler whose worker stops and won't wait any longer."""


class Execution:
    """Works held jobs, each in a copy of the context that the application had when its workers were started."""

    def __init__(self, context: Context, keeper: Keeper, reporter: Reporter) -> None:
        self._context = context
        self._keeper = keeper
        self._reporter = reporter
        self._attempts: OrderedDict[str, int] = OrderedDict()

    def work(self, held: Held, on_end: Callable[[Held, Outcome | None, Fate | None], None]) -> None:
        """Run the handler, report, and call ``on_end``; in the calling greenlet. Never raises."""
        # A greenlet starts with an empty context, and a reused one would keep the last job's.
        self._context.copy().run(self._work, held, on_end)

    def _work(self, held: Held, on_end: Callable[[Held, Outcome | None, Fate | None], None]) -> None:
        attempt = self._attempts.get(held.key, 0) + 1
        logging.bind_job(held.job, attempt)
        outcome: Outcome | None = None
        fate: Fate | None = None
        held.greenlet = gevent.getcurrent()  # type: ignore[assignment]
        held.started_s = time.monotonic()
        held.stage = Stage.RUNNING
        try:
            outcome = self._outcome(held, attempt)
            if outcome is not None:
                fate = self._reporter.report(held, outcome)
        except HandlerStopped:
            pass  # came while reporting: the stopping supervisor deals with the job
        except BaseException:
            log.exception("job.lost_track")
        finally:
            held.greenlet = None
            self._keeper.forget(held)
            on_end(held, outcome, fate)

    def _outcome(self, held: Held, attempt: int) -> Outcome | None:
        """Return what the handler came to, or ``None`` if it was stopped."""
        job, limit_s = held.job, held.settings.handler_timeout_s
        timer = None
        try:
            if limit_s is not None:
                timer = gevent.Timeout.start_new(limit_s, HandlerTimedOut(f"ran longer than {limit_s} s"))
            try:
                result = held.settings.handler(job)
            finally:
                if timer is not None:
                    timer.close()
            outcome = _outcome.completed(result)
        except CamundaBusinessException as error:
            outcome = self._thrown(held, error, attempt)
        except HandlerStopped:
            return None
        except BaseException as error:  # noqa: BLE001 - see the module's docstring
            outcome = self._failed(held, error, attempt)
        held.ended_s = time.monotonic()
        metrics.observe_duration(held.settings.job_type, held.ended_s - held.started_s)
        if outcome.command != "failure":
            self._attempts.pop(job.job_key, None)
        return outcome

    def _thrown(self, held: Held, error: CamundaBusinessException, attempt: int) -> Outcome:
        try:
            return _outcome.thrown(error)
        except _outcome.UnfitResult as unfit:
            return self._failed(held, unfit, attempt)

    def _failed(self, held: Held, error: BaseException, attempt: int) -> Outcome:
        self._attempts[held.key] = attempt
        self._attempts.move_to_end(held.key)
        if len(self._attempts) > _REMEMBERED:
            self._attempts.popitem(last=False)
        return _outcome.failed(error, held.job, held.settings.retry, attempt=attempt)
