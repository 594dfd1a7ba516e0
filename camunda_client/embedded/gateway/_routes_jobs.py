"""Requests about jobs, incidents and user tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from camunda_client.embedded.gateway._completion import Settlement
from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._polls import HeldPoll
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, no_content, ok, problem
from camunda_client.embedded.gateway._requests import INT32, Body
from camunda_client.embedded.model import PRIORITIES, moment

#: A timedelta ends after 999,999,999 days; the engine's moments end sooner anyway.
LONGEST_LEASE_MS = 86_400_000 * 999_999_000


def _ms(value: int | None) -> timedelta:
    return timedelta(milliseconds=min(max(value or 0, 0), LONGEST_LEASE_MS))


def activate(exchange: Exchange) -> Answer:
    """Lease jobs, waiting for them as long as the request asks."""
    body = exchange.body("JobActivationRequest")
    with_lease = exchange.dialect.newest and body.boolean("withLease")
    job_type, worker = body.text("type"), body.text("worker")
    timeout_ms, maximum = body.integer("timeout"), body.integer("maxJobsToActivate", INT32)
    request_timeout_ms = body.integer("requestTimeout")
    fetch, tenant_ids = body.texts("fetchVariable"), _tenant_ids(exchange, body)
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
        raise invalid(problems, exchange.path)
    poll = HeldPoll(
        exchange.engine, exchange.late, job_type, worker=worker or "", max_jobs=maximum,
        lease_ms=min(timeout_ms, LONGEST_LEASE_MS), tenant_ids=tenant_ids,
        with_lease=bool(with_lease),
    )  # fmt: skip
    jobs = poll.wait(request_timeout_ms)
    if jobs is None:
        return problem(503, "Service Unavailable", None, exchange.path)
    return ok({"jobs": [exchange.dialect.job(exchange.engine.snapshot(job, fetch or ())) for job in jobs]})


def _tenant_ids(exchange: Exchange, body: Body) -> list[str] | None:
    """Return whose jobs are wanted; since 8.9 a client may leave that to its token, and here every token has all."""
    wanted = body.text("tenantFilter") if exchange.dialect.nullable else None
    if wanted == "ASSIGNED":
        return sorted(exchange.engine.tenants or ())
    if wanted not in (None, "PROVIDED"):
        raise bad_request(f"Request property [tenantFilter] cannot be parsed: '{wanted[:80]}'", exchange.path)
    return body.texts("tenantIds")


def _lease_token(exchange: Exchange, body: Body) -> str | None:
    return body.text("jobLeaseToken") if exchange.dialect.newest else None


def complete(exchange: Exchange) -> Answer:
    """Complete a job."""
    body = exchange.body("JobCompletionRequest", optional=True)
    variables, lease_token = body.object("variables"), _lease_token(exchange, body)
    business_id = body.business_id() if exchange.dialect.newest else None
    # 8.6 and 8.7 have no such member, and pass over it.
    result = body.object("result") if exchange.dialect.newer else None
    key = exchange.key("jobKey")
    exchange.check_size("COMPLETE")
    exchange.engine.complete(key, variables, lease_token=lease_token, business_id=business_id, result=result)
    return no_content()


def fail(exchange: Exchange) -> Answer:
    """Fail a job."""
    body = exchange.body("JobFailRequest", optional=True)
    retries, message = body.integer("retries", INT32), body.text("errorMessage")
    back_off_ms, variables = body.integer("retryBackOff"), body.object("variables")
    lease_token = _lease_token(exchange, body)
    key = exchange.key("jobKey")
    exchange.check_size("FAIL")
    exchange.engine.fail(
        key, retries=retries or 0, message=message or "", back_off=_ms(back_off_ms), variables=variables,
        lease_token=lease_token,
    )  # fmt: skip
    return no_content()


def throw_error(exchange: Exchange) -> Answer:
    """End a job with a BPMN error."""
    body = exchange.body("JobErrorRequest")
    code, message, variables = body.text("errorCode"), body.text("errorMessage"), body.object("variables")
    lease_token = _lease_token(exchange, body)
    if code is None or not code.strip():
        raise invalid("No errorCode provided.", exchange.path)
    key = exchange.key("jobKey")
    exchange.check_size("THROW_ERROR")
    exchange.engine.throw_error(key, code, message=message or "", variables=variables, lease_token=lease_token)
    return no_content()


def update(exchange: Exchange) -> Answer:
    """Set a job's retries, lease or priority."""
    body = exchange.body("JobUpdateRequest")
    lease_token = _lease_token(exchange, body)
    changes = body.inner("changeset") or Body({}, exchange.path)
    retries, timeout_ms = changes.integer("retries", INT32), changes.integer("timeout")
    priority = changes.integer("priority", INT32) if exchange.dialect.newest else None
    if retries is None and timeout_ms is None and priority is None:
        raise invalid("At least one of [retries, timeout] is required.", exchange.path)
    lease = None if timeout_ms is None else _ms(timeout_ms)
    exchange.engine.update_job(
        exchange.key("jobKey"), retries=retries, lease=lease, lease_token=lease_token, priority=priority
    )
    return no_content()


