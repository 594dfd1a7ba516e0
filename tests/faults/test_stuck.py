"""Area D, handlers that should have ended: they are told of, and what their jobs still need is let go."""

from __future__ import annotations

import logging
import time
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import JobLost, health
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import until, working

EXTENSION = "PATCH .*"
NOT_OURS = broken.respond(404, {"title": "NOT_FOUND", "status": 404, "detail": "no such job"})


class Stubborn:
    """A handler that swallows whatever is raised in it, until the test lets it go."""

    def __init__(self) -> None:
        self.go = Event()
        self.runs = 0

    def __call__(self, job: ActivatedJob) -> None:
        self.runs += 1
        while not self.go.is_set():
            try:
                self.go.wait()
            except BaseException:
                gevent.sleep(0)


@pytest.mark.fault(180)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "why"), [({"handler_timeout": 200}, "handler_timeout"), ({"max_lease": 1500}, "max_lease")]
)
def test_a_handler_that_swallows_its_end_is_told_of_and_its_lease_let_go(
    scene: Scene, proxy: FaultProxy, events: Events, options: dict[str, Any], why: str
) -> None:
    """Its lease was extended for ever, the worker said that it was well, and nothing was in the log."""
    handler = Stubborn()
    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, timeout=1000, max_jobs_active=1, **options):
        try:
            until(lambda: bool(events.named("job.stuck", logging.ERROR)), "it is told")
            [line] = events.named("job.stuck")
            assert why in line
            assert "test_stuck.py" in line
            until(lambda: health().stuck == 1, "health shows it")
            assert not health().alive, "no slot of the type is left"
            scene.jobs("TIMED_OUT")
            told = len(proxy.seen(EXTENSION))
            [_] = rest.activate(scene.camunda.base_url, scene.job_type, lease_s=1.2)
            scene.jobs("TIMED_OUT", 2)  # another's lease, longer than the time from one extension to the next
            assert len(proxy.seen(EXTENSION)) == told
        finally:
            handler.go.set()

    assert handler.runs == 1


@pytest.mark.fault(181)
def test_a_handler_may_ask_whether_its_job_is_still_its_own(scene: Scene, proxy: FaultProxy) -> None:
    answers: list[bool | None] = []

    def handler(job: ActivatedJob) -> None:
        answers.append(job.is_held())
        time.sleep(0.7)
        answers.append(job.is_held())

    proxy.on(EXTENSION, NOT_OURS)
    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, timeout=1000):
        until(lambda: len(answers) >= 2, "it has asked twice")

    assert answers == [True, False]
    assert ActivatedJob.model_validate({"jobKey": "1", "type": "t"}).is_held() is None


@pytest.mark.fault(182)
def test_a_handler_that_asked_for_it_is_stopped_when_its_job_is_lost(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    """Nothing is told of the job, which is another worker's."""
    raised: list[BaseException] = []

    def handler(job: ActivatedJob) -> None:
        try:
            time.sleep(20)
        except BaseException as error:
            raised.append(error)
            raise

    proxy.on(EXTENSION, NOT_OURS)
    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, timeout=1000, stop_when_lost=True) as running:
        until(lambda: bool(raised), "it is stopped", 10)
        until(lambda: bool(events.named("job.abandoned")), "it is told")
        assert proxy.seen("POST .*/(failure|completion)") == []
        running.stop(0)

    assert isinstance(raised[0], JobLost)
