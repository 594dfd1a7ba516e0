"""A handler's result fits its job, or the job fails at once and says what to return."""

from __future__ import annotations

from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import AdHocResult, Completion, Corrections, Denied, run_handler
from camunda_client.error import CamundaBusinessException
from camunda_client.testing.plugin import activated_job

LISTENER = {"kind": "TASK_LISTENER", "listener_event_type": "COMPLETING", "user_task": {"assignee": "ann"}}
AD_HOC = {"kind": "AD_HOC_SUB_PROCESS"}
PLAIN = {"kind": "BPMN_ELEMENT"}


def run(result: object, **fields: Any) -> tuple[str | None, dict[str, Any]]:
    def handler(_job: ActivatedJob) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    ended = run_handler(handler, activated_job(retries=3, **fields))
    return ended.command, ended.report


@pytest.mark.parametrize(
    ("result", "fields", "report"),
    [
        (None, LISTENER, {"variables": {}}),
        (
            Denied("no"),
            LISTENER,
            {"variables": {}, "result": {"type": "userTask", "denied": True, "deniedReason": "no"}},
        ),
        (
            Completion(result=Corrections(assignee=None)),
            LISTENER,
            {"variables": {}, "result": {"type": "userTask", "denied": False, "corrections": {"assignee": ""}}},
        ),
        (
            AdHocResult(completed=True, cancel_remaining=True, variables={"turn": 2}),
            AD_HOC,
            {
                "variables": {"turn": 2},
                "result": {
                    "type": "adHocSubProcess", "activateElements": [],
                    "isCompletionConditionFulfilled": True, "isCancelRemainingInstances": True,
                },
            },
        ),
        (Completion(variables={"a": 1}, business_id="b-1"), PLAIN, {"variables": {"a": 1}, "businessId": "b-1"}),
        (
            Completion(variables={"a": 1}, result={"type": "of 8.12"}),
            {"kind": "SOMETHING_NEW"},
            {"variables": {"a": 1}, "result": {"type": "of 8.12"}},
        ),
    ],
)  # fmt: skip
def test_what_fits_is_what_the_job_is_completed_with(
    result: object, fields: dict[str, Any], report: dict[str, Any]
) -> None:
    assert run(result, **fields) == ("completion", report)


@pytest.mark.parametrize(
    ("result", "fields", "reason"),
    [
        ({"a": 1}, LISTENER, "takes none from the listeners of user tasks; return None to agree, Denied"),
        (Completion(variables={"a": 1}, result=Denied("no")), LISTENER, "takes none from the listeners of user tasks"),
        (Denied("no"), LISTENER | {"listener_event_type": "CREATING"}, "Denied(...) for the event CREATING"),
        (Denied("no"), LISTENER | {"listener_event_type": "CANCELING"}, "Denied(...) for the event CANCELING"),
        (AdHocResult(), LISTENER, "AdHocResult(...) for a job of the kind TASK_LISTENER; return Denied"),
        (Denied("no"), AD_HOC, "Denied(...) for a job of the kind AD_HOC_SUB_PROCESS; return AdHocResult"),
        (Denied("no"), PLAIN, "takes no such result for a job of the kind BPMN_ELEMENT"),
        (Denied("no"), {}, "task listeners and ad-hoc jobs need 8.8 or later"),
        (AdHocResult(activate={"a": {"b": float("nan")}}), AD_HOC, "activateElements[0].variables.b is nan"),
        (CamundaBusinessException("NO", "no"), LISTENER, "raised a BPMN error, but Camunda takes none"),
    ],
)
def test_what_does_not_fit_fails_the_job_at_once_with_the_reason(
    result: object, fields: dict[str, Any], reason: str
) -> None:
    command, report = run(result, **fields)

    assert (command, report["retries"]) == ("failure", 2)
    assert reason in report["errorMessage"]


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (api.complete_job, "return its variables, or Completion(variables=..., result=...)"),
        (lambda job: api.fail_job(job.job_key, retries=1), "raise an exception, such as ServiceException"),
        (lambda job: api.mark_job_as_failed(job, "no luck"), "raise an exception, such as ServiceException"),
        (
            lambda job: api.throw_error_for_job(job, CamundaBusinessException("NO", "no")),
            "raise CamundaBusinessException(code, message, variables)",
        ),
    ],
)
def test_a_handler_that_reports_its_own_job_hears_what_to_do_instead(call: Any, instead: str) -> None:
    ended = run_handler(lambda job: call(job), activated_job(retries=3))

    assert ended.command == "failure"
    assert instead in ended.report["errorMessage"]
    assert "reported twice" in ended.report["errorMessage"]
