"""Area D, handlers: what user code does to its own process, and what becomes of everybody else's jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.models import ActivatedJob
from tests.faults.conftest import Events
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import Tally, until, working


def recurse() -> Any:
    return recurse() + 1


def once(harm: Callable[[], Any]) -> Callable[[ActivatedJob], Any]:
    """Return a handler that does harm at its first run only."""

    def handler(job: ActivatedJob) -> Any:
        return harm() if job.retries == 3 else None

    return handler


@pytest.mark.fault(83, 84, 86, 99)
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda: bytearray(10**15), "MemoryError"),
        (recurse, "RecursionError"),
        (lambda: exec("import sys; sys.exit(3)"), "SystemExit: 3"),
        (lambda: exec("raise KeyboardInterrupt"), "KeyboardInterrupt"),
        (lambda: gevent.get_hub().threadpool.apply(subprocess.run, (["true"],)), "default loop"),
    ],
    ids=["no memory", "recursion", "sys.exit", "KeyboardInterrupt", "subprocess in a native thread"],
)
def test_a_handler_that_goes_wrong_in_any_way_fails_its_own_job_only(
    scene: Scene, events: Events, harm: Callable[[], Any], message: str
) -> None:
    scene.start()
    with working(scene.camunda.base_url, {scene.job_type: once(harm)}, retry_back_off=0):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert failed["retries"] == 2
    assert message in failed["errorMessage"]
    assert events.named("poller.restarted") == []


@pytest.mark.slow
@pytest.mark.fault(81, 101)
def test_a_handler_stopped_at_its_time_out_frees_its_slot_but_not_a_lock_taken_without_with(
    scene: Scene, events: Events
) -> None:
    lock = threading.Lock()

    def harm() -> None:
        lock.acquire()
        Event().wait()

    scene.start()
    with working(
        scene.camunda.base_url, {scene.job_type: once(harm)}, handler_timeout=300, max_jobs_active=1, retry_back_off=1
    ):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert "HandlerTimedOut" in failed["errorMessage"]
    assert failed["retries"] == 2
    # Nobody can know whether it is safe to release; docs/faults.md says so.
    assert lock.locked()


def busy_loop() -> None:
    end_s = time.monotonic() + 2.5
    while time.monotonic() < end_s:
        pass


def slow_query() -> None:
    """SQLite computes in C and never yields; for as long on a slow machine as on a fast one."""
    end_s = time.monotonic() + 2.5
    with sqlite3.connect(":memory:") as connection, contextlib.suppress(sqlite3.OperationalError):
        connection.set_progress_handler(lambda: time.monotonic() > end_s, 100_000)
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        ).fetchone()


@pytest.mark.slow
@pytest.mark.fault(89, 91)
@pytest.mark.parametrize(
    ("harm", "named"),
    [(busy_loop, "busy_loop"), (lambda: os.system("sleep 2.5"), "test_handler.py"), (slow_query, "slow_query")],
    ids=["busy loop", "os.system", "sqlite3"],
)
def test_a_handler_that_blocks_the_hub_is_named_and_costs_the_others_only_time(
    scene: Scene, proxy: FaultProxy, events: Events, harm: Callable[[], Any], named: str
) -> None:
    tally = Tally(lambda job: harm() if job.variables["number"] == 5 else time.sleep(0.3))
    scene.start(20)

    with working(proxy.base_url, {scene.job_type: tally}, timeout=10_000):
        scene.completed_once(20)
        until(lambda: events.named("hub.blocked") != [], "it is told")

    assert set(tally.runs.values()) == {1}
    told = events.named("hub.blocked", logging.WARNING)[0]
    assert f"job_type={scene.job_type}" in told
    assert named in told
    assert scene.now("TIMED_OUT") == []


@pytest.mark.fault(96)
@pytest.mark.parametrize(
    "call",
    [
        lambda: subprocess.run(["sleep", "1"], check=True),
        lambda: subprocess.Popen(["sleep", "1"]).wait(),
        lambda: os.popen("sleep 1").read(),
    ],
    ids=["run", "Popen", "os.popen"],
)
def test_handlers_wait_for_programs_together(scene: Scene, call: Callable[[], Any]) -> None:
    tally = Tally(lambda job: call() and None)
    scene.start(10)

    started_s = time.monotonic()
    with working(scene.camunda.base_url, {scene.job_type: tally}):
        scene.completed_once(10)

    assert tally.peak >= 8
    assert time.monotonic() - started_s < 8


@pytest.mark.fault(97)
def test_pools_of_processes_are_waited_for_together(scene: Scene) -> None:
    """The threads of a pool stopped the whole process for good."""
    meeting = Barrier(2)

    def pooled(job: ActivatedJob) -> dict[str, Any]:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            meeting.wait(60)
            return {"root": pool.apply(math.sqrt, (job.variables["number"] ** 2,))}

    scene.start(4)
    with working(scene.camunda.base_url, {scene.job_type: pooled}, max_jobs_active=2):
        completed = scene.completed_once(4)

    assert sorted(job["variables"]["root"] for job in completed) == [0, 1, 2, 3]


def forks_a_process(job: ActivatedJob) -> int | None:
    process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0.8,))
    process.start()
    process.join()
    return process.exitcode


def forks_itself(job: ActivatedJob) -> int:
    child = os.fork()
    if child == 0:
        time.sleep(0.8)
        sys.exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("fork", [forks_a_process, forks_itself])
def test_what_a_handler_forks_is_no_second_worker(
    scene: Scene, tmp_path: Path, fork: Callable[[ActivatedJob], Any]
) -> None:
    """While the child waited, it worked the jobs of its parent once more, and took answers from its connections."""
    ended = tmp_path / "ended"
    forked = Event()
    waiting: list[int] = []

    def handler(job: ActivatedJob) -> dict[str, Any]:
        if job.variables["number"] == 0:
            until(lambda: len(waiting) == 7, "the others are half-way")
            gevent.get_hub().loop.run_callback(forked.set)
            return {"code": fork(job)}
        waiting.append(1)
        forked.wait()
        with ended.open("a") as lines:
            lines.write(f"{os.getpid()}\n")
        return {}

    with working(scene.camunda.base_url, {scene.job_type: handler}):
        scene.start(8)
        completed = scene.completed_once(8)

    assert ended.read_text().split() == [str(os.getpid())] * 7
    assert [job["variables"] for job in completed if job["variables"]] == [{"code": 0}]


@pytest.mark.slow
@pytest.mark.fault(94)
def test_fifty_handlers_run_an_event_loop_each_at_the_same_time(scene: Scene) -> None:
    """A running loop belonged to the native thread, which all greenlets share: of 50 jobs, 46 ended as incidents."""
    running: set[int] = set()
    all_run = Event()

    async def work(job: ActivatedJob) -> int:
        running.add(job.variables["number"])
        if len(running) == 50:
            all_run.set()
        while not all_run.is_set():
            await asyncio.sleep(0.01)
        return int(job.variables["number"])

    def handler(job: ActivatedJob) -> dict[str, int]:
        return {"n": asyncio.run(work(job))}

    scene.start(50)
    with working(scene.camunda.base_url, {scene.job_type: handler}):
        completed = scene.completed_once(50)

    assert sorted(job["variables"]["n"] for job in completed) == list(range(50))
    assert scene.now("FAILED") == []


@pytest.mark.fault(102)
def test_what_handlers_share_is_the_process_and_what_they_do_not_is_their_context(scene: Scene) -> None:
    """Documented: folder, random seed and locale are everybody's; decimal precision and context variables are not."""
    import decimal

    seen: dict[int, int] = {}

    def handler(job: ActivatedJob) -> None:
        number = job.variables["number"]
        decimal.getcontext().prec = 10 + number
        time.sleep(0.05)
        seen[number] = decimal.getcontext().prec

    scene.start(5)
    with working(scene.camunda.base_url, {scene.job_type: handler}):
        scene.completed_once(5)

    assert seen == {number: 10 + number for number in range(5)}


