"""Ways into a process beside its flows: start instructions and modification put tokens before any element.

The sub-processes around the element that are not open yet are opened, and wait for their events. All of that is
gone through once without a trace, since a command that can't be carried out must change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import invalid_argument
from camunda_client.embedded.model import Definition, Element
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._history import InstanceHistory
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._workflows import ScopeWorkflow


@dataclass(slots=True)
class Activation:
    """Put a token before an element; variables by the id of the scope they belong to ("" = the process)."""

    element_id: str
    variables: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def variables_of(self, scope: Element) -> dict[str, Any]:
        """Return the variables that belong to a scope, or to the element itself."""
        merged: dict[str, Any] = {}
        for scope_id, variables in self.variables:
            if scope_id == scope.id or (not scope_id and scope.kind == "PROCESS"):
                merged.update(variables)
        return merged


class Entrances:
    """Looks at activations, and carries them out."""

    def __init__(self, lifecycle: Lifecycle, events: Events) -> None:
        self._lifecycle = lifecycle
        self._events = events

    def check_new(
        self, definition: Definition, variables: dict[str, Any], tenant_id: str, activations: Iterable[Activation]
    ) -> None:
        """Make sure that an instance can begin at these elements.

        Raises:
            Rejection: INVALID_ARGUMENT, and nothing has changed.
        """
        history = InstanceHistory(definition.process_id, 0, definition.key, definition.version, tenant_id)
        made_up = ProcessInstance(0, definition, tenant_id, history)
        made_up.root.variables = variables
        self.check(made_up, activations, "CREATE", new=True)

    def check(
        self, process: ProcessInstance, activations: Iterable[Activation], command: str, *, new: bool = False
    ) -> None:
        """Make sure that every scope on the way is open, or can be opened.

        Args:
            process: Which instance.
            activations: What is to be entered.
            command: The intent, for the rejection.
            new: It does not run yet, so that it is opened itself.

        Raises:
            Rejection: INVALID_ARGUMENT, and nothing has changed.
        """
        # The scopes as they will be: with the variables of the activations, and unknown to the engine.
        foreseen: dict[int | str, ElementInstance] = {}
        for activation in activations:
            element = process.definition.elements[activation.element_id]
            at: ElementInstance | None = None
            for scope, instance in self._way(process, element):
                known = scope.id if instance is None else instance.key
                opens = known not in foreseen and (instance is None or (new and at is None))
                if known not in foreseen:
                    foreseen[known] = ElementInstance(0, scope, process, at)
                    foreseen[known].variables = {} if instance is None else dict(instance.variables)
                at = foreseen[known]
                at.variables.update(activation.variables_of(scope))
                if opens:
                    self._foresee_waiting(at, command)

    def _foresee_waiting(self, scope: ElementInstance, command: str) -> None:
        events = self._events
        try:
            for catcher in events.catchers_of_scope(scope.element):
                events.evaluated(scope, catcher)
        except Failure as failure:
            reason = f"Expected to subscribe to catch event(s) of '{scope.element.id}' but {failure.message}"
            raise invalid_argument(command, reason) from failure

    def enter(self, process: ProcessInstance, activation: Activation) -> None:
        """Put a token before an element, in the scopes around it; those that are not open yet are opened."""
        definition, lifecycle = process.definition, self._lifecycle
        element, at = definition.elements[activation.element_id], process.root
        for scope, instance in self._way(process, element):
            variables = activation.variables_of(scope)
            if instance is None:
                at = self._open(at, scope, variables)
            else:
                at = instance
                lifecycle.variables.set_local(at, variables)
        if element.kind == "PROCESS":
            element = definition.none_start()
        lifecycle.spawn(at, definition.process.spec_of(element.id), {"local": activation.variables_of(element)})

    def _open(self, outer: ElementInstance, scope: Element, variables: dict[str, Any]) -> ElementInstance:
        lifecycle, process = self._lifecycle, outer.process.definition.process
        task = outer.workflow.task_tree.child(process.spec_of(scope.id))  # type: ignore[union-attr]
        task.start()
        task.internal_data["local"] = variables
        outer.tokens += 1
        instance = lifecycle.instance_of(task, outer)
        instance.workflow = ScopeWorkflow(process.scopes[scope.id], lifecycle, instance)
        lifecycle.activated(instance)
        for catcher in self._events.catchers_of_scope(scope):
            self._events.subscribe(instance, catcher)
        return instance

    def _way(self, process: ProcessInstance, element: Element) -> Iterator[tuple[Element, ElementInstance | None]]:
        """Yield the scopes to an element, outermost first, each with the instance that is open (None: none is).

        Raises:
            Rejection: INVALID_ARGUMENT: several are open, or a multi-instance one would have to be.
        """
        at: ElementInstance | None = process.root
        yield process.root.element, at
        for scope in process.definition.scopes_around(element)[1:]:
            at = _only_open(at, scope)
            if scope.multi_instance is not None:
                body, at = at, _only_open(at, scope)
                if at is None:
                    raise invalid_argument(
                        "MODIFY",
                        f"Expected to modify instance of process '{process.definition.process_id}' but it contains one "
                        "or more activate instructions that would result in the activation of multi-instance element "
                        f"'{scope.id}', which is currently unsupported.",
                    )
                yield scope, body
            yield scope, at


def _only_open(outer: ElementInstance | None, scope: Element) -> ElementInstance | None:
    """Return the instance of a scope that is open in another, its body first if it is multi-instance."""
    inside = [] if outer is None else [child for child in outer.children.values() if child.element is scope]
    inside = [child for child in inside if (child.body or child.workflow is not None) and child.state != "TERMINATING"]
    if len(inside) > 1:
        raise invalid_argument(
            "MODIFY",
            f"Expected to modify instance of process '{inside[0].process.definition.process_id}' but it contains one "
            "or more activate instructions for an element that has a flow scope with more than one active instance: "
            f"'{scope.id}'. Can't decide in which instance of the flow scope the element should be activated. Please "
            "specify an ancestor element instance key for this activate instruction.",
        )
    return inside[0] if inside else None
