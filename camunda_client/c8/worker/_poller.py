"""Ask Camunda for jobs of one type: one long poll at a time, for as many jobs as there are free slots.

A poll is never given up while it is open: Camunda would hand its next job to the closed connection and lock it for its
whole lease (measured on 8.6.0). So stopping means to ask no more and to wait for the open poll.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gevent.event import Event
from pydantic import ValidationError
from pydantic_core import to_json

from camunda_client import metrics
from camunda_client.c8._backoff import Backoff
from camunda_client.c8._http import parsed
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._answers import fields, is_overload
from camunda_client.error import ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8.worker._commands import Commands
    from camunda_client.c8.worker._registry import WorkerSettings
    from camunda_client.c8.worker._slots import Slots

log = get_logger(__name__)

#: Jobs per poll at most. One job per poll doubles the engine's work; 500 cost more per job than 100 (measured).
BATCH = 120
#: Seconds for which a busy worker lets a poll be parked: a stop in the middle of work has to wait for it.
BUSY_REQUEST_TIMEOUT_S = 1.0
#: Seconds by which a poll may come back later than asked for (8.6.0: up to half a second).
_LATE_S = 1.0
#: Seconds. An empty answer that came sooner than this was no long poll.
_EARLY_S = 0.25


class Poller:
    """One job type's polling, in a greenlet of its own."""

    def __init__(
        self,
        settings: WorkerSettings,
        commands: Commands,
        slots: Slots,
        job_types: int,
        accept: Callable[[ActivatedJob, WorkerSettings], None],
    ) -> None:
        """Poll for ``settings.job_type``, one of ``job_types``; hand each job to ``accept``, which must not block."""
        self.settings = settings
        #: Jobs of this type in flight.
        self.active = 0
        #: When the last poll was answered with 200, on the monotonic clock; ``None`` before the first.
        self.answered_s: float | None = None
        #: Why the last polls failed, or ``None``.
        self.trouble: str | None = None
        #: Until when the gateway may hold the open poll, on the monotonic clock; ``None`` when none is open.
        self.parked_until_s: float | None = None
        self._commands = commands
        self._slots = slots
        self._job_types = job_types
        self._accept = accept
        self._stopping = False
        self._changed = Event()
        self._failures = 0
        self._empties = 0
        self._window = BATCH
        self._backoff = Backoff(first_s=0.05, ceiling_s=max(settings.polling_interval_s, 0.05))
        self._before, self._after = _request_parts(settings)

    def stop(self) -> None:
        """Ask no more. A poll that is open goes on to its end."""
        self._stopping = True
        self._changed.set()

    def released(self) -> None:
        """Take note that a job of this type is no longer in flight."""
        self.active -= 1
        self._changed.set()

    def run(self) -> None:
        """Poll until stopped."""
        while not self._stopping:
            room = self._room()
            if room:
                self._poll(room)
            else:
                self._slots.notify(self._changed)
                self._changed.wait()
            self._changed.clear()

    def _room(self) -> int:
        """Return how many jobs to ask for: 0 when there is no room."""
        free = self.settings.cap - self.active
        return min(free, self._slots.share(self._job_types), self.settings.batch or BATCH, self._window)

    def _poll(self, room: int) -> None:
        request_timeout_s = self._request_timeout_s()
        body = self._before + b"%d,%b%d}" % (room, self._after, int(request_timeout_s * 1000))
        started_s = time.monotonic()
        self._slots.asked += room
        self.parked_until_s = started_s + max(request_timeout_s, 0) + _LATE_S
        try:
            answer = self._commands.activate(body, request_timeout_s)
        except ServiceException as error:
            self._failed(getattr(error, "reason", "unreachable"), None, {"detail": str(error)})
            return
        finally:
            self._slots.asked -= room
            self.parked_until_s = None
        self._answered(answer, time.monotonic() - started_s)

    def _request_timeout_s(self) -> float:
        """Return how long the gateway may park this poll: longer, the longer there was no work."""
        busy = BUSY_REQUEST_TIMEOUT_S * 2 ** min(self._empties, 10)
        return min(busy, self.settings.request_timeout_s) if self.settings.request_timeout_s > 0 else -0.001

    def _answered(self, answer: Answer, took_s: float) -> None:
        if answer.status != 200:
            reason = "overload" if is_overload(answer) else "status"
            self._failed(reason, answer.retry_after_s, fields(answer))
            return
        try:
            found = _jobs(answer)
        except ValueError as error:
            self._failed("not_json", None, {"content_type": answer.content_type[:80], "detail": str(error)[:200]})
            return
        self.answered_s = time.monotonic()
        if self.trouble is not None:
            log.info("poll.recovered", job_type=self.settings.job_type, failures=self._failures)
            self.trouble, self._failures = None, 0
        self._window = min(self._window * 2, BATCH)
        metrics.count("polls", self.settings.job_type, outcome="jobs" if found else "empty")
        if found:
            self._empties = 0
            self._take(found)
        else:
            self._empty(took_s)

    def _empty(self, took_s: float) -> None:
        self._empties = 0 if self.active else self._empties + 1
        if self.settings.request_timeout_s <= 0:
            self._pause(self.settings.polling_interval_s)
        elif took_s < _EARLY_S:
            # The gateway didn't park the poll; without a pause this would be a busy loop.
            self._pause(self._backoff.wait_s(min(self._empties + 1, 8)))

    def _take(self, found: list[Any]) -> None:
        metrics.count("jobs_activated", self.settings.job_type, len(found))
        for raw in found:
            try:
                job = ActivatedJob.model_validate(raw)
                if not job.job_key.isdecimal():
                    raise ValueError(f"the job's key {job.job_key[:40]!r} is no number")
            except ValueError as error:
                self._unreadable(raw, error)
            else:
                self.active += 1
                self._accept(job, self.settings)

    def _unreadable(self, raw: object, error: ValueError) -> None:
        """Leave a job that can't be understood to its lease; the rest of the batch is worked."""
        metrics.count("jobs_unreadable", self.settings.job_type)
        key = raw.get("jobKey", raw.get("key")) if isinstance(raw, dict) else None
        what = (
            [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            if isinstance(error, ValidationError)
            else [str(error)]
        )
        log.error("job.unreadable", job_type=self.settings.job_type, job_key=str(key)[:40], problems=what[:5])

    def _failed(self, reason: str, asked_for_s: float | None, facts: dict[str, object]) -> None:
        """Back off, and say so once for each change of state rather than for each try."""
        self._failures += 1
        self._empties = 0
        self._window = max(self._window // 2, 1)
        metrics.count("polls", self.settings.job_type, outcome=reason)
        wait_s = self._backoff.wait_s(self._failures, asked_for_s)
        say = log.debug
        if reason == "overload":
            self.trouble = self.trouble or reason
        elif self.trouble != reason:
            self.trouble, say = reason, log.warning
        say("poll.failed", job_type=self.settings.job_type, reason=reason, wait_s=round(wait_s, 3), **facts)
        self._pause(wait_s)

    def _pause(self, seconds: float) -> None:
        """Wait, but not beyond a stop."""
        end_s = time.monotonic() + seconds
        while not self._stopping and (left_s := end_s - time.monotonic()) > 0:
            self._changed.clear()
            self._changed.wait(left_s)


def _request_parts(settings: WorkerSettings) -> tuple[bytes, bytes]:
    """Return the request's JSON around the number of jobs; what was not asked for stays out of it."""
    asked: dict[str, object] = {"type": settings.job_type, "worker": settings.worker, "timeout": settings.lease_ms}
    if settings.fetch_variables:
        asked["fetchVariable"] = settings.fetch_variables
    if settings.tenant_ids:
        asked["tenantIds"] = settings.tenant_ids
    return to_json(asked)[:-1] + b',"maxJobsToActivate":', b'"requestTimeout":'


def _jobs(answer: Answer) -> list[Any]:
    """Return the raw jobs of an activation's answer.

    Raises:
        ValueError: It isn't such an answer: no JSON, NaN in it, or no list of jobs.
    """
    document = parsed(answer)
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(jobs, list):
        raise ValueError("the answer has no list of jobs")
    return jobs
