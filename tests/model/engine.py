"""The jobs of a simulated Camunda, and whose each is. What a real 8.6.0 does, and 8.10 where leases have tokens.

It has no fencing without tokens: a completion, failure or extension counts whoever sends it.
"""

from __future__ import annotations

import heapq
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from camunda_client.c8._http import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.simulated import Clock

JOB_TYPE = "work"
DONE = Answer(status=204)
#: Milliseconds on the wall clock of its machine at true time 0.
_EPOCH_MS = 1_700_000_000_000
ACTIVATABLE, ACTIVATED, BACKING_OFF, INCIDENT, ERROR_THROWN, COMPLETED, CANCELED = (
    "activatable", "activated", "backing off", "incident", "error thrown", "completed", "canceled",
)  # fmt: skip
#: States of jobs that Camunda does not know any more.
GONE = (COMPLETED, CANCELED, ERROR_THROWN)


def problem(status: int, title: str, detail: str) -> Answer:
    """Return one of Camunda's problem documents."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Answer(status=status, content_type="application/problem+json", body=json.dumps(document).encode())


@dataclass(eq=False)
class Job:
    """One job, and the lease it has now."""

    key: str
    retries: int = 3
    state: str = ACTIVATABLE
    #: Who has it, or had it last; the name of a process.
    holder: str = ""
    #: Counts its activations.
    lease: int = 0
    granted_s: float = 0.0
    ends_s: float = 0.0
    token: str | None = None
    #: Leases that ended because the failure of a request came whose sender had given it up: nobody's fault.
    struck: set[int] = field(default_factory=set)

    def is_leased(self, now_s: float) -> bool:
        """Whether somebody has it."""
        return self.state == ACTIVATED and now_s < self.ends_s


@dataclass(eq=False)
class Poll:
    """A request for jobs that is parked."""

    holder: str
    most: int
    lease_s: float
    until_s: float
    with_token: bool
    deliver: Callable[[Answer], None]
    is_open: bool = True


class Engine:
    """One partition and its gateway."""

    def __init__(self, clock: Clock, on_expired: Callable[[Job], None], *, tokens: bool, drift: float) -> None:
        """Call ``on_expired`` when a lease ends by itself; its clock gains ``drift`` seconds in each."""
        self._clock = clock
        self._on_expired = on_expired
        self.tokens = tokens
        self._rate = 1 + drift
        self.is_up = True
        self.jobs: dict[str, Job] = {}
        self._parked: list[Poll] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._keys = itertools.count((1 << 51) + 1)

    # -- time ---------------------------------------------------------------------------------------------------------
    def next_s(self) -> float:
        """Return when something happens by itself."""
        return self._due[0][0] if self._due else float("inf")

    def step(self) -> None:
        """Do what is due."""
        while self._due and self._due[0][0] <= self._clock.now_s:
            heapq.heappop(self._due)[2]()

    def _at(self, when_s: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (when_s, next(self._number), what))

    def _wall_ms(self, true_s: float) -> int:
        return int(_EPOCH_MS + true_s * self._rate * 1000)

    # -- what happens to it -------------------------------------------------------------------------------------------
    def create(self) -> Job:
        """Return a new job."""
        job = Job(str(next(self._keys)))
        self.jobs[job.key] = job
        self._serve()
        return job

    def cancel(self, job: Job) -> None:
        """End its process instance."""
        if job.state not in GONE:
            job.state = CANCELED

    def go_down(self) -> list[Poll]:
        """Die, and return the polls that were parked."""
        self.is_up = False
        cut, self._parked = [poll for poll in self._parked if poll.is_open], []
        return cut

    def come_up(self) -> None:
        """Be there again, with all data."""
        self.is_up = True

    # -- what workers ask ---------------------------------------------------------------------------------------------
    def activate(self, holder: str, body: dict[str, Any], deliver: Callable[[Answer], None]) -> None:
        """Answer with jobs, now or when there are some or the time is out."""
        if body.get("withLease") and not self.tokens:
            deliver(problem(400, "Bad Request", "unknown property withLease"))
            return
        parked_s = max(body["requestTimeout"] / 1000, 0)
        poll = Poll(
            holder,
            body["maxJobsToActivate"],
            body["timeout"] / 1000,
            self._clock.now_s + parked_s,
            bool(body.get("withLease")),
            deliver,
        )
        self._parked.append(poll)
        self._serve()
        if poll.is_open:
            self._at(poll.until_s, lambda: self._time_out(poll))

    def complete(self, key: str, token: str | None) -> tuple[Answer, bool]:
        """Return the answer, and whether it was applied."""
        job, refused = self._workable(key, token)
        if refused is not None:
            return refused, False
        job.state = COMPLETED
        return DONE, True

    def throw(self, key: str, token: str | None) -> tuple[Answer, bool]:
        """As above; every error is caught."""
        job, refused = self._workable(key, token)
        if refused is not None:
            return refused, False
        job.state = ERROR_THROWN
        return DONE, True

    def fail(self, key: str, token: str | None, body: dict[str, Any]) -> tuple[Answer, bool]:
        """As above."""
        job, refused = self._workable(key, token)
        if refused is not None:
            return refused, False
        job.retries = body["retries"]
        back_off_s = body["retryBackOff"] / 1000
        if job.retries <= 0:
            job.state = INCIDENT
        elif back_off_s > 0:
            job.state = BACKING_OFF
            lease = job.lease
            self._at(self._clock.now_s + back_off_s, lambda: self._offer(job, lease, BACKING_OFF))
        else:
            job.state = ACTIVATABLE
            self._serve()
        return DONE, True

    def extend(self, key: str, token: str | None, body: dict[str, Any]) -> tuple[Answer, bool]:
        """As above."""
        job = self.jobs.get(key)
        if job is None or job.state in GONE:
            return problem(404, "NOT_FOUND", f"no job {key}"), False
        if job.token and token not in (None, job.token):
            return problem(409, "INVALID_STATE", "the lease token is not that of the latest lease"), False
        if job.state != ACTIVATED:
            return problem(400, "INVALID_ARGUMENT", f"job {key} is not active"), False
        self._lease(job, body["changeset"]["timeout"] / 1000)
        return DONE, True

    # -- inside -------------------------------------------------------------------------------------------------------
    def _workable(self, key: str, token: str | None) -> tuple[Job, Answer | None]:
        job = self.jobs[key]
        if job.state in GONE:
            return job, problem(404, "NOT_FOUND", f"no job {key}")
        if job.state in (BACKING_OFF, INCIDENT):
            return job, problem(409, "INVALID_STATE", f"job {key} is {job.state}")
        if job.token and token != job.token:
            return job, problem(409, "INVALID_STATE", "the lease token is not that of the latest lease")
        return job, None

    def _lease(self, job: Job, length_s: float) -> None:
        # Its deadline is in whole milliseconds of its own clock, cut.
        now_ms = self._wall_ms(self._clock.now_s)
        job.granted_s = self._clock.now_s
        job.ends_s = (now_ms + length_s * 1000 - _EPOCH_MS) / 1000 / self._rate
        lease = job.lease
        self._at(job.ends_s, lambda: self._expire(job, lease))

    def _expire(self, job: Job, lease: int) -> None:
        if job.state == ACTIVATED and job.lease == lease and job.ends_s <= self._clock.now_s:
            self._on_expired(job)
            self._offer(job, lease, ACTIVATED)

    def _offer(self, job: Job, lease: int, state: str) -> None:
        if job.state == state and job.lease == lease:
            job.state = ACTIVATABLE
            self._serve()

    def _time_out(self, poll: Poll) -> None:
        if poll.is_open:
            poll.is_open = False
            self._parked.remove(poll) if poll in self._parked else None
            if self.is_up:
                poll.deliver(self._jobs_answer([]))

    def _serve(self) -> None:
        if not self.is_up:
            return
        for poll in list(self._parked):
            jobs = [
                job for job in self.jobs.values() if job.state == ACTIVATABLE and (poll.with_token or not job.token)
            ]
            if not jobs:
                continue
            poll.is_open = False
            self._parked.remove(poll)
            found = []
            for job in jobs[: poll.most]:
                job.state, job.holder = ACTIVATED, poll.holder
                job.lease += 1
                job.token = f"{job.key}-{job.lease}" if poll.with_token else None
                self._lease(job, poll.lease_s)
                found.append(job)
            poll.deliver(self._jobs_answer(found))

    def _jobs_answer(self, jobs: list[Job]) -> Answer:
        listed = [
            {
                "jobKey": job.key,
                "type": JOB_TYPE,
                "retries": job.retries,
                "deadline": round(job.ends_s * self._rate * 1000) + _EPOCH_MS,
                **({"jobLeaseToken": job.token} if job.token else {}),
            }
            for job in jobs
        ]
        return Answer(status=200, content_type="application/json", body=json.dumps({"jobs": listed}).encode())
