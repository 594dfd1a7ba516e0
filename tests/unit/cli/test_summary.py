"""A line about all jobs in each interval."""

from __future__ import annotations

import logging
import re

import pytest

from camunda_client.cli._summary import Summary
from camunda_client.metrics import Metrics
from tests.parts.time_given import Clock


def dump(completed: int, failed: int = 0, in_flight: int = 0) -> dict[str, object]:
    buckets = [0, 0, completed, *[0] * 10]
    return {
        "counters": {
            "camunda_jobs_completed": [[["a"], completed]],
            "camunda_jobs_failed": [[["a"], failed]],
            "camunda_jobs_in_flight": [[["a"], in_flight]],
        },
        "histograms": {"camunda_handler_duration_seconds": {"a": [buckets, 0.0]}},
    }


def test_each_interval_is_one_line_of_what_it_brought(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock, now = Clock(), [Metrics()]
    summary = Summary(10.0, lambda: now[0], clock)
    summary.look()

    now[0] = Metrics()
    now[0].merge(dump(200, in_flight=7))
    clock.advance(9.0)
    summary.look()
    assert caplog.messages == []
    clock.advance(1.0)
    summary.look()

    [line] = caplog.messages
    assert line.startswith("jobs.summary seconds=10.0 per_s=20.0 completed=200 in_flight=7 ")
    assert re.search(r"p50_s=0\.0\d+ p95_s=0\.0\d+", line)

    now[0] = Metrics()
    now[0].merge(dump(200, failed=5))
    clock.advance(10.0)
    summary.look()
    assert "completed=0 failed=5 in_flight=0" in caplog.messages[1]
