"""Jobs made by hand, for calling a handler directly."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest

from camunda_client.c8.models import ActivatedJob, AdHocResult, Corrections
from camunda_client.testing._jobs import activated_job
from camunda_client.testing.embedded_camunda import EmbeddedCamunda

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_a_job_has_harmless_values_where_nothing_is_said() -> None:
    job = activated_job()

    assert isinstance(job, ActivatedJob)
    assert (job.variables, job.custom_headers, job.retries, job.tenant_id) == ({}, {}, 3, "<default>")
    assert all([job.job_key, job.job_type, job.process_instance_key, job.element_id, job.worker])


def test_fields_go_by_either_name() -> None:
    job = activated_job({"amount": 5}, type="charge")

    assert (job.job_type, job.variables) == ("charge", {"amount": 5})
    assert activated_job(job_type="charge", process_instance_key=12).process_instance_key == "12"
    assert activated_job(customHeaders={"a": "b"}).custom_headers == {"a": "b"}


def test_variables_are_what_arrives_through_json() -> None:
    day = datetime.date(2026, 1, 2)

    job = activated_job({"day": day, "pair": (1, 2)})

    assert job.variables == {"day": "2026-01-02", "pair": [1, 2]}


@pytest.mark.parametrize(
    ("arguments", "fields", "told"),
    [
        ((), {"retry": 1}, "a job has no field retry; it has job_key, "),
        (({1, 2},), {}, "variables are a mapping of names to values, not set"),
    ],
)
def test_what_no_job_can_have_is_refused(arguments: tuple[object, ...], fields: dict[str, int], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        activated_job(*arguments, **fields)  # type: ignore[arg-type]

    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"order": {"lines": [{}, {"price": math.nan}]}}, "order.lines[1].price is nan, which JSON cannot represent"),
        ({"order": {"by": object}}, "order.by is type <class 'object'>, which has no JSON form"),
        ({"name": "\ud800"}, "name has the lone surrogate '\\ud800' at 0, which UTF-8 can't hold"),
    ],
)
def test_a_variable_that_is_no_json_is_named(variables: dict[str, object], told: str) -> None:
    """`{"a": nan}` was "expected value at line 1 column 6"."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is looked at
        activated_job(variables)

    assert str(caught.value) == f"variables can't be JSON: {told}"
    assert caught.value.__cause__ is None


def test_a_job_that_decides_is_ended_by_hand() -> None:
    camunda = EmbeddedCamunda(folder=EXAMPLES)
    camunda.deploy("bpmn/approval.bpmn", "bpmn/agent.bpmn")
    camunda.start("approval", {"amount": 1})
    agent = camunda.start("agent")

    camunda.job("approval-begins").complete(result=Corrections(assignee="ann"))
    task = camunda.user_task("approve")
    assert task.assignee == "ann"
    task.complete()
    camunda.job("approval-ends").complete(result={"type": "userTask", "denied": True, "deniedReason": "no"})
    assert (task.state, task.denied) == ("CREATED", "no")

    camunda.job("agent").complete(result=AdHocResult(activate=["look-up-order"], variables={"turn": 1}))
    assert camunda.job("look-up-order").variables["turn"] == 1
    camunda.job("look-up-order").complete({"found": "x"})
    camunda.job("agent").complete({"answer": "y"}, result=AdHocResult(completed=True))
    agent.assert_completed().assert_variables(answer="y")
