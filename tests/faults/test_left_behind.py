"""Area D, handlers: what they leave behind in their greenlet, their process and their signals ends with their job."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

import gevent
import gevent.pool
import pytest

from camunda_client.c8.models import ActivatedJob
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import until, working

COMPLETION = "POST .*/completion"


def leave_a_timeout(after_s: float) -> None:
    gevent.Timeout(after_s).start()


def leave_a_kill(after_s: float) -> None:
    gevent.spawn_later(after_s, gevent.getcurrent().kill)  # type: ignore[attr-defined]


LEFT = pytest.mark.parametrize("leave", [leave_a_timeout, leave_a_kill])


@pytest.mark.fault(170)
@LEFT
def test_what_a_handler_leaves_behind_costs_no_other_job_a_retry(scene: Scene, leave: Callable[[float], None]) -> None:
    """Greenlets were used again: it struck whatever job ran there next, of any type."""
    other = Scene(scene.camunda)
    scene.start()
    handlers = {scene.job_type: lambda job: leave(0.3), other.job_type: lambda job: time.sleep(0.6)}
    with working(scene.camunda.base_url, handlers, settings={"pool": 1}):
        scene.completed_once()
        other.start()
        other.completed_once()

    assert other.now("FAILED") == []


@pytest.mark.fault(170)
@LEFT
def test_what_a_handler_leaves_behind_costs_no_report(
    scene: Scene, proxy: FaultProxy, events: Events, leave: Callable[[float], None]
) -> None:
    """A kill during the report threw finished work away."""
    proxy.on(COMPLETION, broken.delay(0.4))
    scene.start()
    with working(proxy.base_url, {scene.job_type: lambda job: leave(0.1)}):
        scene.completed_once()

    assert len(proxy.seen(COMPLETION)) == 1
    assert events.loud() == []


@pytest.mark.fault(171)
def test_a_job_begins_with_empty_thread_locals(scene: Scene) -> None:
    """Each saw the user of the job before."""
    current = threading.local()
    seen: list[object] = []

    def handler(job: ActivatedJob) -> None:
        seen.append(getattr(current, "user", None))
        current.user = job.variables["number"]

    scene.start(3)
    with working(scene.camunda.base_url, {scene.job_type: handler}, max_jobs_active=1):
        scene.completed_once(3)

    assert seen == [None, None, None]


def exit_in_a_greenlet() -> None:
    gevent.spawn(sys.exit, "secret").join()


def interrupt_in_a_greenlet() -> None:
    gevent.spawn(throw, KeyboardInterrupt()).join()


def exit_in_a_pool() -> None:
    gevent.pool.Pool(1).spawn(sys.exit).join()


def exit_in_a_native_thread() -> None:
    gevent.get_hub().threadpool.spawn(sys.exit).get()


def system_error_in_a_greenlet_of_a_greenlet() -> None:
    gevent.spawn(lambda: gevent.spawn(throw, SystemError("broken")).join()).join()


def throw(error: BaseException) -> None:
    raise error


EXITS = [
    exit_in_a_greenlet, interrupt_in_a_greenlet, exit_in_a_pool, exit_in_a_native_thread,
    system_error_in_a_greenlet_of_a_greenlet,
]  # fmt: skip


@pytest.mark.fault(172)
@pytest.mark.parametrize("leave", EXITS)
def test_what_ends_a_program_does_not_end_one_from_a_greenlet_of_a_handler(
    scene: Scene, events: Events, leave: Callable[[], None]
) -> None:
    """gevent passes it on to the main greenlet: the worker ended, with exit code 0."""

    def handler(job: ActivatedJob) -> None:
        with contextlib.suppress(BaseException):
            leave()
        time.sleep(0.05)

    scene.start(2)
    with working(scene.camunda.base_url, {scene.job_type: handler}):
        scene.completed_once(2)
        until(lambda: len(events.named("greenlet.exit_ignored", logging.ERROR)) == 2, "it is told")

    [line, _] = events.named("greenlet.exit_ignored")
    assert "secret" not in line.partition("error=")[0]


@pytest.mark.fault(173)
def test_an_alarm_ends_neither_the_worker_nor_another_job(scene: Scene, events: Events) -> None:
    """The common decorator for time-outs: what it raises came up in the main greenlet, and ended the worker."""

    def too_late(number: int, frame: object) -> None:
        raise TimeoutError("too late")

    def handler(job: ActivatedJob) -> dict[str, bool]:
        before = signal.signal(signal.SIGALRM, too_late)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            time.sleep(0.5)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return {"done": True}

    scene.start(2)
    with working(scene.camunda.base_url, {scene.job_type: handler}, max_jobs_active=1, retry_back_off=600_000):
        failed = scene.jobs("FAILED", 2)

    assert all("too late" in job["errorMessage"] for job in failed)
    [line] = events.named("signal.alarm_used", logging.WARNING)
    assert "handler_timeout" in line


@pytest.mark.fault(173)
def test_an_alarm_of_the_application_ends_neither_the_worker_nor_a_job(scene: Scene, events: Events) -> None:
    """What it raises came up in the main greenlet."""

    def too_late(*_: object) -> None:
        raise TimeoutError("too late")

    scene.start(2)
    before = signal.signal(signal.SIGALRM, too_late)
    try:
        with working(scene.camunda.base_url, {scene.job_type: lambda job: time.sleep(0.5)}):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            scene.completed_once(2)
            until(lambda: events.named("signal.handler_raised") != [], "it is said")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    [line] = events.named("signal.handler_raised", logging.ERROR)
    assert "SIGALRM" in line
    assert "too_late" in line
    assert "handler_timeout" in line


@pytest.mark.fault(174)
def test_a_stop_leaves_a_signal_alone_that_the_application_took_after_the_start(scene: Scene) -> None:
    """It was reset to its default, which ends the process."""

    def own(number: int, frame: object) -> None: ...

    before = signal.getsignal(signal.SIGTERM)
    try:
        with working(scene.camunda.base_url, {scene.job_type: lambda job: None}) as running:
            signal.signal(signal.SIGTERM, own)
            running.stop()
            assert signal.getsignal(signal.SIGTERM) is own
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)
