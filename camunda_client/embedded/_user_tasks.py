"""Camunda's own user tasks: assigned, changed and completed by key, without jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camunda_client.embedded._rejections import invalid_state, not_found

if TYPE_CHECKING:
    from camunda_client.embedded._instances import ElementInstance
    from camunda_client.embedded._lifecycle import Lifecycle


class UserTask:
    """A task that waits for a person."""

    __slots__ = (
        "assignee",
        "candidate_groups",
        "candidate_users",
        "due_date",
        "follow_up_date",
        "instance",
        "key",
        "priority",
    )

    def __init__(self, key: int, instance: ElementInstance) -> None:
        self.key = key
        self.instance = instance
        self.assignee = ""
        self.candidate_groups: list[str] = []
        self.candidate_users: list[str] = []
        self.due_date = ""
        self.follow_up_date = ""
        self.priority = 50


class UserTasks:
    """The open user tasks by key."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self._tasks: dict[int, UserTask] = {}

    def create_for(self, instance: ElementInstance, details: dict[str, Any]) -> UserTask:
        """Create the task of a user task element."""
        evaluate = self._lifecycle.variables.evaluate
        task = UserTask(self._lifecycle.keys.next(), instance)
        values = {name: evaluate(source, instance) for name, source in details.items() if name != "native"}
        task.assignee = values.get("assignee") or ""
        task.candidate_groups = _listed(values.get("candidateGroups"))
        task.candidate_users = _listed(values.get("candidateUsers"))
        task.due_date = str(values.get("dueDate") or "")
        task.follow_up_date = str(values.get("followUpDate") or "")
        task.priority = int(values.get("priority") or task.priority)
        instance.user_task = task
        self._tasks[task.key] = task
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
        """Give a task to somebody; without override only one that nobody has."""
        task = self.get(key, "ASSIGN" if allow_override else "CLAIM")
        if not allow_override and task.assignee not in ("", assignee):
            raise invalid_state(
                "CLAIM", f"Expected to claim user task with key '{key}', but it has already been assigned"
            )
        task.assignee = assignee

    def update(self, key: int, changes: dict[str, Any]) -> None:
        """Change candidates, dates or priority; null clears."""
        task = self.get(key, "UPDATE")
        for name, value in changes.items():
            if name in ("candidate_groups", "candidate_users"):
                setattr(task, name, value or [])
            elif name == "priority":
                task.priority = 50 if value is None else value
            else:
                setattr(task, name, value or "")

    def complete(self, key: int, variables: dict[str, Any]) -> None:
        """Complete a task; its element goes on."""
        task = self.get(key, "COMPLETE")
        del self._tasks[key]
        task.instance.user_task = None
        task.instance.event_variables = variables
        self._lifecycle.complete_soon(task.instance)

    def cancel_of(self, instance: ElementInstance) -> None:
        """Remove the task of an instance that is terminated."""
        if instance.user_task is not None:
            self._tasks.pop(instance.user_task.key, None)

    def all(self) -> list[UserTask]:
        """Return every open task, oldest first."""
        return list(self._tasks.values())


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(item) for item in value or []]
