"""What the worker counts, in plain dicts: ``jobs_completed[job_type] += 1`` is the whole of counting.

No locks: everything is counted by greenlets of the one hub thread, and none of them can be interrupted within ``+=``.
Code in other threads or processes does not count here; it reports to the hub, which does.

``snapshot()`` reads all of it; ``prometheus_collector()`` hands it to Prometheus (the ``metrics`` extra).
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from camunda_client import log

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector, CollectorRegistry

__all__ = [
    "COUNTERS",
    "DURATION_BUCKETS_S",
    "HISTOGRAMS",
    "PROMPT_S",
    "Counter",
    "Histogram",
    "Metrics",
    "Waits",
    "cap_waits",
    "children_died",
    "circuits_opened",
    "clear",
    "current",
    "dump",
    "greenlets_died",
    "handler_duration_s",
    "hub_blocked_s",
    "job_wait_s",
    "jobs_activated",
    "jobs_completed",
    "jobs_duplicate",
    "jobs_error_thrown",
    "jobs_failed",
    "jobs_gone",
    "jobs_in_flight",
    "jobs_returned",
    "jobs_unreadable",
    "lease_extended",
    "lease_lost",
    "lease_slack_s",
    "log_lines_lost",
    "poller_restarts",
    "polls",
    "prometheus_collector",
    "register_with_prometheus",
    "report_retries",
    "reports_given_up",
    "results_refused",
    "snapshot",
    "start",
]

#: Seconds. Handlers take from a millisecond (a cache) to minutes (a file transfer); finer steps would cost more
#: series than they tell.
DURATION_BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_ENDS = (*map(str, DURATION_BUCKETS_S), "+Inf")


class Counter(defaultdict[Any, float]):
    """Sums by label: a job type, or a tuple where there are several labels.

    Attributes:
        name: Name in Prometheus, without the ``_total`` that a counter gets there.
        text: What it counts, for people.
        labels: Names of the labels, in the order of the keys.
        goes_down: It is a gauge.
    """

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...] = ("job_type",), *, goes_down: bool = False
    ) -> None:
        super().__init__(int)
        self.name = name
        self.text = text
        self.labels = labels
        self.goes_down = goes_down

    def empty(self) -> Counter:
        """Return one of the same name that has counted nothing."""
        return Counter(self.name, self.text, self.labels, goes_down=self.goes_down)

    def samples(self) -> dict[tuple[str, ...], float]:
        """Return the sums by label values."""
        return {key if isinstance(key, tuple) else (key,): value for key, value in list(self.items())}


class Histogram:
    """How often something took how long, by job type."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        #: The latest example of each job type and bucket: its ids, how long it took, and when that was.
        self._examples: dict[tuple[str, int], tuple[dict[str, str], float, float]] = {}

    def empty(self) -> Histogram:
        """Return one of the same name that has counted nothing."""
        return Histogram(self.name, self.text)

    def observe(self, job_type: str, duration_s: float) -> None:
        """Count one of this duration."""
        counts = self._counts.get(job_type)
        if counts is None:
            self.start(job_type)
            counts = self._counts[job_type]
        counts[bisect_left(DURATION_BUCKETS_S, duration_s)] += 1
        self._sums[job_type] += duration_s

    def exemplify(self, job_type: str, duration_s: float, ids: dict[str, str]) -> None:
        """Keep the trace of one that was observed, as an example of those that took about as long."""
        bucket = bisect_left(DURATION_BUCKETS_S, duration_s)
        self._examples[job_type, bucket] = (ids, duration_s, time.time())

    def examples(self) -> list[list[Any]]:
        """Return the examples: job type, number of the bucket, ids, seconds, and when, in seconds since 1970."""
        return [[*place, *example] for place, example in list(self._examples.items())]

    def add_examples(self, dumped: list[list[Any]]) -> None:
        """Take those of another process that are newer."""
        for job_type, bucket, ids, duration_s, at_s in dumped:
            known = self._examples.get((job_type, bucket))
            if known is None or known[2] < at_s:
                self._examples[job_type, bucket] = (ids, duration_s, at_s)

    def start(self, job_type: str) -> None:
        """Show that there was none yet."""
        self._counts.setdefault(job_type, [0] * (len(DURATION_BUCKETS_S) + 1))
        self._sums.setdefault(job_type, 0.0)

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()
        self._sums.clear()
        self._examples.clear()

    def items(self) -> Iterator[tuple[str, list[int], float]]:
        """Yield job type, counts by bucket, and the sum."""
        for job_type, counts in list(self._counts.items()):
            yield job_type, list(counts), self._sums[job_type]

    def dump(self) -> dict[str, list[Any]]:
        """Return counts by bucket and the sum, by job type."""
        return {job_type: [counts, total] for job_type, counts, total in self.items()}

    def add(self, dumped: dict[str, list[Any]]) -> None:
        """Add what another process counted."""
        for job_type, (counts, total) in dumped.items():
            ours = self._counts.setdefault(job_type, [0] * (len(DURATION_BUCKETS_S) + 1))
            self._counts[job_type] = [mine + theirs for mine, theirs in zip(ours, counts, strict=True)]
            self._sums[job_type] = self._sums.get(job_type, 0.0) + total

    def count_and_sum(self) -> dict[str, tuple[int, float]]:
        """Return by job type how many there were, and the seconds they took together."""
        return {job_type: (sum(counts), total) for job_type, counts, total in self.items()}

    def buckets(self) -> Iterator[tuple[str, list[tuple[str, float, Any]], float]]:
        """Yield job type, cumulated buckets with their upper ends and examples, and the sum, as Prometheus wants it."""
        for job_type, counts, total in self.items():
            so_far = 0
            cumulated: list[tuple[str, float, Any]] = []
            for bucket, (end, count) in enumerate(zip(_ENDS, counts, strict=True)):
                so_far += count
                cumulated.append((end, so_far, self._examples.get((job_type, bucket))))
            yield job_type, cumulated, total


