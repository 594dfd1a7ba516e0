"""The engine itself: killed in the middle of work, restarted on its data, and too busy to take commands.

Engines of the tests' own, since the shared one must live.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8 import worker
from tests.faults.conftest import Events
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.scene import Scene
from tests.parts.work import Tally, until, working

pytestmark = pytest.mark.slow


@pytest.mark.long
@pytest.mark.fault(2, 3)
def test_an_engine_killed_in_the_middle_of_a_thousand_jobs_costs_no_work_done(
    new_camunda: Callable[..., EngineProcess], events: Events
) -> None:
    """Some handlers end while it is dead; their outcomes are told when it is back, and nobody runs again."""
    mortal = new_camunda(data=True)
    scene = Scene(mortal)
    dead, held = Event(), []

    def handler(job: object) -> None:
        if tally.finished > 250 and len(held) < 50 and not dead.is_set():
            held.append(job)
            dead.wait(60)
        else:
            time.sleep(0.02)

    tally = Tally(handler)
    scene.start(1000)
    # The busy one need not have a poll out when it dies; the idle one has.
    handlers = {scene.job_type: tally, f"{scene.job_type}-idle": handler}
    with working(mortal.base_url, handlers, timeout=10_000, request_timeout=5000):
        until(lambda: len(held) == 50, "fifty wait for its death")
        mortal.kill()
        dead.set()
        until(lambda: len(events.named("report.retried")) >= 100, "the fifty have been tried twice")
        mortal.start()
        scene.completed_once(1000, timeout_s=90)
        until(lambda: worker.health().alive, "the worker says that it is well")
        until(lambda: bool(events.named("poll.recovered")), "a poll got through")

    assert set(tally.runs.values()) == {1}, "no handler ran again"
    assert len(tally.runs) == 1000
    assert len(events.named("poll.failed", logging.WARNING)) <= 5, "a line per change of state"
    assert not [line for line in events.loud() if line.startswith(("report.given_up", "poller.restarted"))]


@pytest.mark.fault(18)
def test_an_engine_under_load_is_asked_less_often_and_all_is_done_once(
    new_camunda: Callable[..., EngineProcess], events: Events
) -> None:
    """It refuses commands with 429 and polls with 500, as 8.6.0 does at its limit."""
    busy = new_camunda()
    scene = Scene(busy)
    tally, refused = Tally(), [0]

    def start_some(number: int) -> None:
        body = {"processDefinitionId": scene.process_id, "variables": {"number": number}}

        def is_started() -> bool:
            started = rest.call(busy.base_url, "POST", "/v2/process-instances", body)[0] == 200
            refused[0] += not started
            return started

        until(is_started, "it is started")

    before = metrics.polls[scene.job_type, "overload"]
    with (
        busy.in_trouble("backpressure", times=8),
        working(busy.base_url, {scene.job_type: tally}, polling_interval=1000),
    ):
        gevent.joinall([gevent.spawn(start_some, number) for number in range(120)], raise_error=True)
        scene.completed_once(120)

    assert set(tally.runs.values()) == {1}
    assert len(tally.runs) == 120
    assert refused[0] > 0
    assert metrics.polls[scene.job_type, "overload"] > before, "polls were refused as well"
    # A poll may come back seconds late from an engine this busy; that is told. Back-pressure is no alarm.
    assert [line for line in events.loud() if "reason=silent" not in line] == []
