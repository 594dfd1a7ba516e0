"""User tasks: what is asked of the engine about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from pydantic import Field

from camunda_client.c8.models.base import RequestModel

__all__ = ["AssignUserTaskRequest", "CompleteUserTaskRequest", "UpdateUserTaskRequest", "UserTaskChanges"]


class CompleteUserTaskRequest(RequestModel):
    """Completes a user task."""

    variables: dict[str, Any] | None = None
    action: str | None = None


class AssignUserTaskRequest(RequestModel):
    """Assigns a user task."""

    assignee: str = Field(min_length=1)
    allow_override: bool | None = Field(default=None, alias="allowOverride")
    action: str | None = None


class UserTaskChanges(RequestModel):
    """What to change about a user task; what is None stays, an empty text or list clears."""

    #: ISO 8601, such as ``2026-12-24T18:00:00Z``.
    due_date: str | None = Field(default=None, alias="dueDate")
    follow_up_date: str | None = Field(default=None, alias="followUpDate")
    candidate_users: list[str] | None = Field(default=None, alias="candidateUsers")
    candidate_groups: list[str] | None = Field(default=None, alias="candidateGroups")
    #: From 0 to 100; 50 is usual.
    priority: int | None = Field(default=None, ge=0, le=100)

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, dueDate: str | None = ..., followUpDate: str | None = ..., candidateUsers: list[str] | None = ...,
            candidateGroups: list[str] | None = ..., priority: int | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, due_date: str | None = ..., follow_up_date: str | None = ...,
            candidate_users: list[str] | None = ..., candidate_groups: list[str] | None = ...,
            priority: int | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class UpdateUserTaskRequest(RequestModel):
    """Changes a user task."""

    changeset: UserTaskChanges
    action: str | None = None
