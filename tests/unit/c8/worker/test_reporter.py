from __future__ import annotations

import gevent
import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._clock import now_s
from camunda_client.c8.worker._held import Held
from camunda_client.c8.worker._lease import Lease
from camunda_client.c8.worker._outcome import completed
from camunda_client.c8.worker._registry import JobWorker, resolve
from camunda_client.c8.worker._reporter import Fate, Reporter
from camunda_client.config import ApiConfig, C8Config
from camunda_client.error import ConnectionFailed

CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))


class Gateway:
    """Takes every outcome but that of job 1, on which its connection breaks."""

    def __init__(self) -> None:
        self.broken = 0

    def settle(self, job_key: str, command: str, body: bytes) -> Answer:
        if job_key == "1":
            self.broken += 1
            raise ConnectionFailed("reset", maybe_applied=False, reason="reset")
        return Answer(status=204)

    def extend(self, job_key: str, lease_ms: int, timeout_s: float) -> Answer:
        return Answer(status=204)


def held(key: int) -> Held:
    job = ActivatedJob.model_validate({"jobKey": str(key), "type": "t", "retries": 3})
    return Held(job, resolve(JobWorker("t", lambda job: None), CONFIG), now_s(), Lease(10.0, now_s() + 10.0))


def test_others_successes_do_not_hurry_a_report_that_never_gets_through() -> None:
    gateway = Gateway()
    reporter = Reporter(gateway)
    failing = gevent.spawn(reporter.report, held(1), completed({}))

    for key in range(2, 202):
        reporter.report(held(key), completed({}))
        gevent.sleep(0)
        gevent.sleep(0)
    failing.kill()

    # Its own waits double from 50 ms on; hurried, it would have been sent 200 times.
    assert 1 <= gateway.broken < 20


def test_a_late_report_left_nothing_of_its_lease() -> None:
    """Lateness was counted as negative slack: the sum fell, which Prometheus takes for a restart."""
    metrics.clear()
    late = held(2)
    late.lease.ends_s = now_s() - 300.0

    Reporter(Gateway()).report(late, completed({}))

    assert metrics.lease_slack_s.count_and_sum() == {"t": (1, 0.0)}
    metrics.clear()


class SilentAtFirst:
    """Never answers the first request, or says that it is overloaded; takes all others."""

    def __init__(self, first: Answer | None) -> None:
        self.first = first
        self.asked = 0

    def settle(self, job_key: str, command: str, body: bytes) -> Answer:
        self.asked += 1
        if self.asked > 1:
            return Answer(status=204)
        if self.first is None:
            Event().wait()
        return self.first or Answer(status=204)

    def extend(self, job_key: str, lease_ms: int, timeout_s: float) -> Answer:
        return Answer(status=204)


@pytest.mark.parametrize(
    ("first", "stray"),
    [(None, gevent.Timeout), (Answer(status=429), gevent.Timeout), (Answer(status=429), KeyError)],
    ids=["in the request", "in the wait for the next", "with an exception of the handler's own"],
)
def test_what_a_handler_left_behind_to_strike_later_costs_no_report(first: Answer | None, stray: type) -> None:
    """A Timeout that a handler had not closed lost its report: the job's lease ran out, and it was worked again."""
    gateway = SilentAtFirst(first)
    reporting = gevent.spawn(Reporter(gateway).report, held(3), completed({}))
    gevent.sleep(0)
    assert gateway.asked == 1

    gevent.get_hub().loop.run_callback(reporting.throw, stray())

    assert reporting.get(timeout=10) is Fate.SETTLED
    assert gateway.asked == 2
