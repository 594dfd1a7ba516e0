"""Camunda's own user tasks, which a person ends, or here the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from camunda_client.testing._jobs import through_json

if TYPE_CHECKING:
    from camunda_client.embedded import Engine, UserTask


class WaitingUserTask:
    """A user task that waits for a person."""

    def __init__(self, engine: Engine, task: UserTask) -> None:
        """Take an open task of the engine."""
        self._engine = engine
        self._task = task

    @property
    def key(self) -> str:
        """Its key."""
        return str(self._task.key)

    @property
    def element_id(self) -> str:
        """The id of the element that waits for it."""
        return self._task.instance.element.id

    @property
    def assignee(self) -> str:
        """Whose task it is; empty if it is unassigned."""
        return self._task.assignee

    @property
    def candidate_groups(self) -> list[str]:
        """The groups that may take it."""
        return list(self._task.candidate_groups)

    @property
    def candidate_users(self) -> list[str]:
        """The persons that may take it."""
        return list(self._task.candidate_users)

    @property
    def state(self) -> str:
        """``CREATED``; or what its listeners are called for: ``CREATING``, ``ASSIGNING``, ``COMPLETING``, ..."""
        return self._task.state

    @property
    def denied(self) -> str | None:
        """Why a listener denied what was asked for last; ``None`` if nothing was denied."""
        return self._task.denied

    def complete(self, variables: Mapping[str, Any] | None = None) -> None:
        """Complete it; the process goes on, after its listeners if it has any: ``camunda.run_until_idle()``."""
        self._engine.complete_user_task(self._task.key, through_json(variables))

    def assign(self, assignee: str) -> None:
        """Assign it; an empty name takes the assignment away."""
        self._engine.assign_user_task(self._task.key, assignee)

    def __repr__(self) -> str:
        return f"<user task at {self.element_id}, {f'of {self.assignee!r}' if self.assignee else 'unassigned'}>"
