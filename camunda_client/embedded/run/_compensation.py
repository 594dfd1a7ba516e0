"""Compensation: what has completed and can be undone, and the throw events that wait until it is.

A scope keeps what has completed in it. When it completes itself, the scope around it keeps all of that, with the
scope's own variables; when it is terminated, nothing of it is undone.

Source: docs.camunda.io, "Compensation events" and "Compensation handler" (8.5 on); camunda/camunda#14970, #15451.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded._present import present
from camunda_client.embedded.model import Element
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._lifecycle import Lifecycle


@dataclass(slots=True, eq=False)
class Completed:
    """An activity has completed that can be undone: by its own handler, or those of what completed inside."""

    activity: Element
    boundary: Element | None = None
    inside: list[Completed] = field(default_factory=list)
    #: Of a scope, as they were when it completed.
    variables: dict[str, Any] = field(default_factory=dict)


class Compensations:
    """Keeps what can be undone, and has it undone."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle

    def left(self, instance: ElementInstance) -> None:
        """Note what an instance leaves to be undone, and that it has undone something, if that was its task."""
        found: list[Completed] = []
        if instance.completed:
            found.append(Completed(instance.element, None, instance.completed, dict(instance.variables)))
        if not instance.loop_counter:  # of iterations, only the body is undone
            found += [Completed(instance.element, boundary) for boundary in instance.element.compensations]
        if found:
            scope = present(instance.scope)
            scope.completed = scope.completed or []
            scope.completed += found
        self.ended(instance)

    def trigger(self, thrower: ElementInstance) -> bool:
        """Have undone what a throw event asks for; False if there is nothing, so that it waits for nothing."""
        wanted = thrower.element.event.activity_id
        for scope in _undone_by(thrower):
            undone: list[Completed] = []
            kept: list[Completed] = []
            for one in scope.completed or ():
                (undone if wanted in ("", one.activity.id) else kept).append(one)
            scope.completed = kept or None
            for completed, variables in _flat(undone, {}):
                self._undo(thrower, completed, variables)
        return thrower.undoing > 0

    def _undo(self, thrower: ElementInstance, completed: Completed, variables: dict[str, Any]) -> None:
        lifecycle, process, boundary = self._lifecycle, thrower.process, present(completed.boundary)
        key = lifecycle.keys.next()
        for state in ("ACTIVATED", "COMPLETED"):
            process.history.element(boundary.id, boundary.kind, state, key, present(thrower.scope).key)
        thrower.undoing += 1
        spec = process.definition.process.spec_of(boundary.handlers[0].id)
        lifecycle.spawn(present(thrower.scope), spec, {"undoes": thrower, "local": variables})

    def ended(self, handler: ElementInstance) -> None:
        """Complete the throw event that waits for a handler, if that was the last one."""
        thrower, handler.undoes = handler.undoes, None
        if thrower is not None:
            thrower.undoing -= 1
            if not thrower.undoing:
                self._lifecycle.complete_soon(thrower)


def _undone_by(thrower: ElementInstance) -> Iterator[ElementInstance]:
    """Yield the scopes whose activities a throw event has undone: its own, and those around event sub-processes."""
    scope = present(thrower.scope)
    yield scope
    while scope.kind == "EVENT_SUB_PROCESS":
        scope = present(scope.scope)
        yield scope


def _flat(found: list[Completed], variables: dict[str, Any]) -> Iterator[tuple[Completed, dict[str, Any]]]:
    """Yield what has a handler, each with the variables of the completed scopes that it was in."""
    for one in found:
        if one.boundary is not None:
            yield one, dict(variables)
        yield from _flat(one.inside, {**variables, **one.variables})
