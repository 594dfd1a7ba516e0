"""Jobs, one call at a time. Workers need none of this; see `camunda_client.c8.worker`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from typing_extensions import Unpack

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._activation import DEFAULT_MAX_JOBS, activate_jobs
from camunda_client.c8.api._arguments import body, json_object, key, made
from camunda_client.c8.api._call import Call, run
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got, moment
from camunda_client.c8.models import (
    ActivatedJob,
    AdHocResult,
    CompleteJobRequest,
    JobChangeset,
    JobFailedRequest,
    ThrowErrorForJobRequest,
    UpdateJobRequest,
    UserTaskResult,
)
from camunda_client.c8.models.generated import FoundJob, JobFilter, JobStatistics
from camunda_client.config.models import REQUEST_TIMEOUT_LIMIT
from camunda_client.error import CamundaBusinessException, ErrorCode, InvalidRequestError
from camunda_client.log import job_fields

__all__ = [
    "DEFAULT_MAX_JOBS",
    "REQUEST_TIMEOUT_LIMIT",
    "JobOrKey",
    "Variables",
    "activate_jobs",
    "complete_job",
    "fail_job",
    "get_job_statistics",
    "mark_job_as_failed",
    "search_jobs",
    "throw_error_for_job",
    "update_job",
]

#: What a repeat is answered if an earlier try did it. A completed job is gone: one that is there in another state (409)
#: was failed by another client. A failed one is in that state, and so is one whose error nothing caught.
_SETTLED = {
    "completion": (Verdict.GONE,),
    "failure": (Verdict.GONE, Verdict.CONFLICT),
    "error": (Verdict.GONE, Verdict.CONFLICT),
}

JobOrKey = ActivatedJob | str | int
Variables = Mapping[str, Any] | BaseModel


def complete_job(
    job: JobOrKey,
    variables: Variables | None = None,
    *,
    result: UserTaskResult | AdHocResult | Mapping[str, Any] | None = None,
    business_id: str | None = None,
) -> None:
    """End a job with its result.

    A handler does not call this for its own job: the worker completes that when the handler returns.

    Args:
        job: The job or its key.
        variables: The result, as a mapping or a pydantic model.
        result: What a user task's listener or an ad-hoc sub-process decides: ``Denied(...)``, ``Corrections(...)``,
            ``AdHocResult(...)``, or a mapping as Camunda takes it; Camunda 8.8 and later.
        business_id: Becomes the process instance's; Camunda 8.10 and later.

    Raises:
        InvalidRequestError: The key or the variables can't be right, or it is the job of the handler that calls.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/{jobKey}/completion.
    """
    if isinstance(result, AdHocResult) and result.variables:
        if variables:
            raise InvalidRequestError("complete_job() and its AdHocResult() both have variables; give them once")
        variables = result.variables
    document = result.document() if isinstance(result, (UserTaskResult, AdHocResult)) else result
    content = made(
        CompleteJobRequest,
        variables=_variables(variables) or {},
        result=None if document is None else json_object(document, "result"),
        businessId=business_id,
        jobLeaseToken=_lease(job),
    )
    _command(job, "completion", ErrorCode.C8_FAILED_TO_COMPLETE_JOB, content)


def mark_job_as_failed(job: ActivatedJob, error_message: str, variables: Variables | None = None) -> None:
    """Fail a job and leave it one retry fewer than it had; without any left the engine raises an incident.

    Raises:
        InvalidRequestError: Only a key was given, which doesn't tell the retries (use `fail_job`), or the message is no
            text: give ``str(error)``.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/{jobKey}/failure.
    """
    if not isinstance(job, ActivatedJob):
        raise InvalidRequestError("mark_job_as_failed() needs the job, to know its retries; use fail_job() with a key")
    fail_job(job, retries=max(job.retries - 1, 0), error_message=error_message, variables=variables)


def fail_job(
    job: JobOrKey,
    *,
    retries: int,
    error_message: str | None = None,
    retry_back_off: int = 0,
    variables: Variables | None = None,
) -> None:
    """Fail a job, with everything about it in your hands.

    It is sent again when it isn't clear whether it arrived. With retries left and no back-off, another worker may have
    the job by then: the repeat takes it away from that one and offers it once more, and the other's work may be done
    twice. Without retries, or while ``retry_back_off`` lasts, it is not handed out: the engine refuses the repeat.

    Args:
        job: The job or its key.
        retries: How many are left; 0 raises an incident. As many as the job has: it is handed back unharmed.
        error_message: For people, shown in Operate.
        retry_back_off: Milliseconds until it is offered again.
        variables: Set where the job is.

    Raises:
        InvalidRequestError: An argument can't be right; the message names it.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/{jobKey}/failure.
    """
    content = made(
        JobFailedRequest,
        retries=retries,
        errorMessage=error_message,
        retryBackOff=retry_back_off,
        variables=_variables(variables),
        jobLeaseToken=_lease(job),
    )
    _command(job, "failure", ErrorCode.C8_FAILED_TO_MARK_JOB_AS_FAILED, content)


def throw_error_for_job(job: JobOrKey, error: CamundaBusinessException) -> None:
    """Throw a BPMN error where the job is. If nothing catches it, the engine raises an incident.

    Raises:
        InvalidRequestError: The error has no code.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/{jobKey}/error.
    """
    if not isinstance(error.error_code, str) or not error.error_code.strip():
        raise InvalidRequestError(f"a BPMN error needs an error code, got {error.error_code!r}")
    content = made(
        ThrowErrorForJobRequest,
        errorCode=error.error_code,
        errorMessage=None if error.error_message is None else str(error.error_message),
        variables=_variables(error.variables),
        jobLeaseToken=_lease(job),
    )
    _command(job, "error", ErrorCode.C8_FAILED_TO_THROW_JOB_ERROR, content)


def update_job(
    job: JobOrKey,
    *,
    retries: int | None = None,
    timeout: int | None = None,
    priority: int | None = None,
    operation_reference: int | None = None,
) -> None:
    """Change a job's retries, its lease or its priority.

    Args:
        job: The job or its key.
        retries: From 1 on.
        timeout: The lease from now on, in milliseconds; only for a job that is activated.
        priority: Jobs of a higher one are given out first; Camunda 8.10 and later.
        operation_reference: Kept with the engine's records of this; Camunda 8.8 and later.

    Raises:
        InvalidRequestError: There is nothing to change.
        ServiceException: The engine refused or could not be asked.

    Source: PATCH /v2/jobs/{jobKey}.
    """
    if retries is None and timeout is None and priority is None:
        raise InvalidRequestError("update_job() needs retries, timeout or priority")
    content = made(
        UpdateJobRequest,
        changeset=made(JobChangeset, retries=retries, timeout=timeout, priority=priority),
        operationReference=operation_reference,
        jobLeaseToken=_lease(job),
    )
    job_key = _job_key(job)
    run(Call("PATCH", f"/jobs/{job_key}", ErrorCode.C8_FAILED_TO_UPDATE_JOB, (job_key,), body(content)))


#: What a handler does instead of each command on its own job.
_INSTEAD = {
    "completion": "return its variables, or Completion(variables=..., result=...)",
    "failure": "raise an exception, such as ServiceException(message, retries=..., retry_back_off=...)",
    "error": "raise CamundaBusinessException(code, message, variables)",
}


def _command(job: JobOrKey, what: str, code: ErrorCode, content: BaseModel) -> None:
    job_key = _job_key(job)
    if job_fields().get("job_key") == job_key:
        raise InvalidRequestError(
            f"job {job_key} is the one that this handler works, and the worker reports it when the handler ends: "
            f"{_INSTEAD[what]}. Reported here, it would be reported twice"
        )
    job_type = job.job_type if isinstance(job, ActivatedJob) else "n.a."
    path = f"/jobs/{job_key}/{what}"
    run(Call("POST", path, code, (job_key, job_type), body(content), settled_by=_SETTLED[what]))


def _job_key(job: JobOrKey) -> str:
    return key(job.job_key if isinstance(job, ActivatedJob) else job, "job")


def _lease(job: JobOrKey) -> str | None:
    return job.job_lease_token if isinstance(job, ActivatedJob) else None


def _variables(variables: Variables | None) -> dict[str, Any] | None:
    return None if variables is None else json_object(variables, "variables")


def search_jobs(*, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[JobFilter]) -> Iterator[FoundJob]:
    """Yield jobs that fit, in whatever state; none is activated, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `JobFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/search.
    """
    return search("/jobs/search", FoundJob, JobFilter, filters, sort=sort, page_size=page_size)


def get_job_statistics(from_time: datetime, to_time: datetime, *, job_type: str | None = None) -> JobStatistics:
    """Return how many jobs were created, completed and failed in a period; Camunda 8.9 and later.

    Args:
        from_time: Its begin, with a zone.
        to_time: Its end, with a zone.
        job_type: Only jobs of this type.

    Raises:
        InvalidRequestError: A time has no zone.
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/jobs/statistics/global.
    """
    query = {"from": moment(from_time, "from_time"), "to": moment(to_time, "to_time"), "jobType": job_type}
    return got("/jobs/statistics/global", JobStatistics, query=query, since="8.9")
