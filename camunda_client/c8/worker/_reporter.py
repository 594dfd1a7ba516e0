"""Tell Camunda how a job ended, and go on telling it until it has answered.

Finished work is not thrown away for one 503: a completion is repeated, with growing waits, while the lease lasts (the
keeper extends it meanwhile) and while Camunda gives no answer at all. The one thing never done is to report a failure
late: it would take the job from the worker that has it now.
"""

from __future__ import annotations

import time
from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import gevent
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8 import _http
from camunda_client.c8._backoff import Backoff
from camunda_client.c8.worker._answers import Verdict, fields, judge
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.c8.worker._outcome import Outcome, failure
from camunda_client.c8.worker._retries import back_off_ms, retries_left
from camunda_client.error import ConnectionFailed, ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from camunda_client.c8._http import Answer

log = get_logger(__name__)

#: Short waits: a report is to be through soon after the gateway is back.
_SOON = Backoff(first_s=0.05, ceiling_s=2.0)
#: Which verdicts are worth another try, and after what waits. Refused credentials don't mend in milliseconds.
_WAITS = {
    Verdict.UNKNOWN: _SOON,
    Verdict.OVERLOADED: _SOON,
    Verdict.FORBIDDEN: Backoff(first_s=1.0, ceiling_s=30.0),
}
#: Seconds after which a report that never got a definite answer is given up. An outage of that length has long been
#: noticed, and the job's next holder has long begun.
PATIENCE_S = 900.0


class Fate(Enum):
    """What became of a report."""

    SETTLED = "settled"
    GONE = "gone"
    LOST = "lost"


class Settling(Protocol):
    """Whoever can tell Camunda of an outcome."""

    def settle(self, job_key: str, command: str, body: bytes) -> Answer:
        """``POST /v2/jobs/{jobKey}/{completion | failure | error}``."""


