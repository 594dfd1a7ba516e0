"""User tasks: found, read, assigned, changed and completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from typing_extensions import Unpack

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, json_object, key, made
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got, got_if_any, send
from camunda_client.c8.models import (
    AssignUserTaskRequest,
    CompleteUserTaskRequest,
    UpdateUserTaskRequest,
    UserTaskChanges,
)
from camunda_client.c8.models.generated import (
    AuditLogEntry,
    Form,
    FoundVariable,
    UserTask,
    UserTaskAuditLogFilter,
    UserTaskFilter,
    UserTaskVariableFilter,
)

__all__ = [
    "assign_user_task",
    "complete_user_task",
    "get_user_task",
    "get_user_task_form",
    "search_user_task_audit_log",
    "search_user_task_effective_variables",
    "search_user_task_variables",
    "search_user_tasks",
    "unassign_user_task",
    "update_user_task",
]


def search_user_tasks(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[UserTaskFilter]
) -> Iterator[UserTask]:
    """Yield user tasks that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `UserTaskFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/search.
    """
    return search("/user-tasks/search", UserTask, UserTaskFilter, filters, sort=sort, page_size=page_size)


def get_user_task(user_task_key: str | int) -> UserTask:
    """Return a user task.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/user-tasks/{userTaskKey}.
    """
    found = key(user_task_key, "user_task_key")
    return got(f"/user-tasks/{found}", UserTask)


def get_user_task_form(user_task_key: str | int) -> Form | None:
    """Return the form of a user task; None if it has none.

    Raises:
        ServiceException: There is no task with that key (status 404), or the engine could not be asked.

    Source: GET /v2/user-tasks/{userTaskKey}/form.
    """
    task = key(user_task_key, "user_task_key")
    return got_if_any(f"/user-tasks/{task}/form", Form)


def search_user_task_variables(
    user_task_key: str | int,
    *,
    sort: Sort = (),
    page_size: int = PAGE_SIZE,
    **filters: Unpack[UserTaskVariableFilter],
) -> Iterator[FoundVariable]:
    """Yield the variables that a user task sees, page by page as they are asked for; long values are cut.

    Args:
        user_task_key: Whose.
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `UserTaskVariableFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/{userTaskKey}/variables/search.
    """
    path = f"/user-tasks/{key(user_task_key, 'user_task_key')}/variables/search"
    return search(path, FoundVariable, UserTaskVariableFilter, filters, sort=sort, page_size=page_size)


def search_user_task_effective_variables(
    user_task_key: str | int, *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[UserTaskVariableFilter]
) -> Iterator[FoundVariable]:
    """Yield the variables that a user task sees, of each name only the nearest; Camunda 8.9 and later.

    Args:
        user_task_key: Whose.
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `UserTaskVariableFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/{userTaskKey}/effective-variables/search.
    """
    path = f"/user-tasks/{key(user_task_key, 'user_task_key')}/effective-variables/search"
    kinds = (FoundVariable, UserTaskVariableFilter)
    return search(path, *kinds, filters, sort=sort, page_size=page_size, since="8.9", by_offset=True)


def search_user_task_audit_log(
    user_task_key: str | int, *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[UserTaskAuditLogFilter]
) -> Iterator[AuditLogEntry]:
    """Yield who did what with a user task, page by page as they are asked for; Camunda 8.9 and later.

    Args:
        user_task_key: Whose.
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `UserTaskAuditLogFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/{userTaskKey}/audit-logs/search.
    """
    path = f"/user-tasks/{key(user_task_key, 'user_task_key')}/audit-logs/search"
    return search(path, AuditLogEntry, UserTaskAuditLogFilter, filters, sort=sort, page_size=page_size, since="8.9")


def complete_user_task(
    user_task_key: str | int, variables: Mapping[str, Any] | BaseModel | None = None, *, action: str | None = None
) -> None:
    """Complete a user task. Its listeners must agree first: without a worker for them, it fails with status 504.

    Args:
        user_task_key: Which one.
        variables: The result, as a mapping or a pydantic model.
        action: Passed on to listeners as the reason. Left out: ``complete``.

    Raises:
        InvalidRequestError: The key or the variables can't be right.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/{userTaskKey}/completion.
    """
    content = made(
        CompleteUserTaskRequest,
        variables=None if variables is None else json_object(variables, "variables"),
        action=action,
    )
    task = key(user_task_key, "user_task_key")
    # A completed task is gone: a repeat is answered 404, or 409 while it is still completing.
    send("POST", f"/user-tasks/{task}/completion", body(content), settled_by=(Verdict.GONE, Verdict.CONFLICT))


def assign_user_task(
    user_task_key: str | int, assignee: str, *, allow_override: bool | None = None, action: str | None = None
) -> None:
    """Assign a user task.

    Args:
        user_task_key: Which one.
        assignee: Their user name.
        allow_override: False: refuse it (409) if the task is assigned already. Left out: it is reassigned.
        action: Passed on to listeners as the reason. Left out: ``assign``.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/user-tasks/{userTaskKey}/assignment.
    """
    content = made(AssignUserTaskRequest, assignee=assignee, allowOverride=allow_override, action=action)
    task = key(user_task_key, "user_task_key")
    # Where it must not be reassigned, a repeat would find it assigned: by the first attempt or by another client.
    send("POST", f"/user-tasks/{task}/assignment", body(content), safe=allow_override is not False)


def unassign_user_task(user_task_key: str | int) -> None:
    """Remove the assignee of a user task.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: DELETE /v2/user-tasks/{userTaskKey}/assignee.
    """
    send("DELETE", f"/user-tasks/{key(user_task_key, 'user_task_key')}/assignee")


def update_user_task(user_task_key: str | int, changes: UserTaskChanges, *, action: str | None = None) -> None:
    """Change a user task.

    Args:
        user_task_key: Which one.
        changes: What is not in it stays. An empty text or list clears.
        action: Passed on to listeners as the reason. Left out: ``update``.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: PATCH /v2/user-tasks/{userTaskKey}.
    """
    content = made(UpdateUserTaskRequest, changeset=changes, action=action)
    send("PATCH", f"/user-tasks/{key(user_task_key, 'user_task_key')}", body(content))
