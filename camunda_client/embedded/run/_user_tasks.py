"""Camunda's own user tasks: assigned, changed and completed by key, without jobs.

What happens to a task waits for its listeners (8.8): one job after another in the order of the model, each of which
may deny it or correct its values. Nothing else happens to the task meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import Rejection, invalid_state, not_found
from camunda_client.embedded.run._instances import (
    DEFAULT_PRIORITY,
    TASK_LISTENER,
    ElementInstance,
    Settle,
    Transition,
    UserTask,
)
from camunda_client.embedded.run._jobs import Jobs
from camunda_client.embedded.run._lifecycle import Lifecycle

#: What a request does to a task, as messages name it, by the event of its listeners.
_DEEDS = {"assigning": "Assignment", "updating": "Update", "completing": "Completion"}
_COMMANDS = {"assigning": "ASSIGN", "updating": "UPDATE", "completing": "COMPLETE"}


class UserTasks:
    """The open user tasks by key."""

    def __init__(self, lifecycle: Lifecycle, jobs: Jobs) -> None:
        self._lifecycle = lifecycle
        self._jobs = jobs
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
        task.assigned_by_model = bool(task.assignee)
        self._begin(task, Transition("creating"))
        return task

    # -- looking ----------------------------------------------------------------------------------------------------
    def get(self, key: int, command: str) -> UserTask:
        """Return an open task.

        Raises:
            Rejection: NOT_FOUND.
        """
        if key not in self._tasks:
            verb = command.lower()
            raise not_found(command, f"Expected to {verb} user task with key '{key}', but no such user task was found")
        return self._tasks[key]

    def _idle(self, key: int, command: str) -> UserTask:
        task = self.get(key, command)
        self.check_idle(task, command)
        return task

    @staticmethod
    def check_idle(task: UserTask, command: str) -> None:
        """Make sure that nothing else is happening to a task.

        Raises:
            Rejection: INVALID_STATE.
        """
        if task.transition is not None:
            expected = f"Expected to {command.lower()} user task with key '{task.key}', but it is in state"
            raise invalid_state(command, f"{expected} '{task.state}'")

    def all(self) -> list[UserTask]:
        """Return every open task, oldest first."""
        return list(self._tasks.values())

    # -- commands ---------------------------------------------------------------------------------------------------
    def assign(
        self, key: int, assignee: str, *, allow_override: bool = True, action: str = "", settle: Settle = None
    ) -> None:
        """Give a task to a user; without override only one that is not assigned yet."""
        task = self._idle(key, "ASSIGN" if allow_override else "CLAIM")
        if not allow_override and task.assignee not in ("", assignee):
            raise invalid_state(
                "CLAIM", f"Expected to claim user task with key '{key}', but it has already been assigned"
            )
        usual = ("assign" if allow_override else "claim") if assignee else "unassign"
        self._begin(task, Transition("assigning", {"assignee": assignee}, action=action or usual, settle=settle))

    def update(self, key: int, changes: dict[str, Any], *, action: str = "", settle: Settle = None) -> None:
        """Change candidates, dates or priority; null clears."""
        task = self._idle(key, "UPDATE")
        empty: dict[str, Any] = {"candidate_groups": [], "candidate_users": [], "priority": DEFAULT_PRIORITY}
        given = {name: value or empty.get(name, "") for name, value in changes.items() if name != "priority"}
        if "priority" in changes:
            given["priority"] = DEFAULT_PRIORITY if changes["priority"] is None else changes["priority"]
        self._begin(task, Transition("updating", given, action=action or "update", settle=settle))

    def set_variables(self, task: UserTask, variables: dict[str, Any], *, local: bool, settle: Settle = None) -> None:
        """Set variables in a task's scope, or around it: an update, too."""
        self.check_idle(task, "UPDATE")
        transition = Transition("updating", action="update", settle=settle)
        transition.variables, transition.local = variables, local
        self._begin(task, transition)

    def complete(self, key: int, variables: dict[str, Any], *, action: str = "", settle: Settle = None) -> None:
        """Complete a task; its element goes on."""
        task = self._idle(key, "COMPLETE")
        transition = Transition("completing", action=action or "complete", settle=settle)
        transition.variables = variables
        self._begin(task, transition)

    # -- transitions ------------------------------------------------------------------------------------------------
    def _begin(self, task: UserTask, transition: Transition) -> None:
        task.transition = transition
        if _listeners(task, transition.event):
            task.state = transition.event.upper()
            task.record(task.state)
        self._next(task)

    def _next(self, task: UserTask) -> None:
        """Create the job of the next listener; after the last, let it happen."""
        transition, instance = present(task.transition), task.instance
        waiting = _listeners(task, transition.event)
        if transition.heard >= len(waiting):
            self._happen(task, transition)
            return
        try:
            self._jobs.create_for(
                instance, waiting[transition.heard].job, dict(instance.element.headers),
                kind=TASK_LISTENER, phase=transition.event,
            )  # fmt: skip
        except Failure as failure:
            self._lifecycle.agenda.failed(
                instance, failure, partial(self._lifecycle.agenda.soon, self.begin_anew, instance)
            )

    def begin_anew(self, instance: ElementInstance) -> None:
        """Hear all listeners of a transition again, after an expression of one could not be evaluated."""
        task = instance.user_task
        if task is not None and task.transition is not None:
            task.transition.heard = 0
            task.transition.corrections.clear()
            self._next(task)

    def heard(self, instance: ElementInstance, corrections: dict[str, Any], denied: str | None) -> None:
        """Go on after a listener has agreed, with corrections, or has denied it for a reason."""
        task = present(instance.user_task)
        transition = present(task.transition)
        if denied is not None:
            self._deny(task, transition, denied)
            return
        transition.corrections |= corrections
        transition.heard += 1
        self._next(task)

    def _deny(self, task: UserTask, transition: Transition, reason: str) -> None:
        self._settled(task)
        task.denied = reason
        task.record()
        what = f"{_DEEDS[transition.event]} of the user task with key '{task.key}'"
        self._tell(transition, invalid_state(_COMMANDS[transition.event], f"{what} was denied by a listener: {reason}"))

    def _happen(self, task: UserTask, transition: Transition) -> None:
        self._settled(task)
        task.denied = None
        for name, value in {**transition.changes, **transition.corrections}.items():
            setattr(task, name, value)
        getattr(self, f"_{transition.event}")(task, transition)
        self._tell(transition, None)

    @staticmethod
    def _settled(task: UserTask) -> None:
        task.transition = None
        task.state = "CREATED"

    def _tell(self, transition: Transition, rejection: Rejection | None) -> None:
        if transition.settle is not None:
            self._lifecycle.agenda.after.append(partial(transition.settle, rejection))

    def _creating(self, task: UserTask, _transition: Transition) -> None:
        if task.assigned_by_model and _listeners(task, "assigning"):
            assignee, task.assignee = task.assignee, ""
            task.record()
            self._begin(task, Transition("assigning", {"assignee": assignee}))
        else:
            task.record()

    def _assigning(self, task: UserTask, _transition: Transition) -> None:
        task.record()

    def _updating(self, task: UserTask, transition: Transition) -> None:
        if transition.variables is None:
            task.record()
            return
        variables = self._lifecycle.variables
        write = variables.set_local if transition.local else variables.propagate
        write(task.instance, transition.variables)

    def _completing(self, task: UserTask, transition: Transition) -> None:
        del self._tasks[task.key]
        task.record("COMPLETED")
        task.instance.user_task = None
        task.instance.event_variables = transition.variables
        self._lifecycle.complete_soon(task.instance)

    def _canceling(self, _task: UserTask, transition: Transition) -> None:
        present(transition.then)()

    # -- cancellation -----------------------------------------------------------------------------------------------
    @staticmethod
    def has_last_words(instance: ElementInstance) -> bool:
        """Whether listeners are to be heard before a task is cancelled."""
        task = instance.user_task
        return task is not None and task.state != "CANCELING" and bool(_listeners(task, "canceling"))

    def hear(self, instance: ElementInstance, then: Callable[[], None]) -> None:
        """Call the listeners of a cancellation; what was happening to the task does not happen any more."""
        task = present(instance.user_task)
        self._interrupt(task)
        self._jobs.cancel_of(instance)
        self._begin(task, Transition("canceling", then=then))

    def cancel_of(self, instance: ElementInstance) -> None:
        """Remove the task of an instance that is terminated."""
        task = instance.user_task
        if task is not None:
            self._interrupt(task)
            task.record("CANCELED")
            self._tasks.pop(task.key, None)

    def _interrupt(self, task: UserTask) -> None:
        transition, task.transition = task.transition, None
        if transition is not None:
            command = _COMMANDS.get(transition.event, "UPDATE")
            reason = f"Expected to {command.lower()} user task with key '{task.key}', but it was canceled meanwhile"
            self._tell(transition, not_found(command, reason))


def _listeners(task: UserTask, event: str) -> list[Any]:
    return [listener for listener in task.instance.element.task_listeners if listener.event == event]
