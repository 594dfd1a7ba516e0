"""Does a handler's result fit its job? Camunda would refuse what does not, once for each retry, or pass over it.

Asked only of results that are more than variables, and of variables for a user task's listener.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camunda_client.c8.models import AdHocResult, Completion, Denied, UserTaskResult
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from camunda_client.c8.models import ActivatedJob, JobResult


class UnfitResult(ServiceException):
    """A handler's result is nothing that Camunda could do anything with."""


#: What each kind of job may be completed with beside variables.
_TAKEN: dict[str | None, tuple[type[JobResult], str]] = {
    "TASK_LISTENER": (UserTaskResult, "Denied(reason), Corrections(...) or None"),
    "AD_HOC_SUB_PROCESS": (AdHocResult, "AdHocResult(...) or None"),
}
#: What a listener can't deny.
_UNDENIABLE = ("CREATING", "CANCELING")


def parts_of(result: JobResult, job: ActivatedJob) -> Completion:
    """Return what to send: variables, the result as a document, the business id.

    Raises:
        UnfitResult: Camunda takes no such result for this job.
    """
    whole = result if isinstance(result, Completion) else Completion(result=result)  # type: ignore[arg-type]
    said = whole.result
    if isinstance(said, (UserTaskResult, AdHocResult)):
        _check_kind(said, job)
    variables = whole.variables
    if isinstance(said, AdHocResult) and said.variables:
        variables = said.variables
    if variables:
        check_variables(job)
    document: Mapping[str, Any] | None = said.document() if isinstance(said, (UserTaskResult, AdHocResult)) else said
    return Completion(variables=variables, result=document, business_id=whole.business_id)


def _check_kind(result: UserTaskResult | AdHocResult, job: ActivatedJob) -> None:
    taken, instead = _TAKEN.get(job.kind, (None, ""))
    name = type(result).__name__
    if taken is None:
        raise UnfitResult(f"the handler returned {name}(...), {_reason(job)}")
    if not isinstance(result, taken):
        raise UnfitResult(f"the handler returned {name}(...) for a job of the kind {job.kind}; return {instead}")
    if isinstance(result, Denied) and job.listener_event_type in _UNDENIABLE:
        raise UnfitResult(
            f"the handler returned Denied(...) for the event {job.listener_event_type}, which Camunda lets no listener "
            "deny; assignments, updates and completions can be denied"
        )


def _reason(job: ActivatedJob) -> str:
    if job.kind is None:
        return "but this Camunda does not say what kind of job it is; task listeners and ad-hoc jobs need 8.8 or later"
    return f"but Camunda takes no such result for a job of the kind {job.kind}; return its variables, or None"


def check_variables(job: ActivatedJob) -> None:
    """Refuse variables for the listener of a user task.

    Raises:
        UnfitResult: It is one.
    """
    if job.kind == "TASK_LISTENER":
        raise UnfitResult(
            "the handler returned variables, but Camunda takes none from the listeners of user tasks; return None to "
            "agree, Denied(reason) or Corrections(...)"
        )


def check_error(job: ActivatedJob) -> None:
    """Refuse a BPMN error for the listener of a user task.

    Raises:
        UnfitResult: It is one.
    """
    if job.kind == "TASK_LISTENER":
        raise UnfitResult(
            "the handler raised a BPMN error, but Camunda takes none from the listeners of user tasks; return "
            "Denied(reason) to stop an assignment, an update or a completion"
        )
