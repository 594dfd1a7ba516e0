"""Area C: leases with a token, on an engine of 8.10 and on older ones."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import CamundaWorkerManager
from camunda_client.error import CamundaBusinessException, ServiceException
from tests.faults.conftest import Events
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.scene import Scene
from tests.parts.work import until, working

pytestmark = pytest.mark.slow


@pytest.fixture
def newest(new_camunda: Callable[..., EngineProcess]) -> Scene:
    """Jobs on an engine of 8.10."""
    return Scene(new_camunda(dialect="8.10"))


def activate(scene: Scene, *, with_lease: bool, lease_ms: int = 60_000) -> list[dict[str, Any]]:
    """Be another worker."""
    body = {
        "type": scene.job_type,
        "worker": "other",
        "timeout": lease_ms,
        "maxJobsToActivate": 10,
        "requestTimeout": 300,
        "withLease": with_lease,
    }
    status, answer = rest.call(scene.camunda.base_url, "POST", "/v2/jobs/activation", body)
    assert status == 200
    jobs: list[dict[str, Any]] = answer["jobs"]
    return jobs


def test_every_outcome_and_extension_carries_the_token(newest: Scene, events: Events) -> None:
    tokens: list[str | None] = []
    extended = Event()

    def handler(job: ActivatedJob) -> None:
        tokens.append(job.job_lease_token)
        # For longer than a lease: Camunda refuses a wrong token, so that the job would be lost.
        extended.wait(0.8)
        if job.variables["number"] == 1:
            raise CamundaBusinessException("NO_STOCK", "none left")
        if job.variables["number"] == 2:
            raise ServiceException("later", retries=1)

    with working(newest.camunda.base_url, {newest.job_type: handler}, timeout=500):
        leases_are_asked_for(newest)
        newest.start(5)
        newest.jobs("COMPLETED", 3)
        newest.jobs("FAILED", 1)
        newest.jobs("ERROR_THROWN", 1)

    assert all(tokens)
    assert len(set(tokens)) == len(tokens)
    assert newest.now("TIMED_OUT") == []
    assert events.named("lease.lost") == events.named("job.gone") == []


def leases_are_asked_for(scene: Scene) -> None:
    """Wait until the topology is known, and a poll that was sent before has come back."""
    running = CamundaWorkerManager().running
    assert running is not None
    until(lambda: running._cluster.has_leases, "the topology is known")
    before = metrics.polls[scene.job_type, "empty"]
    until(lambda: metrics.polls[scene.job_type, "empty"] > before, "the next poll asks for leases")


@pytest.mark.fault(217)
@pytest.mark.parametrize("ends", ["completes", "fails"])
def test_a_job_that_another_lease_has_overtaken_is_left_to_its_holder(newest: Scene, events: Events, ends: str) -> None:
    """What no clock of ours can see, Camunda refuses: the lease was taken away although it looks as if it lasted."""
    taken, go_on = Event(), Event()

    def handler(job: ActivatedJob) -> None:
        taken.set()
        go_on.wait(30)
        if ends == "fails":
            raise ValueError("too late")

    with working(newest.camunda.base_url, {newest.job_type: handler}, timeout=60_000, max_jobs_active=1):
        leases_are_asked_for(newest)
        newest.start(1)
        assert taken.wait(30)
        # The engine's clock alone moves on: here the lease seems to last for most of a minute.
        newest.camunda.advance(61)
        [job] = activate(newest, with_lease=True)
        go_on.set()
        until(lambda: events.named("job.gone", logging.WARNING) != [], "its report is refused")

    assert newest.now("COMPLETED") == newest.now("FAILED") == []
    path = f"/v2/jobs/{job['jobKey']}/completion"
    status, _ = rest.call(newest.camunda.base_url, "POST", path, {"jobLeaseToken": job["jobLeaseToken"]})
    assert status == 204


def test_a_worker_without_leases_says_that_others_may_keep_jobs_from_it(newest: Scene, events: Events) -> None:
    newest.start(1)
    [job] = activate(newest, with_lease=True, lease_ms=300)
    with working(newest.camunda.base_url, {newest.job_type: lambda job: None}, with_lease="never"):
        until(lambda: events.named("lease.without_token", logging.WARNING) != [], "it says so")
        newest.camunda.advance(1)
        until(lambda: newest.now("TIMED_OUT") != [], "the job is free")
        [again] = activate(newest, with_lease=True)

    assert again["jobKey"] == job["jobKey"]
    assert newest.now("COMPLETED") == []
    assert len(events.named("lease.without_token")) == 1


@pytest.mark.parametrize("dialect", ["8.6", "8.8"])
def test_an_older_cluster_is_not_asked_for_tokens(
    new_camunda: Callable[..., EngineProcess], events: Events, dialect: str
) -> None:
    scene = Scene(new_camunda(dialect=dialect))
    tokens: list[str | None] = []
    scene.start(5)
    with working(scene.camunda.base_url, {scene.job_type: lambda job: tokens.append(job.job_lease_token)}):
        scene.completed_once(5)

    assert tokens == [None] * 5
    assert events.loud() == []


def test_a_gateway_that_refuses_leases_after_all_is_not_asked_again(
    new_camunda: Callable[..., EngineProcess], events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    from camunda_client.c8.worker import _health

    # As a gateway of 8.9 among brokers of 8.10, say.
    monkeypatch.setattr(_health, "_LEASES_SINCE", (8, 8))
    scene = Scene(new_camunda(dialect="8.8"))
    with working(scene.camunda.base_url, {scene.job_type: lambda job: None}):
        until(lambda: events.named("lease.tokens_refused", logging.WARNING) != [], "the first is refused")
        scene.start(5)
        scene.completed_once(5)

    assert len(events.named("lease.tokens_refused")) == 1
