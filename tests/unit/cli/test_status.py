"""What the parent of worker processes keeps of them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client import metrics
from camunda_client.cli._status import Board


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    yield
    metrics.clear()  # the sums are shown by way of this process's own


class Dump(dict[str, Any]):
    """A worker's dump that can be watched going."""


def dump(*, completed: int, lost: int = 0, took: tuple[int, float] = (0, 0.0)) -> Dump:
    durations = {"a": [[took[0], *[0] * 12], took[1]]} if took[0] else {}
    return Dump(
        counters={
            "camunda_jobs_completed": [[["a"], completed]],
            "camunda_polls": [[["a", "empty"], 2]],
            "camunda_jobs_in_flight": [[["a"], 7]],
        },
        histograms={"camunda_handler_duration_seconds": durations},
        lines_lost=lost,
    )


def status(counted: Dump) -> dict[str, Any]:
    return {"health": {"alive": True}, "metrics": counted}


def test_what_ended_workers_counted_stays_in_the_sums() -> None:
    pytest.importorskip("prometheus_client")
    board = Board()
    for completed in (1, 10, 100):
        board.put(0, status(dump(completed=completed, lost=1, took=(2, 0.5))))
        board.end(0)
    board.put(0, status(dump(completed=1000)))

    shown = board.exposition().decode()

    assert 'camunda_jobs_completed_total{job_type="a"} 1111.0' in shown
    assert 'camunda_polls_total{job_type="a",outcome="empty"} 8.0' in shown
    assert 'camunda_jobs_in_flight{job_type="a"} 7.0' in shown  # the living one's
    assert 'camunda_handler_duration_seconds_count{job_type="a"} 6.0' in shown
    assert 'camunda_handler_duration_seconds_sum{job_type="a"} 1.5' in shown


def test_no_more_than_the_sum_is_kept_of_workers_that_have_ended() -> None:
    """A dump was kept of each: a handler that kills its process made the parent grow with every restart."""
    board = Board()
    told = []
    for _ in range(5):
        counted = dump(completed=1)
        told.append(weakref.ref(counted))
        board.put(0, status(counted))
        board.end(0)
    del counted
    gc.collect()

    assert sum(one() is not None for one in told) <= 1
