"""Handlers run one job outside the worker's loop, by the worker's own rules."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from camunda_client import log
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    HandlerTimedOut,
    JobWorker,
    _hooks,
    after_job,
    before_job,
    camunda_worker,
    clear,
    registered_workers,
    run_handler,
    worker_settings,
)
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException
from camunda_client.testing.plugin import activated_job


@pytest.fixture(autouse=True)
def no_workers() -> Iterator[None]:
    clear()
    yield
    clear()
    _hooks.forget()


def job(**variables: Any) -> ActivatedJob:
    return activated_job(variables, job_type="charge", retries=3)


def test_what_a_handler_returns_completes_the_job() -> None:
    run = run_handler(lambda job: {"charged": job.variables["amount"]}, job(amount=5))

    assert (run.command, run.report) == ("completion", {"variables": {"charged": 5}})
    assert (run.outcome.kind, run.outcome.result) == ("completed", {"charged": 5})


def test_an_exception_fails_the_job_and_is_returned() -> None:
    def handler(job: ActivatedJob) -> None:
        raise ValueError("no money")

    run = run_handler(handler, job())

    assert (run.command, run.report["retries"]) == ("failure", 2)
    assert run.report["errorMessage"].startswith("ValueError: no money")
    assert isinstance(run.outcome.exception, ValueError)
    assert run.outcome.retries_left == 2


def test_a_business_exception_throws_a_bpmn_error() -> None:
    def handler(job: ActivatedJob) -> None:
        raise CamundaBusinessException("TOO_MUCH", "over the limit", {"limit": 5})

    run = run_handler(handler, job())

    assert run.command == "error"
    assert run.report == {"errorCode": "TOO_MUCH", "errorMessage": "over the limit", "variables": {"limit": 5}}
    assert run.outcome.kind == "error_thrown"


def test_a_result_that_json_cannot_hold_fails_the_job() -> None:
    run = run_handler(lambda job: {"price": float("nan")}, job())

    assert run.command == "failure"
    assert "price" in run.report["errorMessage"]


def test_a_decorated_handler_has_its_own_settings() -> None:
    @camunda_worker("charge", handler_timeout=10, retry_back_off=60_000)
    def handler(job: ActivatedJob) -> None:
        gevent.sleep(30)

    run = run_handler(handler, job())

    assert isinstance(run.outcome.exception, HandlerTimedOut)
    assert 30_000 <= run.report["retryBackOff"] <= 60_000


def test_later_attempts_wait_longer() -> None:
    @camunda_worker("charge", retry_back_off=1_000)
    def handler(job: ActivatedJob) -> None:
        raise ValueError("no money")

    waits = [run_handler(handler, job(), attempt=attempt).report["retryBackOff"] for attempt in (1, 4)]

    assert waits[1] > 2 * waits[0]


def test_a_handler_of_two_types_has_the_settings_of_the_jobs_type() -> None:
    def handler(job: ActivatedJob) -> None:
        raise ValueError("no money")

    camunda_worker("charge", retry_back_off=60_000)(handler)
    camunda_worker("refund", retry_back_off=1_000)(handler)

    assert run_handler(handler, job()).report["retryBackOff"] > 30_000


def test_an_async_handler_runs_too() -> None:
    @camunda_worker("charge", allow_async=True)
    async def handler(job: ActivatedJob) -> dict[str, Any]:
        return {"charged": 5}

    assert run_handler(handler, job()).report == {"variables": {"charged": 5}}


def test_hooks_run_around_it() -> None:
    seen: list[object] = []
    before_job(lambda job: seen.append(job.job_type))
    after_job(lambda job, outcome: seen.append(outcome.kind))

    run_handler(lambda job: None, job())

    assert seen == ["charge", "completed"]


def test_its_log_lines_have_the_jobs_fields(caplog: pytest.LogCaptureFixture) -> None:
    log.add_job_to_lines()

    run_handler(lambda job: logging.getLogger("app").warning("charging"), job(), attempt=2)

    [record] = [record for record in caplog.records if record.name == "app"]
    assert (vars(record)["job_type"], vars(record)["attempt"]) == ("charge", 2)


def test_a_command_that_is_refused_for_its_content_becomes_a_failure() -> None:
    sent: list[str] = []

    def send(command: str, body: bytes) -> None:
        sent.append(command)
        if command == "completion":
            raise ServiceException("too large", status=500, title="EXCEEDED_BATCH_RECORD_SIZE")

    run = run_handler(lambda job: {"text": "x" * 100}, job(), send=send)

    assert sent == ["completion", "failure"]
    assert run.command == "failure"
    assert "refused the handler's result" in run.report["errorMessage"]


@pytest.mark.parametrize(("status", "title"), [(404, "NOT_FOUND"), (409, "INVALID_STATE")])
def test_a_job_that_has_ended_takes_no_command(status: int, title: str) -> None:
    def send(command: str, body: bytes) -> None:
        raise ServiceException("no such job", status=status, title=title)

    run = run_handler(lambda job: None, job(), send=send)

    assert (run.command, run.report, run.outcome.kind) == (None, {}, "completed")


def test_any_other_fault_of_the_sender_is_raised() -> None:
    def send(command: str, body: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_handler(lambda job: None, job(), send=send)


def test_an_invalid_setting_is_raised() -> None:
    @camunda_worker("charge", request_timeout=60_000)
    def handler(job: ActivatedJob) -> None: ...

    with pytest.raises(ConfigurationError, match="request_timeout"):
        run_handler(handler, job())


def test_all_decorated_handlers_are_listed_with_their_settings() -> None:
    @camunda_worker("charge", timeout=5_000)
    def handler(job: ActivatedJob) -> None: ...

    [worker] = registered_workers()

    assert isinstance(worker, JobWorker)
    assert worker_settings(worker).lease_s == 5


def test_a_handler_for_child_processes_runs_here() -> None:
    @camunda_worker("charge", run_in="process")
    def handler(job: ActivatedJob) -> dict[str, int]:
        return {"pid": os.getpid()}

    assert run_handler(handler, job()).report == {"variables": {"pid": os.getpid()}}
