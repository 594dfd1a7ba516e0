"""What exceptions come to, by the rules of a handler, of its registry and of all handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client.c8 import worker
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    BpmnError,
    HandlerRun,
    Incident,
    Retry,
    WorkerRegistry,
    _hooks,
    map_errors,
    run_handler,
)
from camunda_client.c8.worker import _errors as rules
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException
from tests.parts.fake_gateway import job

Errors = Any


@pytest.fixture(autouse=True)
def _no_rules() -> Iterator[None]:
    worker.clear()
    yield
    rules.everywhere.clear()
    _hooks.forget()
    worker.clear()


def run(error: BaseException, *, attempt: int = 1, retries: int = 3, **options: Any) -> HandlerRun:
    worker.clear()

    @worker.camunda_worker("t", **options)
    def handler(_job: ActivatedJob) -> None:
        raise error

    return run_handler(handler, job(retries=retries), attempt=attempt)


def test_a_rule_makes_a_bpmn_error_of_an_exception() -> None:
    found = run(PermissionError("over the limit"), errors={PermissionError: BpmnError("DECLINED", variables={"a": 1})})

    assert found.command == "error"
    assert found.report == {"errorCode": "DECLINED", "errorMessage": "over the limit", "variables": {"a": 1}}
    assert found.outcome.kind == "error_thrown"
    assert isinstance(found.outcome.exception, PermissionError)


def test_a_rule_makes_an_incident_of_an_exception() -> None:
    found = run(KeyError("amount"), errors={KeyError: Incident()})

    assert (found.command, found.report["retries"]) == ("failure", 0)
    assert found.report["errorMessage"].startswith("KeyError: 'amount'")
    assert found.outcome.retries_left == 0


@pytest.mark.parametrize(("attempt", "left"), [(1, 9), (2, 2)])
def test_a_rule_gives_retries_at_the_first_failure_and_takes_one_at_each_further(attempt: int, left: int) -> None:
    found = run(TimeoutError(), attempt=attempt, errors={TimeoutError: Retry(retries=9, back_off=5000)})

    assert (found.report["retries"], found.report["retryBackOff"]) == (left, 5000)


def test_a_rule_of_nothing_but_a_wait_takes_one_retry() -> None:
    found = run(TimeoutError(), errors={OSError: Retry(back_off=7000)})

    assert (found.report["retries"], found.report["retryBackOff"]) == (2, 7000)


def test_the_nearest_class_counts_and_then_the_nearest_place() -> None:
    map_errors({Exception: Incident(), ConnectionResetError: BpmnError("EVERYWHERE")})
    of_handler = {OSError: Retry(retries=8), ConnectionError: BpmnError("HANDLER")}

    assert run(ConnectionResetError(), errors=of_handler).report["errorCode"] == "HANDLER"
    assert run(FileNotFoundError(), errors=of_handler).report["retries"] == 8
    assert run(ConnectionResetError()).report["errorCode"] == "EVERYWHERE"
    assert run(ValueError()).report["retries"] == 0


def test_a_function_decides_by_the_job_and_may_leave_it() -> None:
    def decide(_job: ActivatedJob, error: ValueError) -> BpmnError | None:
        return BpmnError("BAD") if "bad" in str(error) else None

    assert run(ValueError("bad"), errors={ValueError: decide}).report["errorCode"] == "BAD"
    assert run(ValueError("good"), errors={ValueError: decide}).report["retries"] == 2


def test_a_function_that_fails_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def decide(_job: ActivatedJob, _error: ValueError) -> None:
        raise ZeroDivisionError

    assert run(ValueError("x"), errors={ValueError: decide}).report["retries"] == 2
    assert "hook.failed" in caplog.text


def test_what_a_handler_says_itself_is_obeyed() -> None:
    map_errors({Exception: Incident()})

    assert run(CamundaBusinessException("CODE", "no")).report["errorCode"] == "CODE"
    assert run(ServiceException("later", retries=2, retry_back_off=5)).report["retries"] == 2
    assert run(ServiceException("x", retries=2), errors={ServiceException: Incident()}).report["retries"] == 0


def test_on_failure_gets_what_the_handler_raised_and_the_retries_of_the_rule() -> None:
    seen = []
    run(
        KeyError("x"),
        errors={KeyError: Incident()},
        on_failure=lambda _job, error, left: seen.append((type(error), left)),
    )

    assert seen == [(KeyError, 0)]


def test_variables_that_don_t_fit_fail_the_job_with_the_reason() -> None:
    found = run(ValueError(), errors={ValueError: BpmnError("X", variables={"a": float("nan")})})

    assert found.command == "failure"
    assert "nan" in found.report["errorMessage"]


@pytest.mark.parametrize(
    ("errors", "problem"),
    [
        ([KeyError], "errors of @camunda_worker(job_type='t') needs a dict such as {KeyError: Incident()}"),
        ({"KeyError": Incident()}, "has a rule for 'KeyError'; it must be an exception class"),
        ({(KeyError, 5): Incident()}, "has a rule for 5"),
        ({KeyError: Incident}, "says <class 'camunda_client.c8.worker._errors.Incident'> for KeyError; it must be"),
        ({KeyError: "DECLINED"}, "says 'DECLINED' for KeyError; it must be BpmnError('CODE'), Retry(), Incident()"),
    ],
)
def test_a_rule_that_can_t_be_is_refused_at_decoration(errors: Errors, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        worker.camunda_worker("t", errors=errors)

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: BpmnError(" "), "BpmnError needs an error code that is not empty, got ' '"),
        (lambda: Retry(retries=-1), "retries of Retry(...) is -1"),
        (lambda: Retry(back_off="soon"), "back_off of Retry(...) is 'soon'"),
    ],
)
def test_an_action_that_can_t_be_is_refused(make: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make()

    assert problem in str(refused.value)


class TestRegistry:
    def test_its_handlers_share_settings_hooks_and_rules(self) -> None:
        order: list[str] = []
        payments = WorkerRegistry("payments", errors={KeyError: Incident()}, timeout=45_000)

        @payments.camunda_worker("t", before=lambda _job: order.append("own"))
        def charge(_job: ActivatedJob) -> None:
            raise KeyError

        @payments.camunda_worker("other", timeout=5000)
        def refund(_job: ActivatedJob) -> None:
            """Do nothing."""

        payments.before_job(lambda _job: order.append("registry"))
        worker.before_job(lambda _job: order.append("all"))
        found = run_handler(charge, job())
        timeouts = {one.job_type: worker.worker_settings(one).lease_s for one in worker.registered_workers()}

        assert found.report["retries"] == 0
        assert order == ["all", "registry", "own"]
        assert timeouts == {"t": 45.0, "other": 5.0}
        assert [one.job_type for one in payments.workers] == ["t", "other"]
        assert refund(job()) is None

    def test_handlers_outside_have_none_of_it(self) -> None:
        payments = WorkerRegistry("payments", errors={KeyError: Incident()})
        payments.add_job_worker("other", lambda job: None)

        assert run(KeyError()).report["retries"] == 2

    def test_the_handler_s_rule_comes_before_the_registry_s_and_that_before_all_others(self) -> None:
        payments = WorkerRegistry("payments")
        payments.map_errors({KeyError: BpmnError("REGISTRY"), ValueError: BpmnError("REGISTRY")})
        map_errors({KeyError: BpmnError("ALL"), ValueError: BpmnError("ALL"), OSError: BpmnError("ALL")})

        def outcome(error: type[Exception]) -> str:
            @payments.camunda_worker("t", errors={KeyError: BpmnError("HANDLER")})
            def handler(_job: ActivatedJob) -> None:
                raise error

            return str(run_handler(handler, job()).report["errorCode"])

        assert [outcome(KeyError), outcome(ValueError), outcome(OSError)] == ["HANDLER", "REGISTRY", "ALL"]

    def test_a_setting_that_no_handler_has_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match=r"WorkerRegistry\('p'\) has settings .*\['job_type', 'tiemout'\]"):
            WorkerRegistry("p", tiemout=5, job_type="t")

    def test_its_handlers_are_the_process_s(self) -> None:
        payments = WorkerRegistry("payments")
        payments.add_job_worker("t", lambda job: None)

        worker.register_workers()

        assert [one.job_type for one in worker.CamundaWorkerManager().workers] == ["t"]
