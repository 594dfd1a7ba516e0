"""Changing instances that run: modification of their tokens, migration to another process version."""

from __future__ import annotations

from functools import partial

from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import invalid_argument
from camunda_client.embedded.model import Definition, Element
from camunda_client.embedded.run._entrances import Activation, Entrances
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._migration import Migration

#: What modification may activate, in the order Camunda 8.6.0 lists it.
ACTIVATABLE = (
    "PROCESS", "SUB_PROCESS", "EVENT_SUB_PROCESS", "INTERMEDIATE_CATCH_EVENT", "INTERMEDIATE_THROW_EVENT", "END_EVENT",
    "SERVICE_TASK", "RECEIVE_TASK", "USER_TASK", "MANUAL_TASK", "TASK", "EXCLUSIVE_GATEWAY", "PARALLEL_GATEWAY",
    "EVENT_BASED_GATEWAY", "INCLUSIVE_GATEWAY", "MULTI_INSTANCE_BODY", "CALL_ACTIVITY", "BUSINESS_RULE_TASK",
    "SCRIPT_TASK", "SEND_TASK",
)  # fmt: skip


class Changes:
    """Modification and migration."""

    def __init__(self, lifecycle: Lifecycle, events: Events, entrances: Entrances) -> None:
        self._lifecycle = lifecycle
        self._events = events
        self._entrances = entrances

    def modify(self, process: ProcessInstance, activations: list[Activation], terminations: list[int]) -> None:
        """Activate elements and terminate element instances of one process instance.

        Raises:
            Rejection: INVALID_ARGUMENT: it has no such element or element instance.
        """
        self._check_modification(process, activations, terminations)
        self._entrances.check(process, activations, "MODIFY")
        for activation in activations:
            self._entrances.enter(process, activation)
        if process.key in terminations:
            self._lifecycle.cancel_process(process)
            return
        touched = []
        for key in terminations:
            instance = process.elements.get(key)
            if instance is None or instance.scope is None or instance.state == "TERMINATING":
                continue
            if self._lifecycle.endings.ends_at_once(instance):
                touched.append(instance.scope)
                self._lifecycle.terminate_one(instance)
            else:
                self._lifecycle.endings.end([instance], partial(self.ended, instance))
        self._end_empty(process, touched)

    def ended(self, instance: ElementInstance) -> None:
        """Go on after an instance whose end had to wait."""
        scope = present(instance.scope)
        scope.tokens -= 1
        self._end_empty(instance.process, [scope])

    def _check_modification(
        self, process: ProcessInstance, activations: list[Activation], terminations: list[int]
    ) -> None:
        elements, process_id = process.definition.elements, process.definition.process_id
        expected = f"Expected to modify instance of process '{process_id}' but it contains one or more"
        unknown = [a.element_id for a in activations if a.element_id not in elements]
        if unknown:
            what = "activate instructions with an element that could not be found"
            raise invalid_argument("MODIFY", f"{expected} {what}: " + ", ".join(f"'{u}'" for u in unknown))
        for activation in activations:
            reason = self._unsupported(process.definition, elements[activation.element_id])
            if reason is not None:
                what = f"activate instructions for elements that are unsupported: '{activation.element_id}'"
                raise invalid_argument("MODIFY", f"{expected} {what}. {reason}.")
        missing = [key for key in terminations if key not in process.elements]
        if missing:
            what = "terminate instructions with an element instance that could not be found"
            raise invalid_argument("MODIFY", f"{expected} {what}: " + ", ".join(f"'{key}'" for key in missing))
        self._check_variables(process.definition, activations, expected)
        if process.caller is not None and not activations and _loses_all(process.root, set(terminations)):
            raise invalid_argument(
                "MODIFY",
                f"Expected to modify instance of process '{process_id}' but the given instructions would terminate the "
                "instance. The instance was created by a call activity in the parent process. To terminate this "
                "instance please modify the parent process instead.",
            )

    @staticmethod
    def _unsupported(definition: Definition, element: Element) -> str | None:
        if definition.is_behind_event_gateway(element):
            return "The activation of events belonging to an event-based gateway is not supported"
        if element.kind in ("START_EVENT", "BOUNDARY_EVENT"):
            return (
                f"The activation of elements with type '{element.kind}' is not supported. "
                f"Supported element types are: [{', '.join(ACTIVATABLE)}]"
            )
        return None

    @staticmethod
    def _check_variables(definition: Definition, activations: list[Activation], expected: str) -> None:
        unknown = [s for a in activations for s, _ in a.variables if s and s not in definition.elements]
        if unknown:
            listed = "', '".join(unknown)
            what = "variable instructions with a scope element id that could not be found"
            raise invalid_argument("MODIFY", f"{expected} {what}: '{listed}'")
        for activation in activations:
            element = definition.elements[activation.element_id]
            around = {"", element.id, *(scope.id for scope in definition.scopes_around(element))}
            if not around.issuperset(scope_id for scope_id, _ in activation.variables):
                what = "variable instructions with a scope element that doesn't belong to the activating element's flow"
                advice = "These variables should be set before or after the modification."
                raise invalid_argument("MODIFY", f"{expected} {what} scope. {advice}")

    def _end_empty(self, process: ProcessInstance, scopes: list[ElementInstance]) -> None:
        """Terminate scopes a termination left without anything alive, up to the process."""
        for scope in scopes:
            at: ElementInstance | None = scope
            while at is not None and at.alive and not at.tokens:
                if at.scope is None:
                    self._lifecycle.cancel_process(process)
                    return
                outer = at.scope
                self._lifecycle.terminate_one(at)
                at = outer

    def migrate(self, process: ProcessInstance, target: Definition, mapping: list[tuple[str, str]]) -> None:
        """Let an instance go on by another definition.

        Raises:
            Rejection: INVALID_ARGUMENT or INVALID_STATE, in Camunda's words.
        """
        Migration(self._events, process, target, mapping).run()


def _loses_all(scope: ElementInstance, terminations: set[int]) -> bool:
    """Whether all that is alive in a scope is terminated; by its own key a called process may be (8.6.0)."""
    lost = [child for child in scope.children.values() if child.key in terminations or _loses_all(child, terminations)]
    return bool(lost) and len(lost) == scope.tokens
