"""The jobs in hand, for people: by SIGUSR1 in the log, and on the live page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from camunda_client import log as logging
from camunda_client.c8._stacks import FRAMES, innermost
from camunda_client.c8.worker import _async_handlers
from camunda_client.c8.worker._clock import now_s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from camunda_client.c8.worker._held import Held

log = logging.get_logger(__name__)


@dataclass(frozen=True)
class JobInHand:
    """One job between its activation and Camunda's answer to its outcome; keys and places only, no variables."""

    job_key: str
    job_type: str
    process_instance_key: str
    process_definition_id: str
    element_id: str
    #: ``waiting`` for a slot, ``running``, ``reporting`` its outcome, or ``settled``.
    stage: str
    #: Seconds since it came.
    age_s: float
    #: Seconds for which it is surely ours; below 0 where the lease is over.
    lease_left_s: float
    #: Where its handler stands, ``file:line in function``, the innermost frame last; empty unless it runs.
    stack: list[str]


def in_hand(jobs: Iterable[Held]) -> list[JobInHand]:
    """Return what can be said of each."""
    now = now_s()
    return [
        JobInHand(
            job_key=held.key,
            job_type=held.settings.job_type,
            process_instance_key=str(held.job.process_instance_key),
            process_definition_id=str(held.job.process_definition_id),
            element_id=str(held.job.element_id),
            stage=held.stage.value,
            age_s=round(now - held.received_s, 3),
            lease_left_s=round(held.lease.left_s(now), 3),
            stack=stack_of(held),
        )
        for held in jobs
    ]


def tell_jobs_in_hand(jobs: Iterable[Held]) -> None:
    """Log them all."""
    found = in_hand(jobs)
    for job in found:
        log.info("job.in_hand", **asdict(job))
    log.info("jobs.in_hand", count=len(found))


def stack_of(held: Held) -> list[str]:
    """Return where a job's handler stands, the innermost frames."""
    if awaited := _async_handlers.stack_of(held.greenlet):
        return awaited[-FRAMES:]
    return innermost(getattr(held.greenlet, "gr_frame", None))