class Reporter:
    """Sends outcomes, each in its job's own greenlet, so that none waits for another."""

    def __init__(self, commands: Settling, at_once: int = 32) -> None:
        """Send through ``commands``, which has connections for ``at_once`` reports; the others wait for one."""
        self._commands = commands
        self._at_once = at_once
        self._reporting: defaultdict[str, int] = defaultdict(int)
        self._again = Event()
        self._troubled = False

    def nudge(self) -> None:
        """Send waiting reports now: the gateway answers again."""
        self._troubled = False
        self._again.set()
        self._again = Event()

    def is_behind(self, job_type: str) -> bool:
        """Tell whether outcomes of a type wait for a connection: then more of its jobs would only wait longer."""
        return self._reporting[job_type] > self._at_once

    def report(self, held: Held, outcome: Outcome) -> Fate:
        """Send the outcome until it is settled, refused or pointless; log the result. Never raises."""
        held.stage = Stage.REPORTING
        self._reporting[held.settings.job_type] += 1
        try:
            return self._report(held, outcome)
        finally:
            self._reporting[held.settings.job_type] -= 1

    def _report(self, held: Held, outcome: Outcome) -> Fate:
        verdict, answer = self._send(held, outcome)
        if verdict is Verdict.PAYLOAD and outcome.command != "failure":
            outcome = self._refused(held, outcome, answer)
            verdict, answer = self._send(held, outcome)
        elif verdict is Verdict.PAYLOAD:
            # Even the failure is too much: its variables, or a message that Camunda can't take.
            outcome = failure("the handler failed; its message was refused by Camunda", retries=_left(outcome))
            verdict, answer = self._send(held, outcome)
        held.stage = Stage.SETTLED
        return self._conclude(held, outcome, verdict, answer)

    def hand_back(self, held: Held) -> Fate:
        """Return a job that was not worked, retries unchanged: Camunda offers it again within milliseconds."""
        outcome = failure("handed back unworked by a stopping or full worker", retries=held.retries)
        held.stage = Stage.REPORTING
        verdict, answer = self._send(held, outcome)
        held.stage = Stage.SETTLED
        if verdict in (Verdict.DONE, Verdict.ASSUMED):
            metrics.jobs_returned[held.settings.job_type] += 1
            log.info("job.returned")
            return Fate.SETTLED
        return self._conclude(held, outcome, verdict, answer)

    def _send(self, held: Held, outcome: Outcome) -> tuple[Verdict, Answer | ServiceException | None]:
        """Return the first definite verdict, or ``UNKNOWN`` when the time for it is over."""
        held.command = outcome.command
        give_up_s = time.monotonic() + PATIENCE_S
        maybe_applied = False
        last: Answer | ServiceException | None = None
        attempt = 0
        nudged = False
        while not self._is_pointless(held, outcome, give_up_s):
            attempt += 1
            again = self._again
            try:
                last = answer = self._settle(held, outcome)
            except ServiceException as error:
                last, waits, self._troubled = error, _SOON, True
                maybe_applied = maybe_applied or getattr(error, "maybe_applied", False)
                log.debug("report.retried", attempt=attempt, reason=str(error))
            else:
                verdict = judge(answer, tried_before=maybe_applied)
                if verdict is Verdict.REJECTED and maybe_applied and answer.status == 409 and _unleases(outcome):
                    verdict = Verdict.ASSUMED
                if verdict not in _WAITS:
                    if self._troubled:
                        self.nudge()
                    return verdict, answer
                waits = _WAITS[verdict]
                maybe_applied = maybe_applied or verdict is Verdict.UNKNOWN
                log.debug("report.retried", attempt=attempt, **fields(answer))
            metrics.report_retries[held.settings.job_type] += 1
            # Others' reports get through, this one does not: the trouble is its own, and they must not hurry it.
            nudged = _wait(None if nudged else again, waits.wait_s(attempt))
        # The keeper met a job that is no longer leased, after an attempt without an answer: that one did it.
        return Verdict.ASSUMED if held.lost and maybe_applied else Verdict.UNKNOWN, last

    def _settle(self, held: Held, outcome: Outcome) -> Answer:
        try:
            return self._commands.settle(held.key, outcome.command, outcome.body)
        except gevent.Timeout as stray:
            # One that the handler started and never closed strikes its greenlet wherever that is by then.
            told = "interrupted by a stray gevent.Timeout"
            raise ConnectionFailed(told, maybe_applied=True, reason="interrupted") from stray

    def _is_pointless(self, held: Held, outcome: Outcome, give_up_s: float) -> bool:
        if outcome.command == "failure":
            # Without a lease it would take the job from its next holder.
            return held.lost or held.left_s() <= 0
        return time.monotonic() > give_up_s

    def _refused(self, held: Held, outcome: Outcome, answer: object) -> Outcome:
        """Return the failure that says why Camunda did not take the result."""
        facts = fields(answer)  # type: ignore[arg-type]
        culprit = _http.blame(outcome.variables)
        size = len(outcome.body)
        log.error("job.result_refused", bytes=size, culprit=culprit, **facts)
        metrics.results_refused[held.settings.job_type] += 1
        told = culprit or f"{facts['title'] or ''} {facts['detail'] or ''}".strip()
        job, retries = held.job, retries_left(held.retries)
        wait_ms = back_off_ms(held.settings.retry, job, retries=retries)
        message = f"Camunda refused the handler's result of {size} bytes (status {facts['status']}): {told}"
        return failure(message, retries=retries, back_off_ms=wait_ms)

    def _conclude(self, held: Held, outcome: Outcome, verdict: Verdict, last: Answer | ServiceException | None) -> Fate:
        job_type = held.settings.job_type
        if verdict in (Verdict.DONE, Verdict.ASSUMED):
            self._tell(held, outcome, assumed=verdict is Verdict.ASSUMED)
            return Fate.SETTLED
        facts = {"reason": str(last)} if isinstance(last, Exception) else fields(last) if last else {}
        if verdict is Verdict.GONE or held.lost:
            # Its instance was cancelled, or somebody else finished it: nothing to mend.
            metrics.jobs_gone[job_type] += 1
            log.warning("job.gone", command=outcome.command, **facts)
            return Fate.GONE
        metrics.reports_given_up[job_type] += 1
        # Everything that somebody needs who wants to repair it by hand; variables are the business's and stay out.
        lease = "over" if held.left_s() <= 0 else "ours"
        log.error(
            "report.given_up", command=outcome.command, verdict=verdict.value, lease=lease, **outcome.note, **facts
        )
        return Fate.LOST

    def _tell(self, held: Held, outcome: Outcome, *, assumed: bool) -> None:
        now = time.monotonic()
        _COUNTED[outcome.command][held.settings.job_type] += 1
        # Not below 0: a sum that falls is to Prometheus a process that began anew.
        metrics.lease_slack_s.observe(held.settings.job_type, max(held.expires_s - now, 0.0))
        facts = {
            "duration_s": round(held.ended_s - held.started_s, 6),
            "report_s": round(now - held.ended_s, 6),
            **outcome.note,
        }
        if assumed:
            facts["outcome"] = "assumed"  # 404 after an attempt without an answer: that one did it
        if outcome.command == "completion":
            log.info("job.completed", **facts)
        elif outcome.command == "error":
            log.info("job.error_thrown", **facts)
        else:
            log.warning("job.failed", exc_info=outcome.cause, **facts)


_COUNTED = {
    "completion": metrics.jobs_completed,
    "failure": metrics.jobs_failed,
    "error": metrics.jobs_error_thrown,
}


def _wait(again: Event | None, seconds: float) -> bool:
    """Wait, and tell whether others' success ended it; for a time only if ``again`` is None."""
    try:
        if again is not None:
            return again.wait(seconds)
        gevent.sleep(seconds)
    except (Exception, gevent.Timeout):  # noqa: BLE001, S110 - a stray one, as above: it costs a part of the wait
        pass
    return False


def _unleases(outcome: Outcome) -> bool:
    """Tell whether the outcome leaves a job that exists but takes no other: a second attempt at it is a 409."""
    return outcome.command != "completion"


def _left(outcome: Outcome) -> int:
    retries = outcome.note.get("retries_left", 0)
    return retries if isinstance(retries, int) else 0