@pytest.mark.fault(118)
@pytest.mark.parametrize("at", ["handler", "signal"])
def test_stop_may_be_called_from_anywhere_and_again(scene: Scene, at: str) -> None:
    import signal

    from camunda_client.c8 import worker

    worker.clear()
    assert worker.stop_camunda_workers().clean, "before any start"
    reports: list[Any] = []

    def handler(job: ActivatedJob) -> None:
        if at == "handler":
            reports.append(worker.stop_camunda_workers(1))
        else:
            # A signal handler runs wherever the interpreter is, also in the hub, where nothing may wait.
            signal.raise_signal(signal.SIGUSR2)

    before = signal.signal(
        signal.SIGUSR2, lambda *_: gevent.spawn(lambda: reports.append(worker.stop_camunda_workers(1)))
    )
    try:
        scene.start()
        with working(scene.camunda.base_url, {scene.job_type: handler}) as running:
            until(lambda: reports != [] or worker.CamundaWorkerManager().running is None, "it stopped", 15)
            assert running.stop().clean
            assert running.stop().clean
    finally:
        signal.signal(signal.SIGUSR2, before)

    # Stopped in its own handler, the job is given back at the deadline; stopped by a signal, it is finished first.
    rest_of_it = scene.now("COMPLETED") + scene.now("FAILED")
    assert len(rest_of_it) == 1
    assert rest_of_it[0]["retries"] == 3