class Waits(Histogram):
    """How long jobs waited for their handlers. Only waits beyond :data:`PROMPT_S` are observed, as the handlers end.

    All others are in the first bucket, and add nothing to the sum: most jobs start at once, and then cost nothing here.
    """

    def __init__(self, name: str, text: str, handlers: Histogram) -> None:
        super().__init__(name, text)
        self._handlers = handlers

    def items(self) -> Iterator[tuple[str, list[int], float]]:
        """Yield job type, counts by bucket, and the sum."""
        for job_type, ended, _ in self._handlers.items():
            waited = self._counts.get(job_type) or [0] * len(ended)
            prompt = max(sum(ended) - sum(waited), 0)
            yield job_type, [waited[0] + prompt, *waited[1:]], self._sums.get(job_type, 0.0)


#: Seconds. A wait up to this is none.
PROMPT_S = DURATION_BUCKETS_S[0]

jobs_activated = Counter("camunda_jobs_activated", "Jobs received from Camunda.")
jobs_completed = Counter("camunda_jobs_completed", "Jobs completed.")
jobs_failed = Counter("camunda_jobs_failed", "Jobs reported as failed.")
jobs_error_thrown = Counter("camunda_jobs_error_thrown", "Jobs that threw a BPMN error.")
jobs_gone = Counter("camunda_jobs_gone", "Jobs that Camunda no longer knew when their outcome was reported.")
jobs_returned = Counter("camunda_jobs_returned", "Jobs handed back unworked, their retries unchanged.")
report_retries = Counter("camunda_report_retries", "Outcomes that had to be sent again.")
#: Outcomes: ``jobs``, ``empty``, or why it failed: ``overload``, ``status``, ``timeout``, ``refused``, ...
polls = Counter("camunda_polls", "Activation requests answered or failed.", ("job_type", "outcome"))
lease_extended = Counter("camunda_lease_extended", "Leases extended while a handler ran or its outcome was reported.")
lease_lost = Counter("camunda_lease_lost", "Leases that ran out before the outcome was reported.")
jobs_duplicate = Counter("camunda_jobs_duplicate", "Jobs offered again while still in hand, and not started again.")
jobs_unreadable = Counter("camunda_jobs_unreadable", "Jobs that could not be read, and were failed unworked.")
results_refused = Counter("camunda_results_refused", "Results that Camunda could not take.")
reports_given_up = Counter("camunda_reports_given_up", "Outcomes that Camunda never took.")
poller_restarts = Counter("camunda_poller_restarts", "Pollers that died and were started again.")
#: Which: ``poller``, ``leases``, ``cluster``, ``extension``, ``hand-back``.
greenlets_died = Counter("camunda_greenlets_died", "Greenlets of the worker's own that a defect ended.", ("greenlet",))
#: How: ``killed`` by us for a handler that did not end, a signal such as ``SIGSEGV``, or ``exit``.
children_died = Counter(
    "camunda_children_died", "Child processes of run_in='process' that ended before their time.", ("cause",)
)
hub_blocked_s = Counter("camunda_hub_blocked_seconds", "Seconds in which something kept all greenlets waiting.", ())
log_lines_lost = Counter("camunda_log_lines_lost", "Log lines that could not be written.", ())
jobs_in_flight = Counter("camunda_jobs_in_flight", "Jobs received and not yet answered.", goes_down=True)
cap_waits = Counter("camunda_cap_waits", "Polls that a cap of a resource has put off.")
circuits_opened = Counter("camunda_circuits_opened", "Circuits that jobs of the type have opened.")
handler_duration_s = Histogram("camunda_handler_duration_seconds", "Time that handlers took.")
lease_slack_s = Histogram("camunda_lease_slack_seconds", "What was left of the lease when the outcome was through.")
job_wait_s = Waits(
    "camunda_job_wait_seconds", "Time between a job's activation and the start of its handler.", handler_duration_s
)
HISTOGRAMS = (handler_duration_s, lease_slack_s, job_wait_s)

