"""What a worker says of itself: whether it is any good right now, which jobs it has in hand, and how it stopped.

An empty poll proves nothing: with the broker down or frozen Camunda's gateway answers polls with an empty 200. So
"alive" takes both: every type was answered lately, and the topology shows a partition with a leader.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from gevent.event import Event

from camunda_client._process.stacks import FRAMES, innermost
from camunda_client.c8._http import parsed
from camunda_client.c8.models import ClusterTopology
from camunda_client.c8.worker import _async_handlers
from camunda_client.c8.worker._checks import name_of
from camunda_client.c8.worker._lease import now_s
from camunda_client.error import ServiceException
from camunda_client.log import flush, get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from camunda_client.c8.worker._gateway import Gateway
    from camunda_client.c8.worker._lease import HeldJob
    from camunda_client.c8.worker._settings import WorkerSettings

log = get_logger(__name__)


@dataclass
class StopReport:
    """What became of the jobs of a worker that stopped."""

    #: Jobs whose outcome Camunda took since the stop began.
    completed: int = 0
    #: Jobs given back untouched, for others to take at once.
    handed_back: int = 0
    #: Keys of jobs whose handler was stopped at the deadline; they were handed back and will be worked anew.
    interrupted: list[str] = field(default_factory=list)
    #: Keys of jobs whose outcome did not reach Camunda, or may not have; they come back when their lease ends.
    abandoned: list[str] = field(default_factory=list)
    #: Seconds that the stop took.
    duration_s: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every job in hand was answered, or handed back untouched."""
        return not self.interrupted and not self.abandoned


#: Seconds between two looks at the topology.
LOOK_EVERY_S = 10.0


@dataclass(frozen=True)
class TypeHealth:
    """One job type."""

    job_type: str
    #: Polled with success lately, or all its slots, or all of the pool's, are busy so that there was no need to.
    alive: bool
    #: Jobs in hand.
    active: int
    #: Seconds since the last poll that was answered; ``None`` if there was none yet.
    answered_s_ago: float | None
    #: Jobs whose handler should have ended long ago (``job.stuck`` in the log).
    stuck: int
    #: One word for why polls fail now, or ``None``.
    trouble: str | None
    #: Jobs that may be in hand at once.
    max_jobs_active: int = 0
    #: The cap, with its resource's name, for which it is not polled for now, or ``None``.
    capped_by: str | None = None
    #: The least that was left of a lease when it was extended, in the last minute or two, in seconds; 0 after a loss;
    #: ``None`` if no lease was extended.
    least_slack_s: float | None = None
    #: ``running``, or what an operator asked for: ``paused``, ``draining``, or ``drained`` once nothing is in hand.
    state: str = "running"


@dataclass(frozen=True)
class Health:
    """The whole worker."""

    #: Running, every type alive, nothing dead, and Camunda has a leader.
    alive: bool
    running: bool
    #: Whether the topology showed a partition with a leader when last looked at; ``None`` before the first look.
    leader: bool | None
    in_flight: int = 0
    #: Jobs whose handler should have ended long ago.
    stuck: int = 0
    types: list[TypeHealth] = field(default_factory=list)
    #: Parts of the worker that died of a defect of this library, and wait to be started again.
    dead: list[str] = field(default_factory=list)


class ClusterWatch:
    """Looks at the topology now and then."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.leader: bool | None = None
        #: How many partitions the cluster has, as far as it said so.
        self.partitions = 1
        #: Whether the gateway and all brokers give leases a token, as far as they said so.
        self.has_leases = False
        self._stop = Event()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def died(self) -> None:
        """Forget what was seen: it would be believed for ever."""
        self.leader = None

    def run(self) -> None:
        """Look until stopped."""
        while not self._stop.is_set():
            leader = self._look()
            if self.leader is not None and leader is not self.leader:
                (log.info if leader else log.warning)("cluster.leader_found" if leader else "cluster.leader_lost")
            self.leader = leader
            flush()  # what a stalled reader has kept back; an idle worker has no next line that would push it
            # More often while there is none: recovery shows in the topology first.
            self._stop.wait(LOOK_EVERY_S if leader else 1.0)

    def _look(self) -> bool:
        try:
            answer = self._gateway.topology()
            if answer.status != 200:
                return False
            topology = ClusterTopology.model_validate(parsed(answer))
        except (ServiceException, ValueError):  # the latter: no JSON, or no topology
            return False
        if topology.has_leader and topology.partitions_count:
            self.partitions = topology.partitions_count
        self.has_leases = _have_leases(topology)
        return topology.has_leader


#: Since when activations may ask for leases with a token; 8.9 refuses the whole request.
_LEASES_SINCE = (8, 10)


def _have_leases(topology: ClusterTopology) -> bool:
    versions = [topology.gateway_version, *(broker.version for broker in topology.brokers)]
    return all(_numbers(version) >= _LEASES_SINCE for version in versions)


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version's first two numbers, ``()`` if it has none."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else ()


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
    #: The handler, ``module.function``.
    handler: str = ""
    #: The handler should have ended long ago (``job.stuck`` in the log).
    stuck: bool = False


def in_hand(jobs: Iterable[HeldJob]) -> list[JobInHand]:
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
            handler=handler_of(held.settings),
            stuck=held.overdue,
        )
        for held in jobs
    ]


def handler_of(settings: WorkerSettings) -> str:
    """Return a type's handler as ``module.function``: the user's own, not what calls it with parameters."""
    return name_of(inspect.unwrap(settings.handler))


def tell_jobs_in_hand(jobs: Iterable[HeldJob]) -> None:
    """Log them all."""
    found = in_hand(jobs)
    for job in found:
        log.info("job.in_hand", **asdict(job))
    log.info("jobs.in_hand", count=len(found))


#: Where handlers are that run in child processes, by greenlet.
in_children: dict[object, str] = {}


def stack_of(held: HeldJob) -> list[str]:
    """Return where a job's handler stands, the innermost frames."""
    if awaited := _async_handlers.stack_of(held.greenlet):
        return awaited[-FRAMES:]
    if (elsewhere := in_children.get(held.greenlet)) is not None:
        return [elsewhere]
    return innermost(getattr(held.greenlet, "gr_frame", None))
