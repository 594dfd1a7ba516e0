"""A process instance under test: what it did, and assertions that show the path it took when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from camunda_client.testing._histories import heading, path_taken, shown
from camunda_client.testing._jobs import through_json

if TYPE_CHECKING:
    from camunda_client.embedded import ElementRecord, Incident, InstanceHistory
    from camunda_client.testing._histories import Histories

_MISSING = object()


class ProcessInstance:
    """One run of a process; everything here is as of now, and goes on changing with the engine."""

    def __init__(self, history: InstanceHistory, histories: Histories) -> None:
        """Look at one of the histories."""
        self.history = history
        self._histories = histories

    # -- what happened ----------------------------------------------------------------------------------------------
    @property
    def key(self) -> str:
        """The process instance's key."""
        return str(self.history.process_instance_key)

    @property
    def process_id(self) -> str:
        """The id of its process."""
        return self.history.process_id

    @property
    def state(self) -> str:
        """ACTIVE, COMPLETED or TERMINATED."""
        return self.history.state

    @property
    def path(self) -> list[str]:
        """Ids of the elements visited, in order of activation; an element that was visited twice is there twice."""
        return self.history.path

    @property
    def waiting_at(self) -> list[str]:
        """Ids of the elements that are active now."""
        return self.history.active

    @property
    def elements(self) -> list[ElementRecord]:
        """Every change of state of every element, and the flows taken, in order and with the engine's time."""
        return list(self.history.elements)

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the process instance's own scope."""
        return dict(self.history.variables)

    @property
    def incidents(self) -> list[Incident]:
        """The open incidents, its own and then those of the instances that its call activities wait for."""
        return self._histories.open_incidents(self.history)

    def describe(self) -> str:
        """Return path, whereabouts, jobs, incidents and variables as text."""
        return self._histories.describe(self.history)

    def __repr__(self) -> str:
        # One line: pytest shows it beside a failing comparison.
        return f"<{heading(self.history)}, path taken: {path_taken(self.history)}>"

    # -- assertions -------------------------------------------------------------------------------------------------
    def assert_completed(self) -> ProcessInstance:
        """Fail unless it has reached its end."""
        __tracebackhide__ = True
        return self._check(self.state == "COMPLETED", f"expected COMPLETED, but it is {self.state}")

    def assert_active(self) -> ProcessInstance:
        """Fail unless it still runs."""
        __tracebackhide__ = True
        return self._check(self.state == "ACTIVE", f"expected ACTIVE, but it is {self.state}")

    def assert_terminated(self) -> ProcessInstance:
        """Fail unless it was cancelled."""
        __tracebackhide__ = True
        return self._check(self.state == "TERMINATED", f"expected TERMINATED, but it is {self.state}")

    def assert_waiting_at(self, *element_ids: str) -> ProcessInstance:
        """Fail unless exactly these elements are active, in any order."""
        __tracebackhide__ = True
        right = sorted(self.waiting_at) == sorted(element_ids)
        return self._check(
            right, f"expected it to wait at {_list(element_ids)}, but it waits at {_list(self.waiting_at)}"
        )

    def assert_path(self, *element_ids: str) -> ProcessInstance:
        """Fail unless exactly these elements were visited, in this order."""
        __tracebackhide__ = True
        return self._check(self.path == list(element_ids), f"expected the path {' > '.join(element_ids)}")

    def assert_visited(self, *element_ids: str) -> ProcessInstance:
        """Fail unless these elements were visited in this order, whatever was visited between them."""
        __tracebackhide__ = True
        rest = iter(self.path)
        missed = next((wanted for wanted in element_ids if wanted not in rest), None)
        where = "" if missed not in self.path else " at that place"
        message = f"expected it to visit {' > '.join(element_ids)}, but it did not visit {missed}{where}"
        return self._check(missed is None, message)

    def assert_not_visited(self, *element_ids: str) -> ProcessInstance:
        """Fail if any of these elements was visited."""
        __tracebackhide__ = True
        seen = [element_id for element_id in element_ids if element_id in self.path]
        return self._check(not seen, f"expected it not to visit {_list(seen)}, but it did")

    def assert_variables(self, expected: Mapping[str, Any] | None = None, **more: Any) -> ProcessInstance:
        """Fail unless the instance has these variables with these values; it may have others.

        Args:
            expected: For names that are no Python words.
            more: The others. Values are compared as JSON has them: a date as text, a tuple as a list.
        """
        __tracebackhide__ = True
        has = self.history.variables
        problems = []
        for name, value in through_json({**(expected or {}), **more}).items():
            found = has.get(name, _MISSING)
            if found is _MISSING:
                problems.append(f"expected variable {name} to be {shown(value)}, but there is none")
            elif not _same(found, value):
                problems.append(f"expected variable {name} to be {shown(value)}, but it is {shown(found)}")
        return self._check(not problems, "; ".join(problems))

    def assert_no_incidents(self) -> ProcessInstance:
        """Fail if an incident is open, here or in an instance that a call activity waits for."""
        __tracebackhide__ = True
        found = [
            f"{incident.error_type} at {incident.element_id}{self._where(incident)}" for incident in self.incidents
        ]
        return self._check(not found, f"expected no open incident, found {_list(found)}")

    def assert_incident(
        self, element_id: str | None = None, error_type: str | None = None, message: str | None = None
    ) -> Incident:
        """Fail unless an incident is open that is as described, here or in an instance that it called; return it.

        Args:
            element_id: Where, in either.
            error_type: ``JOB_NO_RETRIES``, ``UNHANDLED_ERROR_EVENT``, ``IO_MAPPING_ERROR``, ...
            message: A part of its message.
        """
        __tracebackhide__ = True
        for incident in self.incidents:
            if (
                element_id in (None, incident.element_id)
                and error_type in (None, incident.error_type)
                and (message is None or message in incident.message)
            ):
                return incident
        wanted = [error_type or "", f"at {element_id}" if element_id else "", f"with {message!r}" if message else ""]
        what = " ".join(part for part in wanted if part)
        raise self._failure(f"expected an open incident {what}".rstrip() + ", found none")

    def _where(self, incident: Incident) -> str:
        key = incident.process_instance_key
        return "" if key == self.history.process_instance_key else f" in the called instance {key}"

    def _check(self, right: bool, message: str) -> ProcessInstance:
        __tracebackhide__ = True
        if not right:
            raise self._failure(message)
        return self

    def _failure(self, message: str) -> AssertionError:
        return AssertionError(f"{message}\n{self.describe()}")


def _list(names: Any) -> str:
    return ", ".join(names) or "nothing"


def _same(found: object, expected: object) -> bool:
    """Compare without Python's ``True == 1``: in JSON they are different things, at any depth."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_same(found[name], expected[name]) for name in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_same, found, expected))
    return found == expected and isinstance(found, bool) == isinstance(expected, bool)