COUNTERS = (
    jobs_activated,
    jobs_completed,
    jobs_failed,
    jobs_error_thrown,
    jobs_gone,
    jobs_returned,
    jobs_duplicate,
    jobs_unreadable,
    results_refused,
    reports_given_up,
    report_retries,
    polls,
    cap_waits,
    circuits_opened,
    lease_extended,
    lease_lost,
    poller_restarts,
    greenlets_died,
    children_died,
    hub_blocked_s,
    jobs_in_flight,
    log_lines_lost,
)


class Metrics:
    """Counters and histograms that are shown together: those of this process, or the sums of several."""

    def __init__(self) -> None:
        """Begin from zero."""
        self._counters = tuple(one.empty() for one in COUNTERS)
        self._histograms = tuple(one.empty() for one in HISTOGRAMS)

    @classmethod
    def of_this_process(cls) -> Metrics:
        """Return those that this process counts with."""
        metrics = cls()
        metrics._counters, metrics._histograms = COUNTERS, HISTOGRAMS
        return metrics

    def counters(self) -> tuple[Counter, ...]:
        """Return the counters as of now."""
        log_lines_lost[()] = log.lost_lines()
        return self._counters

    def snapshot(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Return all sums by name and label values, under the names that Prometheus shows."""
        found = {one.name + ("" if one.goes_down else "_total"): one.samples() for one in self.counters()}
        for histogram in self._histograms:
            seconds = histogram.count_and_sum()
            found[f"{histogram.name}_count"] = {(job_type,): count for job_type, (count, _) in seconds.items()}
            found[f"{histogram.name}_sum"] = {(job_type,): total for job_type, (_, total) in seconds.items()}
        return found

    def handler_buckets(self) -> list[int]:
        """Return how many handlers took how long, of all job types, by the buckets of :data:`DURATION_BUCKETS_S`."""
        [handlers] = [one for one in self._histograms if one.name == handler_duration_s.name]
        none = [0] * (len(DURATION_BUCKETS_S) + 1)
        return [sum(column) for column in zip(none, *(counts for _, counts, _ in handlers.items()), strict=True)]

    def clear(self) -> None:
        """Forget everything counted so far; for tests. Lost log lines stay: the log counts them."""
        for counter in self._counters:
            counter.clear()
        for histogram in self._histograms:
            histogram.clear()

    def dump(self) -> dict[str, Any]:
        """Return everything in a form that JSON can hold, for :meth:`merge` in another process."""
        return {
            "counters": {
                one.name: [[list(labels), value] for labels, value in one.samples().items()] for one in self.counters()
            },
            "histograms": {one.name: one.dump() for one in self._histograms},
            "examples": {one.name: examples for one in self._histograms if (examples := one.examples())},
        }

    def merge(self, dumped: dict[str, Any]) -> None:
        """Add what another process counted."""
        for counter in self._counters:
            for labels, value in dumped["counters"].get(counter.name, ()):
                counter[labels[0] if len(labels) == 1 else tuple(labels)] += value
        for histogram in self._histograms:
            histogram.add(dumped["histograms"].get(histogram.name, {}))
            histogram.add_examples(dumped.get("examples", {}).get(histogram.name, ()))

    def prometheus_collector(self) -> Collector:
        """Return a collector for ``prometheus_client``; it reads the sums when it is asked.

        Raises:
            ImportError: The ``metrics`` extra is not installed.
        """
        try:
            from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
            from prometheus_client.registry import Collector
            from prometheus_client.samples import Exemplar
        except ImportError as error:
            remedy = "install it with pip install 'c8-client[metrics]'"
            raise ImportError(f"prometheus_client is missing; {remedy}") from error

        shown = self

        class JobCollector(Collector):
            def collect(self) -> Iterator[Metric]:
                for one in shown.counters():
                    family = GaugeMetricFamily if one.goes_down else CounterMetricFamily
                    metric = family(one.name, one.text, labels=one.labels)
                    for labels, value in one.samples().items():
                        metric.add_metric(labels, value)
                    yield metric
                for histogram in shown._histograms:
                    spread = HistogramMetricFamily(histogram.name, histogram.text, labels=("job_type",))
                    for job_type, buckets, total in histogram.buckets():
                        shown_buckets = [
                            [end, count, *([Exemplar(*example)] if example else [])] for end, count, example in buckets
                        ]
                        spread.add_metric((job_type,), shown_buckets, sum_value=total)  # type: ignore[arg-type]
                    yield spread

        return JobCollector()

    def register_with_prometheus(self, registry: CollectorRegistry | None = None) -> None:
        """Let a Prometheus registry, the default one unless given, show these sums.

        Raises:
            ImportError: The ``metrics`` extra is not installed.
            ValueError: The registry has these names already.
        """
        collector = self.prometheus_collector()
        if registry is None:
            from prometheus_client import REGISTRY

            registry = REGISTRY
        registry.register(collector)


#: What this process counts, and what is usually done with it.
current = Metrics.of_this_process()
snapshot, clear, dump = current.snapshot, current.clear, current.dump
prometheus_collector, register_with_prometheus = current.prometheus_collector, current.register_with_prometheus


def start(job_types: Iterable[str]) -> None:
    """Show zero for all that was not counted yet of these job types.

    Prometheus takes the difference between two values: of a series that begins at 1, it never sees the first event.
    """
    for job_type in job_types:
        for counter in COUNTERS:
            if counter.labels == ("job_type",):
                counter[job_type] += 0
        for outcome in ("jobs", "empty"):
            polls[job_type, outcome] += 0
        for histogram in HISTOGRAMS:
            histogram.start(job_type)
    hub_blocked_s[()] += 0
    for name in ("poller", "leases", "cluster", "handlers", "watchdog", "extension", "hand-back", "late poll"):
        greenlets_died[name] += 0
