"""Tell Camunda how a job ended, and go on telling it until it has answered.

Finished work is not thrown away for one 503: a completion is repeated, with growing waits, for :data:`PATIENCE_S`, even
when the lease is over (it is extended meanwhile). The one thing never done is to report a failure or hand a
job back that may be another worker's: it would be taken from that one. So both are sent only while the lease is known
to last, and not again after an attempt that may have been applied, unless it is proven that it was not.
"""

from __future__ import annotations

import time
from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import gevent
from gevent.event import Event
from gevent.lock import Semaphore

from camunda_client import metrics
from camunda_client._backoff import Backoff
from camunda_client.c8 import _http
from camunda_client.c8.worker._gateway import ForeignAnswers, JobVerdict, fields, is_not_applied, judge
from camunda_client.c8.worker._lease import HeldJob, Loss, now_s
from camunda_client.c8.worker._outcome import Outcome, back_off_ms, failure, retries_left
from camunda_client.error import ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer

    #: Extends a job's lease if less is left than it takes to send something; tells whether it is ours then.
    Secure = Callable[[HeldJob], bool]

log = get_logger(__name__)

#: Short waits: a report is to be through soon after the gateway is back.
_SOON = Backoff(first_s=0.05, ceiling_s=2.0)
#: Which verdicts are worth another try, and after what waits. Refused credentials don't mend in milliseconds.
_WAITS = {
    JobVerdict.UNKNOWN: _SOON,
    JobVerdict.OVERLOADED: _SOON,
    JobVerdict.FORBIDDEN: Backoff(first_s=1.0, ceiling_s=30.0),
}
#: Seconds after which a report that never got a definite answer is given up. An outage of that length has long been
#: noticed, and the job's next holder has long begun.
PATIENCE_S = 900.0
#: The message of a job that only a lack of room in this worker has kept from being worked.
FULL = "handed back unworked by a stopping or full worker"
_REMEDY = "something between here and Camunda answers in its place; let POST /v2/jobs pass to Camunda's REST API"


class ReportResult(Enum):
    """What became of a report."""

    SETTLED = "settled"
    GONE = "gone"
    LOST = "lost"
    #: Camunda takes neither the outcome nor any failure of this job: no further try makes sense.
    REFUSED = "refused"


class Settling(Protocol):
    """What can tell Camunda of an outcome."""

    def settle(self, job_key: str, command: str, body: bytes, may_send: Callable[[], bool] | None = None, /) -> Answer:
        """``POST /v2/jobs/{jobKey}/{completion | failure | error}``, unless ``may_send`` says no by then."""

    def extend(self, job_key: str, body: bytes, timeout_s: float, /) -> Answer:
        """``PATCH /v2/jobs/{jobKey}``."""


