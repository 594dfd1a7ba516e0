"""A job is read from any engine: 8.6.0 with integers, 8.8 with strings, and whatever comes next."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from camunda_client.c8.models import (
    ActivatedJob,
    ActivatedJobResponse,
    ActivateJobRequest,
    JobFailedRequest,
    ThrowErrorForJobRequest,
    UserTaskProperties,
)

#: As Camunda 8.6.0 sent it.
OF_8_6: dict[str, Any] = {
    "key": 2251799813685260, "type": "pay", "processInstanceKey": 2251799813685251, "processDefinitionId": "order",
    "processDefinitionVersion": 3, "processDefinitionKey": 2251799813685249, "elementId": "work",
    "elementInstanceKey": 2251799813685259, "customHeaders": {"h1": "v1"}, "worker": "me", "retries": 3,
    "deadline": 1763885857000, "variables": {"amount": 3}, "tenantId": "<default>",
}  # fmt: skip
_KEYS = ("processInstanceKey", "processDefinitionKey", "elementInstanceKey")
OF_8_8 = {
    **{name: str(value) if name in _KEYS else value for name, value in OF_8_6.items() if name != "key"},
    "jobKey": "2251799813685260", "kind": "TASK_LISTENER", "listenerEventType": "COMPLETING", "tags": ["vip"],
    "userTask": {"action": "complete"}, "rootProcessInstanceKey": "2251799813685251",
}  # fmt: skip


@pytest.mark.parametrize("sent", [OF_8_6, OF_8_8], ids=["8.6", "8.8"])
def test_keys_are_strings_whichever_engine_sent_them(sent: dict[str, Any]) -> None:
    job = ActivatedJob.model_validate(sent)

    assert (job.job_key, job.process_instance_key) == ("2251799813685260", "2251799813685251")
    assert (job.process_definition_key, job.element_instance_key) == ("2251799813685249", "2251799813685259")
    assert (job.job_type, job.retries, job.variables) == ("pay", 3, {"amount": 3})


def test_what_an_older_engine_does_not_say_is_none() -> None:
    job = ActivatedJob.model_validate(OF_8_6)

    assert (job.kind, job.listener_event_type, job.tags, job.user_task, job.root_process_instance_key) == (None,) * 5


def test_what_a_newer_engine_says_is_there() -> None:
    job = ActivatedJob.model_validate({**OF_8_8, "leaseToken": "x"})

    assert (job.kind, job.tags) == ("TASK_LISTENER", ["vip"])
    assert job.user_task == UserTaskProperties(action="complete")
    assert job.model_extra == {"leaseToken": "x"}
    assert job.leaseToken == "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["customHeaders", "variables", "worker", "retries", "deadline", "tenantId"])
def test_null_is_as_good_as_missing(missing: str) -> None:
    null = ActivatedJob.model_validate({**OF_8_6, missing: None})
    absent = ActivatedJob.model_validate({name: value for name, value in OF_8_6.items() if name != missing})

    assert null == absent


def test_only_key_and_type_must_be_there() -> None:
    job = ActivatedJob.model_validate({"key": 5, "type": "pay"})

    assert (job.job_key, job.variables, job.custom_headers, job.tenant_id) == ("5", {}, {}, "<default>")


@pytest.mark.parametrize(
    "wrong", [{"type": "pay"}, {"key": 5}, {"key": 5, "type": "pay", "variables": [1]}, {"key": None, "type": "pay"}]
)
def test_what_is_no_job_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ActivatedJob.model_validate(wrong)


def test_variables_are_left_as_they_came() -> None:
    values = {"big": 2**70, "none": None, "nested": [{"x": 1.5}], "text": "5"}

    assert ActivatedJob.model_validate({**OF_8_6, "variables": values}).variables == values


def test_a_job_for_a_unit_test_is_written_by_either_name() -> None:
    assert ActivatedJob(job_key="5", job_type="pay") == ActivatedJob(jobKey="5", type="pay")


def test_a_dump_has_the_newer_name_and_no_nulls() -> None:
    dumped = ActivatedJob.model_validate(OF_8_6).model_dump()

    assert dumped["jobKey"] == "2251799813685260"
    assert "key" not in dumped
    assert None not in dumped.values()


def test_no_jobs_may_be_said_in_three_ways() -> None:
    answers = [ActivatedJobResponse.model_validate(sent) for sent in ({"jobs": []}, {"jobs": None}, {})]

    assert [answer.jobs for answer in answers] == [[], [], []]


def test_a_request_for_jobs_has_no_nulls_and_the_engines_singular() -> None:
    request = ActivateJobRequest(type="pay", maxJobsToActivate=1, timeout=5, fetchVariable=["a"])

    assert request.model_dump() == {"type": "pay", "maxJobsToActivate": 1, "timeout": 5, "fetchVariable": ["a"]}


def test_a_failure_always_says_how_many_retries_are_left() -> None:
    assert JobFailedRequest().model_dump() == {"retries": 0, "retryBackOff": 0}


def test_an_error_without_a_code_is_refused() -> None:
    with pytest.raises(ValidationError):
        ThrowErrorForJobRequest(errorCode="")
