"""What is going on, for whoever asks by SIGUSR1: one line for each job in hand, with where its handler stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client import log as logging
from camunda_client.c8._stacks import FRAMES, innermost
from camunda_client.c8.worker import _async_handlers
from camunda_client.c8.worker._clock import now_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from camunda_client.c8.worker._held import Held

log = logging.get_logger(__name__)


def tell_jobs_in_hand(jobs: Iterable[Held]) -> None:
    """Log them all; keys and places only, since variables are the business's."""
    count, now = 0, now_s()
    for held in jobs:
        count += 1
        log.info(
            "job.in_hand",
            job_key=held.key,
            job_type=held.settings.job_type,
            stage=held.stage.value,
            age_s=round(now - held.received_s, 3),
            lease_left_s=round(held.lease.left_s(now), 3),
            stack=stack_of(held),
        )
    log.info("jobs.in_hand", count=count)


def stack_of(held: Held) -> list[str]:
    """Return where a job's handler stands, the innermost frames."""
    if awaited := _async_handlers.stack_of(held.greenlet):
        return awaited[-FRAMES:]
    return innermost(getattr(held.greenlet, "gr_frame", None))
