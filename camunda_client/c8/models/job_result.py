"""What a handler says beyond variables: a user task's listener denies or corrects, an ad-hoc sub-process goes on.

Camunda takes these from 8.8 on, with the completion of the job. A handler returns one; ``api.complete_job(result=)``
takes one, too. Each is checked where it is made, so that a wrong one fails there and not at Camunda.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, Final

from camunda_client.error import InvalidRequestError

__all__ = [
    "KEPT", "AdHocResult", "Completion", "Corrections", "Denied", "JobResult", "Kept", "UserTaskResult",
]  # fmt: skip

#: What a user task's priority may be.
_PRIORITIES = range(101)


class Kept(Enum):
    """Marks what stays as it is; ``None`` clears."""

    KEPT = "kept"


#: The default of each correction.
KEPT: Final = Kept.KEPT


class JobResult:
    """What a job is completed with instead of plain variables."""

    __slots__ = ()


class UserTaskResult(JobResult):
    """What the listener of a user task decides: :class:`Denied`, or :class:`Corrections`. ``None`` agrees."""

    __slots__ = ()

    def document(self) -> dict[str, Any]:
        """Return it as Camunda takes it: the ``result`` of a completion."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Denied(UserTaskResult):
    """What was about to happen to the user task does not happen; the task is as before.

    Assignments, updates and completions can be denied; the request for one is answered with the reason (409). Camunda
    lets no listener deny the creation or the cancellation of a task.
    """

    reason: str

    def __post_init__(self) -> None:
        if not isinstance(self.reason, str):
            raise InvalidRequestError(f"the reason of Denied() is {self.reason!r}; it must be text")

    def document(self) -> dict[str, Any]:
        """Return it as Camunda takes it."""
        return {"type": "userTask", "denied": True, "deniedReason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections(UserTaskResult):
    """What happens to the user task goes on, with other values. ``None`` clears; what is left out stays.

    Attributes:
        assignee: Whose task it is. While a task is created, only one whose model names no assignee can get one.
        due_date: A moment with a zone, or its text by ISO 8601, such as ``2026-12-24T18:00:00Z``.
        follow_up_date: The same.
        candidate_users: Who may take the task.
        candidate_groups: Which groups may.
        priority: From 0 to 100; it can't be cleared.

    Raises:
        InvalidRequestError: A value can't be right; the message names it.
    """

    assignee: str | Kept | None = KEPT
    due_date: datetime | str | Kept | None = KEPT
    follow_up_date: datetime | str | Kept | None = KEPT
    candidate_users: Iterable[str] | Kept | None = KEPT
    candidate_groups: Iterable[str] | Kept | None = KEPT
    priority: int | Kept = KEPT

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not KEPT:
                object.__setattr__(self, field.name, _CHECKS[field.name](field.name, value))

    def document(self) -> dict[str, Any]:
        """Return it as Camunda takes it: an empty text or list clears."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        corrections = {_wire_name(name): value for name, value in given.items() if value is not KEPT}
        return {"type": "userTask", "denied": False, "corrections": corrections}


def _wire_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _text(name: str, value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise _wrong(name, value, "it must be text, or None to clear it")
    return value or ""


def _moment(name: str, value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _wrong(name, value, "a moment needs a zone, as in datetime.now(timezone.utc)")
        return value.isoformat()
    if value is not None and not isinstance(value, str):
        raise _wrong(name, value, "it must be a datetime with a zone, text such as 2026-12-24T18:00:00Z, or None")
    return value or ""


def _names(name: str, value: object) -> list[str]:
    rule = 'it must be a list of names, such as ["ann", "bob"], or None to clear it'
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise _wrong(name, value, rule)
    found = sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    if not all(isinstance(item, str) for item in found):
        raise _wrong(name, found, rule)
    return found


def _priority(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _PRIORITIES:
        raise _wrong(name, value, "it must be a whole number from 0 to 100; 50 is usual, and it can't be cleared")
    return value


def _wrong(name: str, value: object, rule: str) -> InvalidRequestError:
    return InvalidRequestError(f"{name} of Corrections() is {repr(value)[:80]}; {rule}")


_CHECKS: dict[str, Any] = {
    "assignee": _text, "due_date": _moment, "follow_up_date": _moment,
    "candidate_users": _names, "candidate_groups": _names, "priority": _priority,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHocResult(JobResult):
    """How an ad-hoc sub-process goes on whose job this was.

    Camunda creates its next job when one of the activated elements has completed, with all that follows it inside the
    sub-process. With the defaults it waits for that.

    Attributes:
        activate: Elements inside it by id, each with its variables: ``{"search": {"query": "x"}, "report": None}``. A
            list of variables activates an element once for each: ``{"search": [{"query": "x"}, {"query": "y"}]}``.
        completed: Whether the sub-process is done: once nothing in it is active any more, or at once with
            ``cancel_remaining``. It can't activate anything then.
        cancel_remaining: Terminate what is active in it.
        variables: Become the sub-process's own.

    Raises:
        InvalidRequestError: A value can't be right; the message names it.
    """

    activate: Mapping[str, Any] | Iterable[str] = ()
    completed: bool = False
    cancel_remaining: bool = False
    variables: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "activate", _activations(self.activate))
        for name in ("completed", "cancel_remaining"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidRequestError(
                    f"{name} of AdHocResult() is {getattr(self, name)!r}; it must be True or False"
                )
        if self.completed and self.activate:
            raise InvalidRequestError(
                f"AdHocResult() activates {', '.join(self.activate)} and says completed=True; Camunda takes one of "
                "them: activate, and complete in a later turn"
            )

    def document(self) -> dict[str, Any]:
        """Return it as Camunda takes it: the ``result`` of a completion."""
        activations: Mapping[str, list[Any]] = self.activate  # type: ignore[assignment]
        return {
            "type": "adHocSubProcess",
            "activateElements": [
                {"elementId": element_id} | ({"variables": one} if one else {})
                for element_id, variables in activations.items()
                for one in variables
            ],
            "isCompletionConditionFulfilled": self.completed,
            "isCancelRemainingInstances": self.cancel_remaining,
        }


def _activations(given: object) -> dict[str, list[Any]]:
    """Return a list of variables by element: one for each activation."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InvalidRequestError(
            f"activate of AdHocResult() is {repr(given)[:80]}; it must be a dict of variables by element id, such as "
            '{"search": {"query": "x"}}'
        )
    pairs = given.items() if isinstance(given, Mapping) else ((element_id, None) for element_id in given)
    found: dict[str, list[Any]] = {}
    for element_id, variables in pairs:
        if not isinstance(element_id, str) or not element_id:
            raise InvalidRequestError(f"AdHocResult() activates {element_id!r}; an element is named by its id, a text")
        found.setdefault(element_id, []).extend(variables if isinstance(variables, list) else [variables])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion(JobResult):
    """All that a completion can say.

    Attributes:
        variables: As a handler returns them: a dict, a pydantic model or a dataclass.
        result: :class:`Denied`, :class:`Corrections` or :class:`AdHocResult`; or a dict as Camunda takes it, with its
            ``type``, which is sent as it is.
        business_id: Becomes the process instance's; Camunda 8.10 and later.

    Raises:
        InvalidRequestError: A value can't be right; the message names it.
    """

    variables: Any = None
    result: UserTaskResult | AdHocResult | Mapping[str, Any] | None = None
    business_id: str | None = None

    def __post_init__(self) -> None:
        result = self.result
        if result is not None and not isinstance(result, (UserTaskResult, AdHocResult, Mapping)):
            raise InvalidRequestError(
                f"result of Completion() is {repr(result)[:80]}; it must be Denied(...), Corrections(...) or "
                "AdHocResult(...)"
            )
        if self.variables and isinstance(result, AdHocResult) and result.variables:
            raise InvalidRequestError("Completion() and its AdHocResult() both have variables; give them once")
        if self.business_id is not None and not isinstance(self.business_id, str):
            raise InvalidRequestError(f"business_id of Completion() is {self.business_id!r}; it must be text")
