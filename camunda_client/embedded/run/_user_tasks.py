"""Camunda's own user tasks: assigned, changed and completed by key, without jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import invalid_state, not_found
from camunda_client.embedded.feel import UTC, text_of
from camunda_client.embedded.model import PRIORITIES, Deployments, Expression, Form, moment, unexpected
from camunda_client.embedded.run._instances import DEFAULT_PRIORITY, ElementInstance, UserTask
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._variables import Variables


class UserTasks:
    """The open user tasks by key."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._tasks: dict[int, UserTask] = {}

    def create_for(self, instance: ElementInstance, properties: dict[str, Any]) -> UserTask:
        """Create the task of a user task element, with its evaluated properties."""
        task = UserTask(self._lifecycle.keys.next(), instance)
        task.assignee = properties.get("assignee", "")
        task.candidate_groups = properties.get("candidateGroups", [])
        task.candidate_users = properties.get("candidateUsers", [])
        task.due_date = properties.get("dueDate") or ""
        task.follow_up_date = properties.get("followUpDate") or ""
        task.priority = properties.get("priority", DEFAULT_PRIORITY)
        task.form_key = properties.get("formKey", "")
        task.external_reference = properties.get("externalReference", "")
        instance.user_task = task
        self._tasks[task.key] = task
        task.record()
        return task

    def get(self, key: int, command: str) -> UserTask:
        """Return an open task.

        Raises:
            Rejection: NOT_FOUND.
        """
        if key not in self._tasks:
            verb = command.lower()
            raise not_found(command, f"Expected to {verb} user task with key '{key}', but no such user task was found")
        return self._tasks[key]

    def assign(self, key: int, assignee: str, *, allow_override: bool = True) -> None:
        """Give a task to a user; without override only one that is not assigned yet."""
        task = self.get(key, "ASSIGN" if allow_override else "CLAIM")
        if not allow_override and task.assignee not in ("", assignee):
            raise invalid_state(
                "CLAIM", f"Expected to claim user task with key '{key}', but it has already been assigned"
            )
        task.assignee = assignee
        task.record()

    def update(self, key: int, changes: dict[str, Any]) -> None:
        """Change candidates, dates or priority; null clears."""
        task = self.get(key, "UPDATE")
        for name, value in changes.items():
            if name in ("candidate_groups", "candidate_users"):
                setattr(task, name, value or [])
            elif name == "priority":
                task.priority = DEFAULT_PRIORITY if value is None else value
            else:
                setattr(task, name, value or "")
        task.record()

    def complete(self, key: int, variables: dict[str, Any]) -> None:
        """Complete a task; its element goes on."""
        task = self.get(key, "COMPLETE")
        del self._tasks[key]
        task.record("COMPLETED")
        task.instance.user_task = None
        task.instance.event_variables = variables
        self._lifecycle.complete_soon(task.instance)

    def cancel_of(self, instance: ElementInstance) -> None:
        """Remove the task of an instance that is terminated."""
        if instance.user_task is not None:
            instance.user_task.record("CANCELED")
            self._tasks.pop(instance.user_task.key, None)

    def all(self) -> list[UserTask]:
        """Return every open task, oldest first."""
        return list(self._tasks.values())


def evaluated(
    details: Mapping[str, Any], variables: Variables, deployments: Deployments, instance: ElementInstance
) -> dict[str, Any]:
    """Return the properties that a user task's element gives it, by the names of their attributes.

    An id of a form becomes the ``formKey`` of its latest version.

    Raises:
        Failure: EXTRACT_VALUE_ERROR: one is of a wrong type. FORM_NOT_FOUND: there is no form of the id.
    """
    readers = {"assignee": _text, "candidateGroups": _texts, "candidateUsers": _texts,
               "dueDate": _date, "followUpDate": _date, "priority": _priority, "externalReference": _text}  # fmt: skip
    found = {name: read(details[name], variables, instance) for name, read in readers.items() if name in details}
    if "formId" in details:
        found["formKey"] = str(_form(_text(details["formId"], variables, instance), deployments, instance).key)
    return found


def _form(form_id: str, deployments: Deployments, instance: ElementInstance) -> Form:
    form = deployments.form(form_id, instance.process.tenant_id)
    if form is None:
        raise Failure(
            "FORM_NOT_FOUND",
            f"Expected to find a form with id '{form_id}', but no form with this id is found, at least a form with "
            "this id should be available. To resolve the Incident please deploy a form with the same id",
        )
    return form


def _text(expression: Expression, variables: Variables, instance: ElementInstance) -> str:
    return variables.text(expression, instance)


def _texts(expression: Expression, variables: Variables, instance: ElementInstance) -> list[str]:
    if expression.static:
        return [part.strip() for part in expression.text.split(",")]
    items: list[Any] = variables.typed(expression, instance, (list,), "'ARRAY'")
    if not all(isinstance(item, str) for item in items):
        wanted = "'ARRAY' containing 'STRING' items, but was 'ARRAY' containing at least one non-'STRING' item"
        raise _wrong(f"Expected result of the expression '{expression.text}' to be {wanted}.")
    return items


def _date(expression: Expression, variables: Variables, instance: ElementInstance) -> str | None:
    warnings: list[str] = []
    value = variables.raw(expression, instance, warnings)
    if isinstance(value, datetime):
        return text_of(value if value.tzinfo else value.replace(tzinfo=UTC))
    if value is not None and not isinstance(value, str):
        raise _wrong(unexpected(expression, value, "one of '[NULL, DATE_TIME, STRING]'", warnings))
    at = moment(value) if value else None
    if value and (at is None or at.tzinfo is None):
        raise _wrong(f"Invalid date-time format '{value}' for expression '{expression.text}'.")
    return text_of(at)


def _priority(expression: Expression, variables: Variables, instance: ElementInstance) -> int:
    if expression.static:
        return int(expression.text)  # looked at when it was deployed
    value: int | float = variables.typed(expression, instance, (int, float), "'NUMBER'")
    if value != int(value):
        raise _wrong(f"Expected result of the expression '{expression.text}' to be an integer, but was a decimal.")
    if value not in PRIORITIES:
        raise _wrong(f"Expected priority to be in the range [0,100] but was '{int(value)}'.")
    return int(value)


def _wrong(message: str) -> Failure:
    return Failure("EXTRACT_VALUE_ERROR", message)