class Reporter:
    """Sends outcomes, each in its job's own greenlet, so that none waits for another."""

    def __init__(
        self,
        gateway: Settling,
        at_once: int = 32,
        secure: Secure | None = None,
        arrives: Secure | None = None,
        clock: Callable[[], float] | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """Send through ``gateway``, at most ``at_once`` reports at the same time; the others wait.

        ``secure`` is asked before each failure and hand-back, and may extend the lease; ``arrives`` is asked when there
        is a connection for it. Without them, what is known of the lease decides. ``clock`` is that of leases
        (:mod:`._lease`), and ``monotonic`` that of patience, unless others are given.
        """
        self._gateway = gateway
        self._at_once = at_once
        self._clock, self._monotonic = clock or now_s, monotonic or time.monotonic
        self._secure, self._arrives = secure or self._is_ours, arrives or self._is_ours_still
        self._room = Semaphore(at_once)
        self._reporting: defaultdict[str, int] = defaultdict(int)
        self._again = Event()
        self._troubled = False
        self._foreign = ForeignAnswers(lambda **facts: log.warning("report.intercepted", **facts, remedy=_REMEDY))

    def _is_ours(self, held: HeldJob) -> bool:
        return held.lease.may_send(self._clock(), None)

    def _is_ours_still(self, held: HeldJob) -> bool:
        return held.lease.arrives(self._clock(), None)

    def nudge(self) -> None:
        """Send waiting reports now: the gateway answers again."""
        self._troubled = False
        self._again.set()
        self._again = Event()

    def is_behind(self, job_type: str) -> bool:
        """Tell whether outcomes of a type wait for a connection: then more of its jobs would only wait longer."""
        return self._reporting[job_type] > self._at_once

    def report(self, held: HeldJob, outcome: Outcome) -> ReportResult:
        """Send the outcome until it is settled, refused or pointless; log the result. Never raises."""
        held.reports()
        self._reporting[held.settings.job_type] += 1
        try:
            return self._report(held, outcome)
        finally:
            self._reporting[held.settings.job_type] -= 1

    def _report(self, held: HeldJob, outcome: Outcome) -> ReportResult:
        verdict, answer = self._send(held, outcome)
        if verdict is JobVerdict.PAYLOAD and outcome.command != "failure":
            outcome = self._refused(held, outcome, answer)
            verdict, answer = self._send(held, outcome)
        if verdict is JobVerdict.PAYLOAD:
            # Even the failure is too much: its variables, or a message that Camunda can't take.
            message = "the handler failed; its message was refused by Camunda"
            outcome = failure(message, retries=_left(outcome), back_off_ms=_back_off_ms(outcome))
            verdict, answer = self._send(held, outcome)
        if verdict is JobVerdict.PAYLOAD:
            # The least that can be said of a job: an incident without a word.
            outcome = failure("", retries=0)
            verdict, answer = self._send(held, outcome)
        held.settled()
        return self._conclude(held, outcome, verdict, answer)

    def hand_back(self, held: HeldJob, back_off_ms: int = 0, why: str = FULL) -> ReportResult:
        """Return a job that was not worked, retries unchanged: Camunda offers it again within milliseconds.

        Or after ``back_off_ms``.
        """
        outcome = failure(why, retries=held.retries, back_off_ms=back_off_ms)
        held.reports()
        verdict, answer = self._send(held, outcome)
        held.settled()
        if verdict in (JobVerdict.DONE, JobVerdict.ASSUMED):
            metrics.jobs_returned[held.settings.job_type] += 1
            log.info("job.returned")
            return ReportResult.SETTLED
        if verdict is JobVerdict.UNSURE:
            log.info("job.returned", outcome="unknown", **_facts(answer))
            return ReportResult.LOST
        if held.lease.loss is not None:
            return ReportResult.LOST  # which has been logged
        return self._conclude(held, outcome, verdict, answer)

    def _send(self, held: HeldJob, outcome: Outcome) -> tuple[JobVerdict, Answer | ServiceException | None]:
        """Return the first definite verdict, or ``UNKNOWN`` when the time for it is over."""
        held.sends(outcome.command)
        give_up_s = self._monotonic() + PATIENCE_S
        maybe_applied = False
        last: Answer | ServiceException | None = None
        attempt = 0
        nudged = False
        while not self._is_pointless(held, outcome, give_up_s):
            attempt += 1
            again, token = self._again, held.token
            sent_s = self._clock() if outcome.command == "failure" else 0.0
            try:
                last = answer = self._settle(held, outcome)
            except ServiceException as error:
                last, waits, self._troubled = error, _SOON, True
                unclear = getattr(error, "maybe_applied", False)
                log.debug("report.retried", attempt=attempt, reason=str(error))
            else:
                verdict = judge(answer, tried_before=maybe_applied, size=len(outcome.body))
                if verdict is JobVerdict.REJECTED and token != held.token:
                    continue  # it names the lease before this one: Camunda has handed us the job anew meanwhile
                verdict = _judged(held, outcome, answer, verdict, maybe_applied=maybe_applied)
                if verdict not in _WAITS:
                    self._foreign.end()
                    if self._troubled:
                        self.nudge()
                    return verdict, answer
                self._foreign.meet(answer)
                waits = _WAITS[verdict]
                unclear = not is_not_applied(answer)
                log.debug("report.retried", attempt=attempt, **fields(answer))
            metrics.report_retries[held.settings.job_type] += 1
            if unclear:
                maybe_applied = True
                if outcome.command == "failure" and (proven := self._prove(held, outcome, sent_s)) is not None:
                    return proven, last
            # Others' reports get through, this one does not: the trouble is its own, and they must not hurry it.
            nudged = _wait(None if nudged else again, waits.wait_s(attempt))
        # An extension met a job that is no longer leased, after an attempt without an answer: that one did it.
        assumed = held.lease.loss is Loss.REFUSED and maybe_applied
        return JobVerdict.ASSUMED if assumed else JobVerdict.UNKNOWN, last

    def _settle(self, held: HeldJob, outcome: Outcome) -> Answer:
        body = held.signed(outcome.body)
        with self._room:
            if outcome.command != "failure":
                return self._gateway.settle(held.key, outcome.command, body)
            # Its turn, and then a connection, may have come when its lease was over.
            return self._gateway.settle(held.key, outcome.command, body, lambda: self._arrives(held))

    def _is_pointless(self, held: HeldJob, outcome: Outcome, give_up_s: float) -> bool:
        if outcome.command == "failure":
            # Without a lease it would take the job from its next holder.
            return not self._secure(held)
        return self._monotonic() > give_up_s

    def _prove(self, held: HeldJob, outcome: Outcome, sent_s: float) -> JobVerdict | None:
        """Find out what became of a failure whose answer was lost; ``None`` if it may be sent again.

        Applied, it keeps the job from everybody for the length of its back-off, and for good without retries. Within
        that time an extension shows whether it was: refused, it was; granted, the job is leased, and to us alone.
        A failure without a back-off can't be found out about: its job may have another holder by now.
        """
        hidden_s = float("inf") if _left(outcome) == 0 else _back_off_ms(outcome) / 1000
        tries = 0
        while held.lease.holds(now := self._clock()) and (left_s := sent_s + hidden_s - now) > 0:
            tries += 1
            asked_s = self._clock()
            try_s, token = min(held.lease.try_s(asked_s), left_s), held.token
            try:
                answer = self._gateway.extend(held.key, held.extension(), try_s)
            except ServiceException:
                pass
            else:
                answered_s = self._clock()
                verdict = judge(answer, tried_before=True)
                if (
                    verdict is JobVerdict.DONE
                    and answered_s < sent_s + hidden_s
                    and held.lease.granted(asked_s, answered_s)
                ):
                    return None
                if verdict not in (JobVerdict.DONE, *_WAITS) and token == held.token:
                    return JobVerdict.ASSUMED
            _wait(None, min(_SOON.wait_s(tries), max(left_s, 0.0)))
        # Camunda offered the job again, or no longer knows it as ours: that attempt did it.
        return JobVerdict.ASSUMED if held.lease.loss is Loss.REFUSED else JobVerdict.UNSURE

    def _refused(self, held: HeldJob, outcome: Outcome, answer: object) -> Outcome:
        """Return the failure that says why Camunda did not take the result."""
        facts = fields(answer)  # type: ignore[arg-type]
        culprit = _http.blame(outcome.variables)
        size = len(outcome.body)
        log.error("job.result_refused", bytes=size, culprit=culprit, **facts)
        metrics.results_refused[held.settings.job_type] += 1
        reason = culprit or f"{facts['title'] or ''} {facts['detail'] or ''}".strip()
        job, retries = held.job, retries_left(held.retries)
        wait_ms = back_off_ms(held.settings.retry, job, retries=retries)
        message = f"Camunda refused the handler's result of {size} bytes (status {facts['status']}): {reason}"
        return failure(message, retries=retries, back_off_ms=wait_ms)

    def _conclude(
        self, held: HeldJob, outcome: Outcome, verdict: JobVerdict, last: Answer | ServiceException | None
    ) -> ReportResult:
        job_type = held.settings.job_type
        if verdict in (JobVerdict.DONE, JobVerdict.ASSUMED):
            self._tell(held, outcome, assumed=verdict is JobVerdict.ASSUMED)
            return ReportResult.SETTLED
        facts = _facts(last)
        if verdict is JobVerdict.UNSURE:
            # Applied, it is done; not applied, the job comes again with the same retries, and gets this outcome then.
            log.warning("job.failed", exc_info=outcome.cause, outcome="unknown", **outcome.note, **facts)
            return ReportResult.LOST
        if verdict is JobVerdict.GONE or held.lease.loss is Loss.REFUSED:
            # Its instance was cancelled, or another worker finished it: nothing to repair.
            metrics.jobs_gone[job_type] += 1
            # The job of an ad-hoc sub-process is replaced whenever something in that has completed.
            say = log.info if held.job.kind == "AD_HOC_SUB_PROCESS" else log.warning
            say("job.gone", command=outcome.command, **facts)
            return ReportResult.GONE
        metrics.reports_given_up[job_type] += 1
        # Everything that is needed to repair it by hand; variables are the business's and stay out.
        lease = "ours" if held.lease.holds(self._clock()) else "over"
        log.error(
            "report.given_up", command=outcome.command, verdict=verdict.value, lease=lease, **outcome.note, **facts
        )
        return ReportResult.REFUSED if verdict is JobVerdict.PAYLOAD else ReportResult.LOST

    def _tell(self, held: HeldJob, outcome: Outcome, *, assumed: bool) -> None:
        job_type = held.settings.job_type
        _COUNTED[outcome.command][job_type] += 1
        # Not below 0: a sum that falls is to Prometheus a process that began anew.
        metrics.lease_slack_s.observe(job_type, max(held.lease.left_s(self._clock()), 0.0))
        reported_s = time.monotonic()
        ended_s = held.ended_s or reported_s
        # Whole microseconds; round() would go by way of text.
        facts = {
            "duration_s": int((ended_s - (held.started_s or ended_s)) * 1e6) / 1e6,
            "report_s": int((reported_s - ended_s) * 1e6) / 1e6,
            **outcome.note,
        }
        if assumed:
            facts["outcome"] = "assumed"  # 404 after an attempt without an answer: that one did it
        if outcome.command == "completion":
            log.info("job.completed", **facts)
        elif outcome.command == "error":
            log.info("job.error_thrown", **facts)
        else:
            # The last one is an incident, at which a human must look; error trackers listen for errors.
            say = log.warning if _left(outcome) else log.error
            say("job.failed", exc_info=outcome.cause, **facts)


_COUNTED = {
    "completion": metrics.jobs_completed,
    "failure": metrics.jobs_failed,
    "error": metrics.jobs_error_thrown,
}


def _wait(again: Event | None, seconds: float) -> bool:
    """Wait, and tell whether others' success ended it; for a time only if ``again`` is None."""
    if again is not None:
        return again.wait(seconds)
    gevent.sleep(seconds)
    return False


def _judged(held: HeldJob, outcome: Outcome, answer: Answer, verdict: JobVerdict, *, maybe_applied: bool) -> JobVerdict:
    """Return what a verdict comes to for a lease with a token, and for what can't be said twice."""
    if verdict is JobVerdict.REJECTED and answer.status == 409:
        if maybe_applied and _unleases(outcome):
            return JobVerdict.ASSUMED
        if held.token is not None:
            # The lease that the token names is over: the job is another's, or free.
            held.lease.lose(Loss.REFUSED)
            return JobVerdict.GONE
    return verdict


def _unleases(outcome: Outcome) -> bool:
    """Tell whether the outcome leaves a job that exists but takes no other: a second attempt at it is a 409."""
    return outcome.command != "completion"


def _facts(last: Answer | ServiceException | None) -> dict[str, object]:
    return {} if last is None else {"reason": str(last)} if isinstance(last, Exception) else fields(last)


def _left(outcome: Outcome) -> int:
    return _noted(outcome, "retries_left")


def _back_off_ms(outcome: Outcome) -> int:
    return _noted(outcome, "back_off_ms")


def _noted(outcome: Outcome, name: str) -> int:
    value = outcome.note.get(name, 0)
    return value if isinstance(value, int) else 0
