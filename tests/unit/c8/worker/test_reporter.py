from __future__ import annotations

import gevent

from camunda_client import metrics
from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._clock import now_s
from camunda_client.c8.worker._held import Held
from camunda_client.c8.worker._lease import Lease
from camunda_client.c8.worker._outcome import completed
from camunda_client.c8.worker._registry import JobWorker, resolve
from camunda_client.c8.worker._reporter import Reporter
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

    assert 1 <= gateway.broken <= 3


def test_a_late_report_left_nothing_of_its_lease() -> None:
    """Lateness was counted as negative slack: the sum fell, which Prometheus takes for a restart."""
    metrics.clear()
    late = held(2)
    late.lease.ends_s = now_s() - 300.0

    Reporter(Gateway()).report(late, completed({}))

    assert metrics.lease_slack_s.count_and_sum() == {"t": (1, 0.0)}
    metrics.clear()
