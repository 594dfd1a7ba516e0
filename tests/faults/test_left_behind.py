"""Area D, handlers: what they leave behind in their greenlet, their process and their signals ends with their job."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from camunda_client.c8.models import ActivatedJob
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
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