def resolve(exchange: Exchange) -> Answer:
    """Resolve an incident."""
    exchange.body("IncidentResolutionRequest", optional=exchange.dialect.newer)
    exchange.engine.resolve_incident(exchange.key("incidentKey"))
    return no_content()


def complete_user_task(exchange: Exchange) -> Answer:
    """Complete a user task."""
    body, settled = exchange.body("UserTaskCompletionRequest", optional=True), Settlement()
    variables, action = body.object("variables"), body.text("action")
    exchange.check_size("COMPLETE")
    exchange.engine.complete_user_task(exchange.key("userTaskKey"), variables, action=action or "", settle=settled)
    return settled.answer(exchange.path)


def assign_user_task(exchange: Exchange) -> Answer:
    """Assign a user task."""
    body = exchange.body("UserTaskAssignmentRequest")
    assignee, override, action = body.text("assignee"), body.boolean("allowOverride"), body.text("action")
    if not assignee or not assignee.strip():
        raise invalid("No assignee provided", exchange.path)
    settled = Settlement()
    exchange.engine.assign_user_task(
        exchange.key("userTaskKey"), assignee, allow_override=override is not False, action=action or "", settle=settled
    )
    return settled.answer(exchange.path)


def unassign_user_task(exchange: Exchange) -> Answer:
    """Take a user task back from its assignee."""
    settled = Settlement()
    exchange.engine.assign_user_task(exchange.key("userTaskKey"), "", settle=settled)
    return settled.answer(exchange.path)


def update_user_task(exchange: Exchange) -> Answer:
    """Change a user task."""
    body = exchange.body("UserTaskUpdateRequest", optional=True)
    given = body.inner("changeset")
    changes: dict[str, Any] = {}
    if given is not None:
        changes = _user_task_changes(given)
    if not body.text("action") and not any(value is not None for value in changes.values()):
        raise invalid(
            'No update data provided. Provide at least an "action" or a non-null value for a supported '
            'attribute in the "changeset".',
            exchange.path,
        )
    settled = Settlement()
    given_changes = {name: value for name, value in changes.items() if value is not None}
    exchange.engine.update_user_task(
        exchange.key("userTaskKey"), given_changes, action=body.text("action") or "", settle=settled
    )
    return settled.answer(exchange.path)


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
    if priority is not None and priority not in PRIORITIES:
        problems.append(f"The value for priority is '{priority}' but must be within the [0,100] range.")
    if problems:
        raise invalid(problems, given.path)
    return changes


ROUTES: list[Route] = [
    ("POST", "/v2/jobs/activation", activate),
    ("POST", "/v2/jobs/<jobKey>/completion", complete),
    ("POST", "/v2/jobs/<jobKey>/failure", fail),
    ("POST", "/v2/jobs/<jobKey>/error", throw_error),
    ("PATCH", "/v2/jobs/<jobKey>", update),
    ("POST", "/v2/incidents/<incidentKey>/resolution", resolve),
    ("POST", "/v2/user-tasks/<userTaskKey>/completion", complete_user_task),
    ("POST", "/v2/user-tasks/<userTaskKey>/assignment", assign_user_task),
    ("DELETE", "/v2/user-tasks/<userTaskKey>/assignee", unassign_user_task),
    ("PATCH", "/v2/user-tasks/<userTaskKey>", update_user_task),
]
