"""Jobs handed out to us, one poll at a time."""

from __future__ import annotations

from typing import Literal

from camunda_client.c8 import _target
from camunda_client.c8._http import printable
from camunda_client.c8.api._arguments import body, made
from camunda_client.c8.api._call import Call, RepeatRule, run_for
from camunda_client.c8.models import ActivatedJobResponse, ActivateJobRequest
from camunda_client.config.models import REQUEST_TIMEOUT_LIMIT
from camunda_client.error import ConnectionFailed, ErrorCode, InvalidRequestError

#: Jobs asked for when neither the caller nor the configuration says.
DEFAULT_MAX_JOBS = 5
#: Seconds after the request timeout: with a stuck broker the answer comes that late.
_LATE_S = 20.0
#: How the API says whose jobs are asked for.
_TENANT_FILTERS: dict[str, Literal["PROVIDED", "ASSIGNED"]] = {"provided": "PROVIDED", "assigned": "ASSIGNED"}


def activate_jobs(
    job_type: str,
    worker: str | None = None,
    timeout: int | None = None,
    max_jobs_to_activate: int | None = None,
    fetch_variables: list[str] | None = None,
    request_timeout: int | None = None,
    tenant_ids: list[str] | None = None,
    request: ActivateJobRequest | None = None,
    *,
    tenants: Literal["assigned", "provided"] | None = None,
) -> ActivatedJobResponse:
    """Return jobs that are now ours until their lease ends; none if none came up in time.

    It takes up to 20 s more than ``request_timeout``, whatever ``api.timeout`` says: an answer that is not waited for
    may bring jobs, and those are lost until their lease ends.

    Args:
        job_type: What kind of jobs.
        worker: Our name. Default: as configured, like all that follow.
        timeout: The lease in milliseconds.
        max_jobs_to_activate: The most jobs to return; 5 if the configuration doesn't say either.
        fetch_variables: The variables wanted; None for all.
        request_timeout: Milliseconds to wait for a job; the engine's default is 10000, and 30000 its limit.
        tenant_ids: Whose jobs.
        request: Instead of all other arguments.
        tenants: ``"assigned"``: jobs of all tenants of the token, whatever ``tenant_ids`` says; Camunda 8.9
            and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/activation.
    """
    if tenants is not None and tenants not in _TENANT_FILTERS:
        raise InvalidRequestError(f"tenants must be 'assigned' or 'provided', not {printable(repr(tenants), 80)}")
    if request is None:
        defaults = _target.config().job_for(job_type)
        request = made(
            ActivateJobRequest,
            type=job_type,
            worker=defaults.worker if worker is None else worker,
            timeout=defaults.timeout if timeout is None else timeout,
            maxJobsToActivate=max_jobs_to_activate or defaults.max_jobs_to_activate or DEFAULT_MAX_JOBS,
            fetchVariable=fetch_variables,
            requestTimeout=defaults.request_timeout if request_timeout is None else request_timeout,
            tenantIds=defaults.tenant_ids if tenant_ids is None and tenants != "assigned" else tenant_ids,
            tenantFilter=None if tenants is None else _TENANT_FILTERS[tenants],
        )
    wait_ms = request.request_timeout or 10_000
    if wait_ms >= REQUEST_TIMEOUT_LIMIT:
        raise InvalidRequestError(f"request_timeout must be below {REQUEST_TIMEOUT_LIMIT} ms, got {wait_ms}")
    call = Call(
        "POST",
        "/jobs/activation",
        ErrorCode.C8_FAILED_TO_ACTIVATE_JOBS,
        (request.job_type,),
        body(request),
        repeat=RepeatRule.IF_NOT_APPLIED,
        timeout_s=max(wait_ms, 0) / 1000 + _LATE_S,
    )
    try:
        return run_for(ActivatedJobResponse, call)
    except ConnectionFailed as error:
        if error.reason == "timeout" and error.maybe_applied:
            return ActivatedJobResponse()
        raise
