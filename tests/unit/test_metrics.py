"""Counting, the snapshot, and what Prometheus's own parser makes of the exposition."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from camunda_client import metrics


@pytest.fixture(autouse=True)
def _from_zero() -> Iterator[None]:
    metrics.clear()
    yield
    metrics.clear()


def exposed() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry()
    metrics.register_with_prometheus(registry)
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_is_counted_is_in_the_snapshot_under_its_prometheus_name() -> None:
    metrics.jobs_completed["pay"] += 1
    metrics.jobs_completed["pay"] += 1
    metrics.polls["pay", "empty"] += 1
    metrics.jobs_in_flight["pay"] += 3
    metrics.jobs_in_flight["pay"] -= 1
    metrics.hub_blocked_s[()] += 0.25

    found = metrics.snapshot()

    assert found["camunda_jobs_completed_total"] == {("pay",): 2}
    assert found["camunda_polls_total"] == {("pay", "empty"): 1}
    assert found["camunda_jobs_in_flight"] == {("pay",): 2}
    assert found["camunda_hub_blocked_seconds_total"] == {(): 0.25}
    assert found["camunda_jobs_gone_total"] == {}


def test_prometheus_shows_the_same_sums() -> None:
    metrics.jobs_completed["pay"] += 2
    metrics.polls['odd "type"\n', "failed"] += 1
    metrics.jobs_in_flight["pay"] += 1
    metrics.hub_blocked_s[()] += 0.25

    found = exposed()

    assert found["camunda_jobs_completed_total", (("job_type", "pay"),)] == 2
    assert found["camunda_polls_total", (("job_type", 'odd "type"\n'), ("outcome", "failed"))] == 1
    assert found["camunda_jobs_in_flight", (("job_type", "pay"),)] == 1
    assert found["camunda_hub_blocked_seconds_total", ()] == 0.25
    assert found["camunda_log_lines_lost_total", ()] >= 0


def test_durations_are_cumulated_up_to_each_bucket() -> None:
    for duration_s in (0.001, 0.1, 0.2, 1000.0):
        metrics.handler_duration_s.observe("pay", duration_s)

    found = exposed()

    name = "camunda_handler_duration_seconds"
    assert found[f"{name}_bucket", (("job_type", "pay"), ("le", "0.005"))] == 1
    assert found[f"{name}_bucket", (("job_type", "pay"), ("le", "0.1"))] == 2
    assert found[f"{name}_bucket", (("job_type", "pay"), ("le", "300.0"))] == 3
    assert found[f"{name}_bucket", (("job_type", "pay"), ("le", "+Inf"))] == 4
    assert found[f"{name}_count", (("job_type", "pay"),)] == 4
    assert metrics.snapshot()[f"{name}_sum"][("pay",)] == pytest.approx(1000.301)


def test_nothing_counted_is_still_a_valid_exposition() -> None:
    assert ("camunda_log_lines_lost_total", ()) in exposed()


def test_a_job_type_begins_with_all_its_series_at_zero() -> None:
    """Series appeared with their first event, which Prometheus' increase() does not see in a series that begins."""
    metrics.jobs_completed["pay"] += 2

    metrics.start(["pay", "ship"])

    found = exposed()
    of_ship = {name: value for (name, labels), value in found.items() if ("job_type", "ship") in labels}
    assert found["camunda_jobs_completed_total", (("job_type", "pay"),)] == 2
    assert found["camunda_hub_blocked_seconds_total", ()] == 0
    assert found["camunda_polls_total", (("job_type", "ship"), ("outcome", "empty"))] == 0
    assert set(of_ship.values()) == {0}
    of_no_type = {"camunda_greenlets_died_total", "camunda_children_died_total"}
    every = {name for name, values in metrics.snapshot().items() if () not in values} - of_no_type
    assert every <= of_ship.keys()


def test_jobs_that_start_at_once_are_waits_without_being_counted_one_by_one() -> None:
    for _ in range(3):
        metrics.handler_duration_s.observe("pay", 0.2)
    metrics.job_wait_s.observe("pay", 0.02)

    assert metrics.dump()["histograms"]["camunda_job_wait_seconds"]["pay"] == [[2, 1, *[0] * 11], 0.02]
    name = "camunda_job_wait_seconds"
    assert exposed()[f"{name}_bucket", (("job_type", "pay"), ("le", "0.005"))] == 2
    assert exposed()[f"{name}_count", (("job_type", "pay"),)] == 3


def test_waits_of_several_processes_add_up() -> None:
    metrics.handler_duration_s.observe("pay", 0.2)
    total = metrics.Metrics()
    total.merge(metrics.dump())
    total.merge(metrics.dump())

    assert total.snapshot()["camunda_job_wait_seconds_count"] == {("pay",): 2}


def test_examples_of_all_processes_are_shown_to_those_who_ask_for_openmetrics() -> None:
    metrics.handler_duration_s.observe("pay", 0.2)
    metrics.handler_duration_s.exemplify("pay", 0.2, {"trace_id": "abc"})
    total = metrics.Metrics()
    total.merge(metrics.dump())
    registry = CollectorRegistry()
    total.register_with_prometheus(registry)

    text = openmetrics.generate_latest(registry).decode()

    assert re.search(r'le="0.25".* 1.0 # {trace_id="abc"} 0.2', text)
    assert "abc" not in generate_latest(registry).decode()
