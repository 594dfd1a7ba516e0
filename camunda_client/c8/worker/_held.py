"""A job in our hands, from its activation until Camunda knows the outcome."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextvars import Context

    import gevent

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._registry import WorkerSettings


class Stage(Enum):
    """How far a held job is."""

    WAITING = "waiting"
    RUNNING = "running"
    REPORTING = "reporting"
    SETTLED = "settled"


class Held:
    """One activated job: whose it is, until when we hold it, and how far we are.

    The lease is measured on the monotonic clock from the job's receipt: ``deadline`` is the engine's wall clock, and
    that of this machine may differ by minutes.
    """

    __slots__ = (
        "command", "context", "dropped", "ended_s", "expires_s", "greenlet", "job", "key", "let_go", "lost", "outcome",
        "received_s", "retries", "settings", "stage", "started_s", "stopped", "successor",
    )  # fmt: skip

    def __init__(self, job: ActivatedJob, settings: WorkerSettings, now_s: float) -> None:
        self.job = job
        # The job is the handler's, which may change it.
        self.key = job.job_key
        self.retries = job.retries
        self.settings = settings
        self.received_s = now_s
        self.started_s = now_s
        #: When the handler ended.
        self.ended_s = now_s
        self.expires_s = now_s + settings.lease_s
        self.stage = Stage.WAITING
        #: Camunda said that the job is no longer ours (finished, cancelled, or handed to another worker).
        self.lost = False
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

    def is_settled(self) -> bool:
        """Whether nothing more is to be told about the job."""
        return self.stage is Stage.SETTLED

    def is_failed(self) -> bool:
        """Whether Camunda surely has our failure if it offers the job again: that is why it does, within the lease."""
        return self.command == "failure" and self.left_s() > 0

    def is_ours(self) -> bool:
        """Whether the job is still ours, as far as we know."""
        return not self.lost and self.left_s() > 0

    def left_s(self) -> float:
        """Return the seconds that are left of the lease, negative when it is over."""
        return self.expires_s - time.monotonic()

    def renew(self, now_s: float) -> None:
        """Count the lease anew from ``now_s``, the moment before Camunda granted it."""
        self.expires_s = now_s + self.settings.lease_s
