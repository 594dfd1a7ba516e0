"""Ten minutes of what all processes counted, a point a second; rates and quantiles are computed on request."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Any, Final

from camunda_client.metrics import DURATION_BUCKETS_S

#: Points that are kept, and the seconds between two.
POINTS: Final = 600
EVERY_S: Final = 1.0
#: Seconds that a rate and a quantile of a point look back.
WINDOW_S: Final = 10.0
_COMPLETED, _FAILED, _THROWN = "camunda_jobs_completed", "camunda_jobs_failed", "camunda_jobs_error_thrown"
HANDLERS: Final = "camunda_handler_duration_seconds"
WAITS: Final = "camunda_job_wait_seconds"
#: A bucket more than its upper ends: what took longer than the last.
_BUCKETS: Final = len(DURATION_BUCKETS_S) + 1

#: What one process counted, as :func:`camunda_client.metrics.Metrics.dump` says it.
Dump = dict[str, Any]


class Totals:
    """Sums at one moment, over all job types and processes."""

    __slots__ = ("at_s", "completed", "durations", "failed", "in_flight", "waits")

    def __init__(self, at_s: float, dumps: list[Dump], in_flight: int) -> None:
        self.at_s = at_s
        self.completed = sum(_sum(dump, _COMPLETED) for dump in dumps)
        self.failed = sum(_sum(dump, _FAILED) + _sum(dump, _THROWN) for dump in dumps)
        self.in_flight = in_flight
        self.durations = added(buckets for dump in dumps for buckets in durations_of(dump, HANDLERS).values())
        self.waits = added(buckets for dump in dumps for buckets in durations_of(dump, WAITS).values())


class History:
    """The last ten minutes."""

    def __init__(self) -> None:
        self._totals: deque[Totals] = deque(maxlen=POINTS + int(WINDOW_S))

    def is_due(self, at_s: float) -> bool:
        """Tell whether the last moment is long enough ago for another."""
        return not self._totals or at_s - self._totals[-1].at_s >= EVERY_S * 0.9

    def add(self, totals: Totals) -> None:
        """Keep a moment, unless the last one is too near."""
        if self.is_due(totals.at_s):
            self._totals.append(totals)

    def points(self, least: int = 0) -> list[dict[str, Any]]:
        """Return the points, the oldest first; the newest ``least`` only, if that is not 0."""
        totals = list(self._totals)
        first = max(len(totals) - (least or POINTS), 1)
        return [self._point(totals, index) for index in range(first, len(totals))]

    @staticmethod
    def _point(totals: list[Totals], index: int) -> dict[str, Any]:
        now, before = totals[index], totals[index - 1]
        long_before = totals[max(index - int(WINDOW_S / EVERY_S), 0)]
        took_s = max(now.at_s - before.at_s, EVERY_S / 2)
        lately = difference(now.durations, long_before.durations)
        waited = difference(now.waits, long_before.waits)
        return {
            "at_s": round(now.at_s, 1),
            "completed": round(max(now.completed - before.completed, 0) / took_s, 2),
            "failed": round(max(now.failed - before.failed, 0) / took_s, 2),
            "in_flight": now.in_flight,
            **quantiles(lately),
            **{f"wait_{name}": value for name, value in quantiles(waited).items()},
        }


def quantiles(buckets: list[int]) -> dict[str, float | None]:
    """Return p50, p95 and p99 in seconds, as exact as the buckets are; ``None`` where there was nothing."""
    return {name: _quantile(buckets, part) for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def _quantile(buckets: list[int], part: float) -> float | None:
    count = sum(buckets)
    if not count:
        return None
    rank, so_far = part * count, 0
    for (low, high), here in zip(pairwise((0.0, *DURATION_BUCKETS_S)), buckets, strict=False):
        if so_far + here >= rank:
            return round(low + (high - low) * (rank - so_far) / here, 4)
        so_far += here
    return DURATION_BUCKETS_S[-1]  # or longer


def durations_of(dump: Dump, name: str) -> dict[str, list[int]]:
    """Return how many took how long, by job type."""
    return {job_type: buckets for job_type, (buckets, _) in dump["histograms"].get(name, {}).items()}


def added(many: Any) -> list[int]:
    """Return sums over the counts of buckets."""
    total = [0] * _BUCKETS
    for buckets in many:
        total = [one + other for one, other in zip(total, buckets, strict=True)]
    return total


def difference(now: list[int], before: list[int]) -> list[int]:
    """Return what came to each bucket; 0 where a new process counts from the beginning."""
    return [max(new - old, 0) for new, old in zip(now, before, strict=True)]


def _sum(dump: Dump, name: str) -> float:
    return sum(float(value) for _, value in dump["counters"].get(name, ()))
