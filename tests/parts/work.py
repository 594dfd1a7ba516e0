"""Workers in the test's own process, and many instances for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent.pool

from camunda_client import config
from camunda_client.c8 import worker
from camunda_client.c8.worker import StopReport
from tests.parts import rest

#: The decorator's options where a test gives none; a folder may set its own.
DEFAULTS: dict[str, Any] = {}
#: Seconds that a test waits for work that should be done long before.
PATIENCE_S = 60.0


class Running:
    """Workers that run; ``stop()`` them, or leave the ``with``."""

    def __init__(self) -> None:
        self.report: StopReport | None = None

    def stop(self, drain_timeout_s: float | None = None) -> StopReport:
        self.report = worker.stop_camunda_workers(drain_timeout_s)
        return self.report


@contextmanager
def working(
    base_url: str,
    handlers: dict[str, Callable[..., Any]],
    *,
    auth: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    api: dict[str, Any] | None = None,
    **options: Any,
) -> Iterator[Running]:
    """Run workers for the job types against an engine; ``options`` are the decorator's."""
    worker.clear()
    config.reset_config()
    config.initialize_config(
        {"api": {"baseUrl": base_url, **(api or {})}, "auth": auth or {"none": True}, "worker": settings or {}}
    )
    for job_type, handler in handlers.items():
        worker.add_job_worker(job_type, handler, **{**DEFAULTS, **options})
    running = Running()
    worker.start_camunda_workers()
    try:
        yield running
    finally:
        worker.clear()
        config.reset_config()


def start_many(base_url: str, process_id: str, count: int, token: str | None = None) -> list[int]:
    """Start instances with ``{"number": 0}`` and so on; return their keys."""
    pool = gevent.pool.Pool(8)
    return pool.map(lambda number: rest.start(base_url, process_id, {"number": number}, token=token), range(count))


def until(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S, look_every_s: float = 0.01) -> None:
    """Wait for something that has no event to wait for."""
    deadline = gevent.Timeout.start_new(patience_s, AssertionError(f"not within {patience_s} s: {what}"))
    try:
        while not condition():
            gevent.sleep(look_every_s)
    finally:
        deadline.close()


@contextmanager
def felt_pauses() -> Iterator[list[float]]:
    """Run a greenlet that wants to run every hundredth of a second; yield what it waited each time, in seconds."""
    pauses_s: list[float] = []

    def tick() -> None:
        while True:
            before_s = time.monotonic()
            gevent.sleep(0.01)
            pauses_s.append(time.monotonic() - before_s)

    ticker = gevent.spawn(tick)
    try:
        yield pauses_s
    finally:
        ticker.kill()


class Tally:
    """A handler that counts: runs by number, and how many at once."""

    def __init__(self, work: Callable[[Any], Any] = lambda job: None) -> None:
        self.runs: dict[int, int] = {}
        self.at_once = 0
        self.peak = 0
        self.finished = 0
        self._work = work
        self.threads: set[int] = set()

    def __call__(self, job: Any) -> Any:
        number = job.variables["number"]
        self.runs[number] = self.runs.get(number, 0) + 1
        self.at_once += 1
        self.peak = max(self.peak, self.at_once)
        self.threads.add(threading.get_native_id())
        try:
            return self._work(job)
        finally:
            self.at_once -= 1
            self.finished += 1
