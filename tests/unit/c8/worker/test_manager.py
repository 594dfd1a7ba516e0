"""The process's one set of workers, whose gateway is not there: registered, started, stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from camunda_client import config
from camunda_client.c8.worker import (
    StopReport,
    add_job_worker,
    change_workers,
    clear,
    health,
    start_camunda_workers,
    stop_camunda_workers,
)
from camunda_client.c8.worker._manager import CamundaWorkerManager
from camunda_client.error import ConfigurationError


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    clear()
    config.reset_config()
    config.initialize_config({"api": {"baseUrl": "http://127.0.0.1:9"}, "auth": {"none": True}})
    yield
    clear()
    config.reset_config()


def test_there_is_one_manager_until_it_is_forgotten() -> None:
    manager = CamundaWorkerManager()
    assert CamundaWorkerManager() is manager

    clear()

    assert CamundaWorkerManager() is not manager


def test_a_stop_before_any_start_does_nothing() -> None:
    assert stop_camunda_workers() == StopReport()


def test_a_start_without_handlers_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    start_camunda_workers()

    assert "workers.none_registered" in caplog.text
    assert "register_workers()" in caplog.text
    assert CamundaWorkerManager().running is None


def test_workers_are_started_once_and_can_be_stopped_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    add_job_worker("t", lambda job: None)
    start_camunda_workers()
    running = CamundaWorkerManager().running
    start_camunda_workers()

    assert running is not None
    assert CamundaWorkerManager().running is running
    assert "workers.already_started" in caplog.text
    assert (health().running, health().alive) == (True, False)

    assert stop_camunda_workers(1.0).clean
    assert (health().running, CamundaWorkerManager().running) == (False, None)
    start_camunda_workers()
    assert health().running


def test_two_stops_at_once_are_one() -> None:
    add_job_worker("t", lambda job: None)
    start_camunda_workers()

    first, second = gevent.spawn(stop_camunda_workers, 1.0), gevent.spawn(stop_camunda_workers, 1.0)

    assert first.get(timeout=10) is second.get(timeout=10)


def test_two_handlers_of_one_type_start_nothing() -> None:
    add_job_worker("t", lambda job: None)
    add_job_worker("t", lambda job: None)

    with pytest.raises(ConfigurationError, match="two handlers"):
        start_camunda_workers()

    assert CamundaWorkerManager().running is None


def test_a_start_without_a_configuration_says_so() -> None:
    config.reset_config()
    add_job_worker("t", lambda job: None)

    with pytest.raises(RuntimeError, match="initialize_config"):
        start_camunda_workers()


def test_workers_that_do_not_run_are_not_alive() -> None:
    found = health()

    assert (found.alive, found.running, found.leader, found.types) == (False, False, None, [])


def test_running_workers_are_paused_resumed_drained_and_capped() -> None:
    for job_type in ("a", "b"):
        add_job_worker(job_type, lambda job: None, max_jobs_active=7)
    start_camunda_workers()
    try:
        assert change_workers("a", action="pause", max_jobs_active=3) == ["a"]
        assert [(one.state, one.max_jobs_active) for one in health().types] == [("paused", 3), ("running", 7)]

        assert change_workers(action="drain") == ["a", "b"]
        assert {one.state for one in health().types} == {"drained"}

        assert change_workers(action="resume") == ["a", "b"]
        assert [(one.state, one.max_jobs_active) for one in health().types] == [("running", 3), ("running", 7)]
    finally:
        stop_camunda_workers(0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"action": "stop"}, "action is 'stop': it must be one of pause, resume, drain"),
        ({}, "action is None"),
        ({"max_jobs_active": 0}, "max_jobs_active is 0: it must be at least 1"),
        ({"job_type": "other", "action": "pause"}, "no worker of this process has job type 'other': t"),
    ],
)
def test_a_change_that_can_not_be_made_says_why(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match="no workers run"):
        change_workers(**arguments)
    add_job_worker("t", lambda job: None)
    start_camunda_workers()
    try:
        with pytest.raises(ConfigurationError, match=re.escape(says)):
            change_workers(**arguments)
    finally:
        stop_camunda_workers(0)
