"""A job in our hands, from its activation until Camunda knows the outcome."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gevent

    from camunda_client.c8.models import ActivatedJob
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
        "ended_s", "expires_s", "greenlet", "job", "key", "lost", "received_s", "settings", "stage", "started_s",
    )  # fmt: skip

    def __init__(self, job: ActivatedJob, settings: WorkerSettings, now_s: float) -> None:
        self.job = job
        self.key = job.job_key
        self.settings = settings
        self.received_s = now_s
        self.started_s = now_s
        #: When the handler ended.
        self.ended_s = now_s
        self.expires_s = now_s + settings.lease_s
        self.stage = Stage.WAITING
        #: Camunda said that the job is no longer ours (finished, cancelled, or handed to another worker).
        self.lost = False
        self.greenlet: gevent.Greenlet[..., None] | None = None

    def is_settled(self) -> bool:
        """Whether nothing more is to be told about the job."""
        return self.stage is Stage.SETTLED

    def left_s(self) -> float:
        """Return the seconds that are left of the lease, negative when it is over."""
        return self.expires_s - time.monotonic()

    def renew(self, now_s: float) -> None:
        """Count the lease anew from ``now_s``, the moment before Camunda granted it."""
        self.expires_s = now_s + self.settings.lease_s
