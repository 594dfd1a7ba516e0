"""Ten minutes of counts, and what is made of them when somebody looks."""

from __future__ import annotations

from typing import Any

from camunda_client.cli._status._history import POINTS, History, Totals, quantiles
from camunda_client.cli._status._live import type_rows
from camunda_client.metrics import DURATION_BUCKETS_S

BUCKETS = len(DURATION_BUCKETS_S) + 1


def dump(
    completed: int = 0, failed: int = 0, durations: list[int] | None = None, job_type: str = "a"
) -> dict[str, Any]:
    return {
        "counters": {
            "camunda_jobs_completed": [[[job_type], completed]],
            "camunda_jobs_failed": [[[job_type], failed]],
        },
        "histograms": {"camunda_handler_duration_seconds": {job_type: [durations or [0] * BUCKETS, 0.0]}},
    }


def took(bucket: int, count: int) -> list[int]:
    return [count if index == bucket else 0 for index in range(BUCKETS)]


def test_a_point_has_what_ended_a_second_and_how_long_handlers_took_lately() -> None:
    history = History()
    history.add(Totals(100.0, [dump()], 0))
    history.add(Totals(102.0, [dump(30, 5, took(3, 35)), dump(10)], 7))

    assert history.points() == [
        {"at_s": 102.0, "completed": 20.0, "failed": 2.5, "in_flight": 7, "p50": 0.175, "p95": 0.2425, "p99": 0.2485,
         "wait_p50": None, "wait_p95": None, "wait_p99": None}
    ]  # fmt: skip


def test_ten_minutes_are_kept_and_no_more() -> None:
    history = History()
    for second in range(2000):
        history.add(Totals(float(second), [dump(second)], 0))

    points = history.points()

    assert [points[0]["at_s"], points[-1]["at_s"], len(points)] == [1400.0, 1999.0, POINTS]
    assert {point["completed"] for point in points} == {1.0}
    assert history.points(3) == points[-3:]


def test_what_several_processes_say_in_one_second_is_one_point() -> None:
    history = History()
    for at_s in (0.0, 1.0, 1.2, 1.4, 2.0):
        history.add(Totals(at_s, [dump()], 0))

    assert [point["at_s"] for point in history.points()] == [1.0, 2.0]


def test_a_process_that_is_replaced_makes_no_rate_below_zero() -> None:
    history = History()
    history.add(Totals(0.0, [dump(50, durations=took(1, 9))], 0))
    history.add(Totals(1.0, [dump(2, durations=took(1, 2))], 0))

    [point] = history.points()

    assert (point["completed"], point["p50"]) == (0.0, None)


def test_quantiles_are_as_exact_as_the_buckets() -> None:
    assert quantiles([0] * BUCKETS) == {"p50": None, "p95": None, "p99": None}
    assert quantiles(took(BUCKETS - 1, 4)) == {"p50": 300.0, "p95": 300.0, "p99": 300.0}  # or longer
    half = [one + other for one, other in zip(took(4, 50), took(7, 50), strict=True)]
    assert quantiles(half) == {"p50": 0.5, "p95": 4.75, "p99": 4.95}


def health(job_type: str, **more: Any) -> dict[str, Any]:
    known = {"alive": True, "active": 2, "max_jobs_active": 10, "answered_s_ago": 1.0, "stuck": 0, "trouble": None}
    return {"types": [{"job_type": job_type, **known, **more}]}


def test_a_row_for_each_type_adds_up_its_processes() -> None:
    before, now = dump(10), dump(70, 6, took(0, 60))
    one = {"health": health("a"), "metrics": now, "at_s": 130.0}
    other = {
        "health": health("a", alive=False, trouble="overload", answered_s_ago=None),
        "metrics": dump(5),
        "at_s": 130.0,
    }

    [row] = type_rows([(one, [(100.0, before)]), (other, [])])

    assert (row["job_type"], row["alive"], row["in_flight"], row["cap"], row["trouble"], row["polled_s_ago"]) == (
        "a", False, 4, 20, "overload", None,
    )  # fmt: skip
    assert (row["completed"], row["failed"], row["rate"]) == (75, 6, 2.2)
    assert row["handler"] == {"p50": 0.0025, "p95": 0.0048, "p99": 0.0049}


def test_a_row_has_waits_and_the_least_slack_of_all_processes() -> None:
    def process(waited: list[int], slack_s: float | None) -> Any:
        health = {"job_type": "a", "alive": True, "active": 1, "max_jobs_active": 5, "stuck": 0, "trouble": None,
                  "answered_s_ago": 0.1, "least_slack_s": slack_s}  # fmt: skip
        counted = {"counters": {}, "histograms": {"camunda_job_wait_seconds": {"a": [waited, 0.0]}}}
        return {"health": {"types": [health]}, "metrics": counted, "at_s": 1.0}, []

    [row] = type_rows([process(took(1, 10), 6.5), process(took(1, 10), None), process(took(1, 20), 2.5)])

    assert row["wait"] == {"p50": 0.015, "p95": 0.024, "p99": 0.0248}
    assert row["least_slack_s"] == 2.5
