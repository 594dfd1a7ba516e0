"""Caps on a real engine: how many jobs are in flight, how many start, and what waits where."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client import config
from camunda_client.c8 import worker
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import Resource, health, jobs_in_hand
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.scene import Scene
from tests.parts.work import DEFAULTS, until

pytestmark = pytest.mark.needs("records")

Handler = Callable[[ActivatedJob], Any]


@contextmanager
def capped(camunda: EngineProcess, *handlers: tuple[str, Handler, dict[str, Any]], **api: Any) -> Iterator[None]:
    """Run workers, each with options of its own."""
    worker.clear()
    config.reset_config()
    config.initialize_config({"api": {"baseUrl": camunda.base_url, **api}, "auth": {"none": True}})
    try:
        for job_type, handler, options in handlers:
            worker.add_job_worker(job_type, handler, **{**DEFAULTS, **options})
        worker.start_camunda_workers()
        yield
    finally:
        worker.clear()
        config.reset_config()


class Gauge:
    """A handler that takes its time, and counts how many of it and its like run at once."""

    def __init__(self, takes_s: float = 0.02) -> None:
        self.now = self.most = 0
        self.at_s: list[float] = []
        #: The most jobs in hand: running, reporting, or waiting with a lease.
        self.most_in_hand = 0
        self._takes_s = takes_s

    def __call__(self, job: ActivatedJob) -> None:
        self.at_s.append(time.monotonic())
        self.now += 1
        self.most = max(self.most, self.now)
        in_hand = jobs_in_hand()
        self.most_in_hand = max(self.most_in_hand, len(in_hand))
        assert all(one.stage != "waiting" for one in in_hand)
        gevent.sleep(self._takes_s)
        self.now -= 1


def test_two_types_share_a_bulkhead_and_none_of_their_jobs_waits_with_a_lease(camunda: EngineProcess) -> None:
    one, other = Scene(camunda), Scene(camunda)
    gauge = Gauge()
    one.start(120)
    other.start(120)

    options = {"resource": "oracle", "limit": 8}
    with capped(camunda, (one.job_type, gauge, options), (other.job_type, gauge, {"resource": "oracle"})):
        one.completed_once(120)
        other.completed_once(120)

    assert gauge.most == 8
    assert gauge.most_in_hand <= 8
    assert one.now("TIMED_OUT") == other.now("TIMED_OUT") == []


def test_a_type_without_work_leaves_the_bulkhead_to_the_others(camunda: EngineProcess) -> None:
    busy, idle = Scene(camunda), Scene(camunda)
    gauge = Gauge(0.05)
    resource = Resource("oracle", limit=4)

    with capped(
        camunda, (busy.job_type, gauge, {"resource": resource}), (idle.job_type, gauge, {"resource": resource})
    ):
        busy.start(200)
        started_s = time.monotonic()
        busy.completed_once(200)
        took_s = time.monotonic() - started_s
        idle.start(1)
        idle.completed_once(1)

    assert gauge.most == 4
    # 2.5 s is ideal, and 2.8 was measured; where the idle type kept its place between two polls, it would be 10.
    assert took_s < 8


def test_a_bulkhead_of_one_serves_its_types_in_turn(camunda: EngineProcess) -> None:
    scenes = [Scene(camunda) for _ in range(3)]
    order: list[str] = []

    def work(job: ActivatedJob) -> None:
        order.append(job.job_type)
        gevent.sleep(0.01)

    for scene in scenes:
        scene.start(20)
    options = {"resource": "one", "limit": 1}
    with capped(camunda, *((scene.job_type, work, options) for scene in scenes)):
        for scene in scenes:
            scene.completed_once(20)

    # None had to wait for another's whole backlog.
    assert all(count >= 5 for count in Counter(order[:30]).values())
    assert len(Counter(order[:30])) == 3


def most_in_a_second(at_s: list[float]) -> int:
    """Return the most starts in any second, less what a busy machine may delay a handler once it is counted."""
    return max(sum(start <= at < start + 0.9 for at in at_s) for start in at_s)


def test_a_rate_holds(camunda: EngineProcess) -> None:
    scene = Scene(camunda)
    gauge = Gauge(0.0)
    scene.start(90)

    with capped(camunda, (scene.job_type, gauge, {"rate": "20/s"})):
        scene.completed_once(90)

    took_s = gauge.at_s[-1] - gauge.at_s[0]
    assert most_in_a_second(gauge.at_s) <= 20
    # 20 at once, and 70 more at 20 a second.
    assert took_s >= 70 / 20 * 0.95


def test_a_rate_holds_where_handlers_begin_late(camunda: EngineProcess) -> None:
    scene = Scene(camunda)
    at_s: list[float] = []
    scene.start(60)

    def work(job: ActivatedJob) -> None:
        at_s.append(time.monotonic())
        while len(at_s) == 1 and time.monotonic() < at_s[0] + 0.8:
            """Hold up the others that came with this one."""

    with capped(camunda, (scene.job_type, work, {"rate": "20/s"})):
        scene.completed_once(60)

    assert most_in_a_second(at_s) <= 20


def test_a_circuit_that_opens_loses_no_retries(camunda: EngineProcess) -> None:
    scene = Scene(camunda)
    scene.start(30)
    is_down, runs_while_down = Event(), 0
    retries = set()

    def work(job: ActivatedJob) -> None:
        nonlocal runs_while_down
        retries.add(job.retries)
        gevent.sleep(0.02)
        if not is_down.is_set():
            runs_while_down += 1
            raise ConnectionRefusedError("the database is down")

    crm = Resource("crm", limit=10, opens_after=3, opens_on=ConnectionError, opens_for=1000)
    with capped(camunda, (scene.job_type, work, {"resource": crm, "retry_back_off": 1})):
        until(lambda: health().types[0].capped_by == "circuit of crm", "the circuit is open")
        assert health().types[0].alive or not health().leader
        is_down.set()
        scene.jobs("COMPLETED", 30)

    failures = [job["retries"] for job in scene.now("FAILED")]
    assert retries == {3}
    assert set(failures) == {3}
    assert runs_while_down <= 30


def test_jobs_of_one_key_run_one_after_another(camunda: EngineProcess) -> None:
    scene = Scene(camunda)
    running: Counter[int] = Counter()
    most: Counter[int] = Counter()

    def work(job: ActivatedJob) -> None:
        assert all(one.stage != "waiting" for one in jobs_in_hand())
        customer = job.variables["customer"]
        running[customer] += 1
        most[customer] = max(most[customer], running[customer])
        gevent.sleep(0.03)
        running[customer] -= 1

    for number in range(24):
        rest.start(camunda.base_url, scene.process_id, {"number": number, "customer": number % 4})
    with capped(camunda, (scene.job_type, work, {"per": "customer"})):
        scene.completed_once(24)

    assert set(most.values()) == {1}


def test_nothing_is_asked_for_during_a_pause(camunda: EngineProcess) -> None:
    scene = Scene(camunda)
    gauge = Gauge()
    scene.start(1)
    now = datetime.now(timezone.utc)
    pause = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC"

    with capped(camunda, (scene.job_type, gauge, {"pause": pause})):
        until(lambda: health().types[0].capped_by is not None, "the type is paused")
        assert health().types[0].capped_by == f"pause of type {scene.job_type}"
        assert health().types[0].alive
        until(lambda: bool(health().alive), "the worker is alive")

    assert gauge.at_s == []
    assert scene.now("ACTIVATED") == []
