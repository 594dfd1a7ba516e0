"""How many jobs of one key, such as a customer, may run at once.

Camunda can't be asked for jobs of some keys only. So a job whose key is busy is handed back at once, retries unchanged,
for as long as those before it will probably take: it does not wait with its lease running.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from camunda_client.c8.worker._outcome import Recent
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client._process.cap_table import CapTable
    from camunda_client.c8.worker._lease import HeldJob
    from camunda_client.c8.worker._settings import WorkerSettings

log = get_logger(__name__)

#: Seconds that a handler is believed to take before one has ended.
_UNKNOWN_S = 0.5
#: Seconds for which a job is handed back, at least and at most.
_LEAST_S, _MOST_S = 0.1, 60.0
#: Keys to remember of which jobs were handed back.
_REMEMBERED = 10_000


class Keys:
    """The keys of one job type's jobs in flight."""

    def __init__(
        self, variable: str, limit: int, scope: str, table: CapTable, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Let ``limit`` jobs run at once whose ``variable`` has one value; types with one ``scope`` count as one."""
        self._variable, self._limit, self._scope, self._table, self._clock = variable, limit, scope, table, clock
        self._claimed: dict[str, int] = {}
        self._usual_s = _UNKNOWN_S
        #: When the last job of a key that was handed back is expected to end.
        self._busy_until_s: Recent[float] = Recent(_REMEMBERED)
        self._told_of_missing = False

    @classmethod
    def of(cls, settings: WorkerSettings, table: CapTable) -> Keys | None:
        """Return those that a type's settings ask for."""
        if settings.per is None:
            return None
        scope = "\0".join(resource.name for resource in settings.resources) or settings.job_type
        return cls(settings.per, settings.per_limit, scope, table)

    def defers(self, held: HeldJob) -> tuple[int, str] | None:
        """Return for how many milliseconds to hand a job back, and why; ``None`` if it may run, which is noted."""
        value = self._value(held)
        if value is None:
            return None
        cell = self._table.claim(f"{self._scope}\0{value}", self._limit)
        if cell:
            self._claimed[held.key] = cell
            return None
        now_s = self._clock()
        ends_s = max(self._busy_until_s.get(str(value), 0.0), now_s) + max(self._usual_s / self._limit, _LEAST_S)
        self._busy_until_s.set(str(value), min(ends_s, now_s + _MOST_S))
        wait_s = min(ends_s - now_s, _MOST_S)
        return int(wait_s * 1000), f"handed back unworked: another job of the same {self._variable} is running"

    def _value(self, held: HeldJob) -> object:
        variables = held.job.variables
        value = variables.get(self._variable) if isinstance(variables, dict) else None
        if value is None and not self._told_of_missing:
            self._told_of_missing = True
            log.warning(
                "cap.key_missing",
                job_type=held.settings.job_type,
                variable=self._variable,
                remedy="jobs without the variable that per names run without a limit",
            )
        return value

    def released(self, held: HeldJob) -> None:
        """Give back the key of a job that is no longer in hand."""
        cell = self._claimed.pop(held.key, 0)
        if cell:
            self._table.unclaim(cell)
            if held.started_s and held.ended_s:
                self._usual_s += (held.ended_s - held.started_s - self._usual_s) / 8
