"""Requests about jobs, incidents and user tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from camunda_client.embedded.feel import moment
from camunda_client.embedded.gateway._polls import HeldPoll
from camunda_client.embedded.gateway._problems import Answer, Refused, bad_request, invalid, no_content, ok, problem
from camunda_client.embedded.gateway._requests import INT32, Body
from camunda_client.embedded.gateway._routes import Call, route


def _ms(value: int | None) -> timedelta:
    # A timedelta ends after 999,999,999 days; the engine's moments end sooner anyway.
    return timedelta(milliseconds=min(max(value or 0, 0), 86_400_000 * 999_999_000))


@route("POST", "/v2/jobs/activation")
def activate(call: Call) -> Answer:
    """Lease jobs, waiting for them as long as the request asks."""
    body = call.body()
    with_lease = _newest(call, body, "withLease") and body.boolean("withLease")
    job_type, worker = body.text("type"), body.text("worker")
    timeout_ms, maximum = body.integer("timeout"), body.integer("maxJobsToActivate", INT32)
    request_timeout_ms = body.integer("requestTimeout")
    fetch, tenant_ids = body.texts("fetchVariable"), _tenant_ids(call, body)
    problems = []
    if job_type is None or not job_type.strip():
        problems.append("No type provided.")
    if timeout_ms is None:
        problems.append("No timeout provided.")
    elif timeout_ms < 1:
        problems.append(f"The value for timeout is '{timeout_ms}' but must be greater than 0.")
    if maximum is None:
        problems.append("No maxJobsToActivate provided.")
    elif maximum < 1:  # 8.6.0 prints the timeout here
        problems.append(f"The value for maxJobsToActivate is '{timeout_ms}' but must be greater than 0.")
    if problems or job_type is None or timeout_ms is None or maximum is None:
        raise invalid(problems, call.path)
    poll = HeldPoll(
        call.engine, call.late, job_type, worker=worker or "", max_jobs=maximum,
        lease_ms=min(timeout_ms, 86_400_000 * 999_999_000), tenant_ids=tenant_ids,
        with_lease=bool(with_lease),
    )  # fmt: skip
    jobs = poll.wait(request_timeout_ms)
    if jobs is None:
        return problem(503, "Service Unavailable", None, call.path)
    return ok({"jobs": [call.dialect.job(call.engine.snapshot(job, fetch or ())) for job in jobs]})


def _tenant_ids(call: Call, body: Body) -> list[str] | None:
    """Return whose jobs are wanted; since 8.9 a client may leave that to its token, and here every token has all."""
    wanted = body.text("tenantFilter") if call.dialect.newest else None
    if wanted == "ASSIGNED":
        return sorted(call.engine.tenants or ())
    if wanted not in (None, "PROVIDED"):
        raise bad_request(f"Request property [tenantFilter] cannot be parsed: '{wanted[:80]}'", call.path)
    return body.texts("tenantIds")


def _newest(call: Call, body: Body, name: str) -> bool:
    """Whether to look at a member that came with 8.10; to 8.6 unknown members are nothing.

    Raises:
        Refused: 400 from 8.8 on, which reads strictly.
    """
    if body.has(name) and call.dialect.newer and not call.dialect.newest:
        raise bad_request(f"Request property [{name}] cannot be parsed", call.path)
    return call.dialect.newest


def _lease_token(call: Call, body: Body) -> str | None:
    return body.text("jobLeaseToken") if _newest(call, body, "jobLeaseToken") else None


@route("POST", "/v2/jobs/<jobKey>/completion")
def complete(call: Call) -> Answer:
    """Complete a job."""
    body = call.body(optional=True)
    variables, lease_token = body.object("variables"), _lease_token(call, body)
    business_id = body.business_id() if _newest(call, body, "businessId") else None
    key = call.key("jobKey")
    call.check_size("COMPLETE")
    call.engine.complete(key, variables, lease_token=lease_token, business_id=business_id)
    return no_content()


@route("POST", "/v2/jobs/<jobKey>/failure")
def fail(call: Call) -> Answer:
    """Fail a job."""
    body = call.body(optional=True)
    retries, message = body.integer("retries", INT32), body.text("errorMessage")
    back_off_ms, variables = body.integer("retryBackOff"), body.object("variables")
    lease_token = _lease_token(call, body)
    key = call.key("jobKey")
    call.check_size("FAIL")
    call.engine.fail(
        key, retries=retries or 0, message=message or "", back_off=_ms(back_off_ms), variables=variables,
        lease_token=lease_token,
    )  # fmt: skip
    return no_content()


@route("POST", "/v2/jobs/<jobKey>/error")
def throw_error(call: Call) -> Answer:
    """End a job with a BPMN error."""
    body = call.body()
    code, message, variables = body.text("errorCode"), body.text("errorMessage"), body.object("variables")
    lease_token = _lease_token(call, body)
    if code is None or not code.strip():
        raise invalid("No errorCode provided.", call.path)
    key = call.key("jobKey")
    call.check_size("THROW_ERROR")
    call.engine.throw_error(key, code, message=message or "", variables=variables, lease_token=lease_token)
    return no_content()


@route("PATCH", "/v2/jobs/<jobKey>")
def update(call: Call) -> Answer:
    """Set a job's retries, lease or priority."""
    body = call.body()
    lease_token = _lease_token(call, body)
    changes = body.inner("changeset") or Body({}, call.path)
    retries, timeout_ms = changes.integer("retries", INT32), changes.integer("timeout")
    priority = changes.integer("priority", INT32) if _newest(call, changes, "priority") else None
    if retries is None and timeout_ms is None and priority is None:
        raise invalid("At least one of [retries, timeout] is required.", call.path)
    lease = None if timeout_ms is None else _ms(timeout_ms)
    call.engine.update_job(call.key("jobKey"), retries=retries, lease=lease, lease_token=lease_token, priority=priority)
    return no_content()


