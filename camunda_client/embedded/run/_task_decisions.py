"""What the job of a user task's listener decides: is it possible, and what does it say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import Rejection, invalid_argument
from camunda_client.embedded.model import PRIORITIES, moment
from camunda_client.embedded.run._instances import ElementInstance, Job, UserTask
from camunda_client.embedded.run._user_tasks import UserTasks

#: Values of a task that listeners may correct, and their names in requests.
CORRECTABLE = {
    "assignee": "assignee", "candidateGroups": "candidate_groups", "candidateUsers": "candidate_users",
    "dueDate": "due_date", "followUpDate": "follow_up_date", "priority": "priority",
}  # fmt: skip
_UNDENIABLE = ("creating", "canceling")


class TaskDecisions:
    """Takes the completions of listeners' jobs."""

    def __init__(self, user_tasks: UserTasks) -> None:
        self._user_tasks = user_tasks

    def check(self, job: Job, variables: Mapping[str, Any], result: Mapping[str, Any] | None) -> None:
        """Refuse what a listener can't say.

        Raises:
            Rejection: INVALID_ARGUMENT, and nothing has changed.
        """
        said = result or {}
        if variables:
            raise _refused(job, "variables were given, and task listeners take none")
        if said.get("type", "userTask") != "userTask":
            raise _refused(job, f"its result is of the type '{said['type']}' instead of 'userTask'")
        corrections = said.get("corrections") or {}
        if said.get("denied"):
            if job.listener_phase in _UNDENIABLE:
                raise _refused(job, f"the event '{job.listener_phase}' can't be denied")
            if any(value is not None for value in corrections.values()):
                raise _refused(job, "it denies and corrects at once")
        unknown = [name for name in corrections if name not in CORRECTABLE]
        if unknown:
            raise _refused(job, f"it corrects '{unknown[0]}'; there are {', '.join(CORRECTABLE)}")
        self._check_values(job, corrections)

    @staticmethod
    def _check_values(job: Job, corrections: Mapping[str, Any]) -> None:
        for name in ("dueDate", "followUpDate"):
            at = moment(corrections[name]) if corrections.get(name) else None
            if corrections.get(name) and (at is None or at.tzinfo is None):
                raise _refused(job, f"the {name} '{corrections[name]}' can't be read as a date according to RFC 3339")
        priority = corrections.get("priority")
        if priority is not None and priority not in PRIORITIES:
            raise _refused(job, f"the priority '{priority}' is not within the [0,100] range")
        by_model = present(job.instance.user_task).assigned_by_model
        if job.listener_phase == "creating" and by_model and corrections.get("assignee") is not None:
            raise _refused(job, "the model assigns the task already; correct that with the event 'assigning'")

    def decided(self, instance: ElementInstance, _variables: dict[str, Any], result: Mapping[str, Any]) -> None:
        """Go on with what a listener said."""
        given = result.get("corrections") or {}
        corrections = {CORRECTABLE[name]: value for name, value in given.items() if value is not None}
        denied = (result.get("deniedReason") or "") if result.get("denied") else None
        self._user_tasks.heard(instance, corrections, denied)


def _refused(job: Job, why: str) -> Rejection:
    return invalid_argument("COMPLETE", f"Expected to complete task listener job with key '{job.key}', but {why}")


def as_listener_sees(task: UserTask) -> dict[str, Any]:
    """Return a task as it will be, with the names of what changes."""
    transition = task.transition
    changes = {} if transition is None else {**transition.changes, **transition.corrections}
    values = {wire: changes.get(name, getattr(task, name)) for wire, name in CORRECTABLE.items()}
    changed = [wire for wire, name in CORRECTABLE.items() if values[wire] != getattr(task, name)]
    if transition is not None and transition.event == "updating" and transition.variables is not None:
        changed.append("variables")
    return {
        "action": "" if transition is None else transition.action,
        **{name: value if isinstance(value, list) else value or None for name, value in values.items()},
        "priority": values["priority"],
        "changedAttributes": changed,
        "formKey": task.form_key or None,
        "userTaskKey": task.key,
    }
