"""A job in our hands, from its activation until Camunda knows the outcome."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from pydantic_core import to_json

from camunda_client.c8.worker._clock import now_s

if TYPE_CHECKING:
    from contextvars import Context

    import gevent

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._lease import Lease
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._registry import WorkerSettings


class Stage(Enum):
    """How far a held job is."""

    WAITING = "waiting"
    RUNNING = "running"
    REPORTING = "reporting"
    SETTLED = "settled"


class Held:
    """One activated job: whose it is, until when we hold it, and how far we are."""

    __slots__ = (
        "command", "context", "dropped", "due_slot", "ended_s", "greenlet", "job", "key", "lease", "let_go", "outcome",
        "received_s", "retries", "settings", "stage", "started_s", "stopped", "successor", "token",
    )  # fmt: skip

    def __init__(self, job: ActivatedJob, settings: WorkerSettings, received_s: float, lease: Lease) -> None:
        self.job = job
        # The job is the handler's, which may change it.
        self.key = job.job_key
        self.retries = job.retries
        #: Names our lease where Camunda gives leases a token (8.10).
        self.token = job.job_lease_token
        self.settings = settings
        #: What is known of our hold on it.
        self.lease = lease
        #: When it came, on the clock of leases.
        self.received_s = received_s
        #: When the handler started and ended, on the monotonic clock; 0 before.
        self.started_s = self.ended_s = 0.0
        self.stage = Stage.WAITING
        #: Its handler should have ended long ago: its lease is not extended any more.
        self.let_go = False
        #: Its handler was ended, because the job was lost: nothing is told of it.
        self.dropped = False
        #: Its handler was stopped, because the worker stops: what it raises since then is no failure of the job.
        self.stopped = False
        #: What Camunda is being told, or was: ``completion``, ``failure`` or ``error``.
        self.command: str | None = None
        #: The same job, offered to us again before we had Camunda's answer to our failure.
        self.successor: Held | None = None
        #: Where its handler runs, while it does.
        self.greenlet: gevent.Greenlet[..., None] | None = None
        #: What its handler ran in, and came to; set for the report.
        self.context: Context | None = None
        self.outcome: Outcome | None = None
        #: Where the extender keeps it; ``None`` while it does not.
        self.due_slot: int | None = None

    def is_settled(self) -> bool:
        """Whether nothing more is to be told about the job."""
        return self.stage is Stage.SETTLED

    def extension(self) -> bytes:
        """Return the body of ``PATCH /v2/jobs/{jobKey}`` that extends its lease."""
        return self.signed(b'{"changeset":{"timeout":%d}}' % self.settings.lease_ms)

    def signed(self, body: bytes) -> bytes:
        """Return a body, a JSON object that is not empty, with the lease's token if there is one."""
        return body if self.token is None else b'%b,"jobLeaseToken":%b}' % (body[:-1], to_json(self.token))

    def may_be_extended(self, now: float) -> bool:
        """Whether its settings let its lease be extended at this moment of the leases' clock."""
        settings = self.settings
        if not settings.auto_extend or self.let_go:
            return False
        return settings.max_lease_s is None or now - self.received_s < settings.max_lease_s

    def is_ours(self) -> bool:
        """Whether the job is surely still ours."""
        return self.lease.holds(now_s())