@route("POST", "/v2/incidents/<incidentKey>/resolution")
def resolve(call: Call) -> Answer:
    """Resolve an incident."""
    call.body(optional=call.dialect.newer)
    call.engine.resolve_incident(call.key("incidentKey"))
    return no_content()


@route("POST", "/v2/user-tasks/<userTaskKey>/completion")
def complete_user_task(call: Call) -> Answer:
    """Complete a user task."""
    variables = call.body(optional=True).object("variables")
    call.check_size("COMPLETE")
    call.engine.complete_user_task(call.key("userTaskKey"), variables)
    return no_content()


@route("POST", "/v2/user-tasks/<userTaskKey>/assignment")
def assign_user_task(call: Call) -> Answer:
    """Assign a user task."""
    body = call.body()
    assignee, override = body.text("assignee"), body.boolean("allowOverride")
    if not assignee or not assignee.strip():
        raise invalid("No assignee provided", call.path)
    call.engine.assign_user_task(call.key("userTaskKey"), assignee, allow_override=override is not False)
    return no_content()


@route("DELETE", "/v2/user-tasks/<userTaskKey>/assignee")
def unassign_user_task(call: Call) -> Answer:
    """Take a user task back from its assignee."""
    call.engine.assign_user_task(call.key("userTaskKey"), "")
    return no_content()


@route("PATCH", "/v2/user-tasks/<userTaskKey>")
def update_user_task(call: Call) -> Answer:
    """Change a user task."""
    body = call.body(optional=True)
    given = body.inner("changeset")
    changes: dict[str, Any] = {}
    if given is not None:
        changes = _user_task_changes(given)
    if not body.text("action") and not any(value is not None for value in changes.values()):
        raise invalid(
            'No update data provided. Provide at least an "action" or a non-null value for a supported '
            'attribute in the "changeset".',
            call.path,
        )
    call.engine.update_user_task(call.key("userTaskKey"), {k: v for k, v in changes.items() if v is not None})
    return no_content()


def _user_task_changes(given: Body) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "candidate_groups": given.texts("candidateGroups"),
        "candidate_users": given.texts("candidateUsers"),
        "priority": given.integer("priority", INT32),
        "due_date": given.text("dueDate"),
        "follow_up_date": given.text("followUpDate"),
    }
    problems = []
    for name, words in (("due_date", "due date"), ("follow_up_date", "follow-up date")):
        at = moment(changes[name]) if changes[name] else None
        if changes[name] and (at is None or at.tzinfo is None):
            given_text = f"The provided {words} '{changes[name]}'"
            problems.append(f"{given_text} cannot be parsed as a date according to RFC 3339, section 5.6.")
    priority = changes["priority"]
    if priority is not None and not 0 <= priority <= 100:
        problems.append(f"The value for priority is '{priority}' but must be within the [0,100] range.")
    if problems:
        raise invalid(problems, given.path)
    return changes


__all__ = ["Refused", "activate"]
