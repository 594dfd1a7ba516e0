"""What the worker counts: plain numbers in this process, and the same for Prometheus where that is installed.

Counting is a dictionary operation without a lock: all of it happens in the one thread that runs the greenlets.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Every counter and what it counts. Prometheus sees them as ``camunda_<name>_total``.
COUNTERS = {
    "jobs_activated": "Jobs that polls brought",
    "jobs_completed": "Jobs completed",
    "jobs_failed": "Jobs failed with a message and one retry fewer",
    "jobs_error_thrown": "Jobs that threw a BPMN error",
    "jobs_gone": "Jobs whose outcome came too late: cancelled, or finished by somebody else",
    "jobs_returned": "Jobs handed back unworked",
    "jobs_duplicate": "Jobs that came again while still in hand, and were not started again",
    "jobs_unreadable": "Jobs that could not be understood, and were left to their lease",
    "results_refused": "Results that Camunda could not take",
    "report_retries": "Reports sent again",
    "reports_given_up": "Outcomes that Camunda never took",
    "leases_extended": "Leases extended",
    "leases_lost": "Leases that could not be extended because the job was no longer ours",
    "poller_restarts": "Pollers restarted after a defect",
    "polls": "Polls by outcome: jobs, empty, or why they failed",
}
#: Seconds: upper bounds of the handler durations' buckets.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(slots=True)
class Spread:
    """Seconds, counted in buckets."""

    total: int = 0
    sum_s: float = 0.0
    least_s: float = float("inf")
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.total += 1
        self.sum_s += seconds
        if seconds < self.least_s:
            self.least_s = seconds
        self.buckets[bisect_left(BUCKETS_S, seconds)] += 1


_counts: dict[tuple[str, str, str], int] = {}
_durations: dict[str, Spread] = {}
_slacks: dict[str, Spread] = {}
_gauges: dict[str, Callable[[], float]] = {}


def count(name: str, job_type: str, by: int = 1, *, outcome: str = "") -> None:
    """Count something of :data:`COUNTERS`."""
    key = (name, job_type, outcome)
    _counts[key] = _counts.get(key, 0) + by


def observe_duration(job_type: str, seconds: float) -> None:
    """Count a handler's duration."""
    _durations.setdefault(job_type, Spread()).add(seconds)


def observe_slack(job_type: str, seconds: float) -> None:
    """Count how much of its lease a job had left when its outcome was through."""
    _slacks.setdefault(job_type, Spread()).add(seconds)


def gauge(name: str, read: Callable[[], float]) -> None:
    """Have a number read whenever somebody looks, such as ``jobs_in_flight``."""
    _gauges[name] = read


def snapshot() -> dict[str, Any]:
    """Return all numbers: counters by job type (and outcome, for polls), durations, slacks and gauges."""
    counters: dict[str, dict[str, Any]] = {}
    for (name, job_type, outcome), value in _counts.items():
        by_type = counters.setdefault(name, {})
        if outcome:
            by_type.setdefault(job_type, {})[outcome] = value
        else:
            by_type[job_type] = value
    return {
        "counters": counters,
        "handler_duration_s": {job_type: _told(spread) for job_type, spread in _durations.items()},
        "lease_slack_s": {job_type: _told(spread) for job_type, spread in _slacks.items()},
        "gauges": {name: read() for name, read in _gauges.items()},
    }


def reset() -> None:
    """Begin at nought; for tests."""
    for numbers in (_counts, _durations, _slacks, _gauges):
        numbers.clear()


def _told(spread: Spread) -> dict[str, float]:
    return {"count": spread.total, "sum": spread.sum_s, "min": spread.least_s}


class PrometheusCollector:
    """The same numbers for ``prometheus_client``: ``REGISTRY.register(PrometheusCollector())``.

    Needs the extra ``c8-client[metrics]``.
    """

    def collect(self) -> Iterator[Any]:
        """Yield the metric families, as ``prometheus_client`` asks for them at each scrape."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name, told in COUNTERS.items():
            labels = ["job_type", "outcome"] if name == "polls" else ["job_type"]
            family = CounterMetricFamily(f"camunda_{name}", told, labels=labels)
            for (counted, job_type, outcome), value in list(_counts.items()):
                if counted == name:
                    family.add_metric([job_type, outcome][: len(labels)], value)
            yield family
        for name, read in list(_gauges.items()):
            yield GaugeMetricFamily(f"camunda_{name}", name.replace("_", " "), value=read())
        yield _histogram("camunda_handler_duration_seconds", "Handler durations", _durations)
        yield _histogram("camunda_lease_slack_seconds", "Lease left when the outcome was through", _slacks)


def _histogram(name: str, told: str, spreads: dict[str, Spread]) -> Any:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, told, labels=["job_type"])
    for job_type, spread in list(spreads.items()):
        below, buckets = 0, []
        for bound, number in zip([*map(str, BUCKETS_S), "+Inf"], spread.buckets, strict=True):
            below += number
            buckets.append((bound, below))
        family.add_metric([job_type], buckets, spread.sum_s)
    return family
