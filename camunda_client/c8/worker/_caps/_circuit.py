"""A circuit for each resource that says by which exceptions it is known to be down: open, polls pause.

A failure by such an exception is the system's fault and not the job's, so the job keeps its retries: when the circuit
closes, it is worked as if nothing had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client import metrics
from camunda_client.c8.worker._outcome import Recent
from camunda_client.error import CamundaBusinessException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client._process.cap_table import CapTable
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._hooks import JobOutcome
    from camunda_client.c8.worker._resources import Resource

log = get_logger(__name__)

#: Jobs to remember of which one has kept its retries.
_REMEMBERED = 10_000


class Circuit:
    """The circuit of one resource, which all processes share that share the table."""

    def __init__(self, resource: Resource, table: CapTable, block: int, clock: Callable[[], float]) -> None:
        self.resource, self._table, self._block, self._clock = resource, table, block, clock
        self._opens_for_s = float(resource.opens_for) / 1000  # type: ignore[arg-type]  # read by Resource

    @property
    def open_until_s(self) -> float:
        """Until when it is open, on the monotonic clock; in the past while it is half open, and 0 if it is closed."""
        return self._table.open_until_s(self._block)

    def counts(self, error: BaseException) -> bool:
        """Tell whether an exception says that the system is at fault."""
        return isinstance(error, self.resource.opens_on)  # type: ignore[arg-type]  # classes, by Resource

    def failed(self, error: BaseException, job_type: str) -> float:
        """Count a failure of a job; return the seconds for which the circuit is open now, 0 if it is closed."""
        with self._table.lock():
            now_s, until_s = self._clock(), self.open_until_s
            failures = self._table.failures(self._block) + 1
            opens = until_s <= now_s and (until_s > 0 or failures >= (self.resource.opens_after or 1))
            until_s = now_s + self._opens_for_s if opens else until_s
            self._table.put_circuit(self._block, failures, until_s)
        if opens:
            metrics.circuits_opened[job_type] += 1
            log.warning(
                "circuit.opened",
                resource=self.resource.name,
                job_type=job_type,
                failures=failures,
                error=type(error).__name__,
                opens_for_s=self._opens_for_s,
            )
        return max(until_s - now_s, 0.0)

    def succeeded(self) -> None:
        """Count a success: the failures are no longer in a row, and a circuit that is half open closes."""
        if not self._table.failures(self._block):
            return
        with self._table.lock():
            until_s = self.open_until_s
            if until_s > self._clock():
                return  # it had begun before the circuit opened, and says nothing of now
            self._table.put_circuit(self._block, 0, 0.0)
        if until_s:
            log.info("circuit.closed", resource=self.resource.name)


class Faults:
    """What the failures of one job type say of the systems that it uses."""

    def __init__(self, job_type: str, circuits: list[Circuit]) -> None:
        self._job_type, self._circuits = job_type, circuits
        #: How often a job has kept its retries while no circuit opened.
        self._kept: Recent[int] = Recent(_REMEMBERED)

    def keeps_retries_for_s(self, job_key: str, error: BaseException) -> float | None:
        """Count a failure; return after how many seconds to offer its job again with all its retries, if so.

        A job that fails again and again while others succeed is at fault itself: ``None`` from then on.
        """
        hit = [circuit for circuit in self._circuits if circuit.counts(error)]
        if not hit:
            return None
        open_s = max(circuit.failed(error, self._job_type) for circuit in hit)
        if open_s > 0:
            return open_s
        kept = self._kept.get(job_key, 0) + 1
        self._kept.set(job_key, kept)
        return 0.0 if kept <= max(circuit.resource.opens_after or 1 for circuit in hit) else None

    def ended(self, _job: ActivatedJob, outcome: JobOutcome) -> None:
        """Count a success; a hook of kind ``after``."""
        if outcome.kind == "completed" or isinstance(outcome.exception, CamundaBusinessException):
            for circuit in self._circuits:
                circuit.succeeded()
