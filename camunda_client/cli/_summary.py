"""``--summary``: a line about all jobs in each interval, for people who watch a log go by."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from camunda_client import log as logging
from camunda_client.cli._status import difference, quantiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.metrics import Metrics

log = logging.get_logger(__name__)

_COUNTED: Final = {
    "completed": "camunda_jobs_completed_total",
    "failed": "camunda_jobs_failed_total",
    "errors_thrown": "camunda_jobs_error_thrown_total",
    "lease_lost": "camunda_lease_lost_total",
    "given_up": "camunda_reports_given_up_total",
}
#: Left out while they are 0.
_RARE: Final = ("failed", "errors_thrown", "lease_lost", "given_up")


class Summary:
    """Compares what was counted with what was counted before."""

    def __init__(
        self, every_s: float, counted: Callable[[], Metrics], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Say every so many seconds what ``counted`` has come to."""
        self._every_s, self._counted, self._clock = every_s, counted, clock
        self._said_s = clock()
        self._before: tuple[dict[str, float], list[int]] | None = None

    def look(self) -> None:
        """Log a line if it is time for one."""
        now = self._clock()
        if self._before is None:
            self._before = self._totals()[:2]
        took_s = now - self._said_s
        if took_s < self._every_s:
            return
        counts, durations, in_flight = self._totals()
        before, earlier = self._before
        self._said_s, self._before = now, (counts, durations)
        grown = {name: int(max(counts[name] - before[name], 0)) for name in counts}
        ended = sum(grown[name] for name in ("completed", "failed", "errors_thrown"))
        log.info(
            "jobs.summary",
            seconds=round(took_s, 1),
            per_s=round(ended / took_s, 1),
            **{name: count for name, count in grown.items() if count or name not in _RARE},
            in_flight=in_flight,
            **_times(difference(durations, earlier)),
        )

    def _totals(self) -> tuple[dict[str, float], list[int], int]:
        metrics = self._counted()
        found = metrics.snapshot()
        counts = {name: sum(found[metric].values()) for name, metric in _COUNTED.items()}
        in_flight = int(sum(found["camunda_jobs_in_flight"].values()))
        return counts, metrics.handler_buckets(), in_flight


def _times(durations: list[int]) -> dict[str, Any]:
    found = quantiles(durations)
    return {f"{name}_s": round(value, 3) for name, value in found.items() if value is not None and name != "p99"}
