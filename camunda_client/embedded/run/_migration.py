"""Letting an instance go on by another definition: what is active in it, and what it waits for.

8.6.0 migrates the subscriptions of catch events that are mapped, closes those that are not, and opens those
of the target that no mapping names. What it can't migrate it refuses, and then nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import Rejection, invalid_argument, invalid_state
from camunda_client.embedded.model import Definition, Element
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance, Subscription

#: Kinds of active elements that 8.6.0 migrates.
MIGRATABLE = {
    "PROCESS", "SERVICE_TASK", "USER_TASK", "SUB_PROCESS", "CALL_ACTIVITY", "INTERMEDIATE_CATCH_EVENT", "RECEIVE_TASK",
    "EVENT_SUB_PROCESS", "EXCLUSIVE_GATEWAY", "EVENT_BASED_GATEWAY", "BUSINESS_RULE_TASK", "SCRIPT_TASK", "SEND_TASK",
    "MULTI_INSTANCE_BODY",
}  # fmt: skip
#: Events that elements may catch, at their boundary or by an event sub-process, when they are migrated.
CATCHABLE = {"message", "timer", "signal", "error"}


class Migration:
    """One migration of one instance."""

    def __init__(
        self, events: Events, process: ProcessInstance, target: Definition, mapping: list[tuple[str, str]]
    ) -> None:
        self._events = events
        self._process = process
        self._source = process.definition
        self._target = target
        self._mapping = mapping
        # The process itself is never in a mapping.
        self._goal_ids = {**dict(mapping), self._source.process.root.id: target.process.root.id}
        self._opened: list[Subscription] = []
        self._closed: list[Subscription] = []

    def run(self) -> None:
        """Check everything, then change everything.

        Raises:
            Rejection: INVALID_ARGUMENT or INVALID_STATE, in Camunda's words.
        """
        self._check_mapping()
        instances = list(_outside_in(self._process.root))
        if any(instance.completed or instance.undoing for instance in instances):
            raise self._refused(
                "it has completed activities that may be compensated. Migrating those is not supported."
            )
        for instance in instances:
            self._check(instance)
            self._foresee_waiting(instance)
        for instance in instances:
            self._move(instance)
        self._process.definition = self._target
        history = self._process.history
        history.process_id = self._target.process_id
        history.process_definition_key, history.version = self._target.key, self._target.version
        for subscription in self._closed:
            self._events.close_one(subscription)
        for subscription in self._opened:
            self._events.open(subscription)

    # -- checks -----------------------------------------------------------------------------------------------------
    def _refused(self, reason: str) -> Rejection:
        return invalid_state("MIGRATE", f"Expected to migrate process instance '{self._process.key}' but {reason}")

    def _check_mapping(self) -> None:
        expected = f"Expected to migrate process instance '{self._process.key}' but"
        sources = [source for source, _ in self._mapping]
        duplicates = sorted({source for source in sources if sources.count(source) > 1})
        if duplicates:
            text = (
                f"{expected} the mapping instructions contain duplicate source element ids '[{', '.join(duplicates)}]'."
            )
            raise invalid_argument("MIGRATE", text)
        for source, goal in self._mapping:
            for element_id, side, where in ((source, "source", self._source), (goal, "target", self._target)):
                if element_id not in where.elements:
                    raise invalid_argument(
                        "MIGRATE",
                        f"{expected} mapping instructions contain a non-existing {side} element id '{element_id}'. "
                        f"Elements provided in mapping instructions must exist in the {side} process definition.",
                    )

    def _check(self, instance: ElementInstance) -> None:
        active, kind = f"active element with id '{instance.element.id}'", instance.recorded_kind
        if kind not in MIGRATABLE:
            raise self._refused(f"{active} has an unsupported type. The migration of a {kind} is not supported.")
        if kind == "INTERMEDIATE_CATCH_EVENT" and self._source.is_behind_event_gateway(instance.element):
            raise self._refused(
                f"{active} is an intermediate catch event attached to an event-based gateway. "
                "Migrating active events attached to an event-based gateway is not possible yet."
            )
        if instance.element.id not in self._goal_ids:
            raise self._refused(
                f"no mapping instruction defined for {active}. Elements cannot be migrated without a mapping."
            )
        goal = self._goal(instance.element)
        goal_kind = goal.kind if goal.multi_instance is None or instance.loop_counter else "MULTI_INSTANCE_BODY"
        if goal_kind != kind:
            raise self._refused(
                f"{active} and type '{kind}' is mapped to an element with id '{goal.id}' and different type "
                f"'{goal_kind}'. Elements must be mapped to elements of the same type."
            )
        self._check_implementation(instance, goal)
        self._check_scope(instance, goal)
        self._check_events(instance.element, goal)
        self._check_mapped_events(instance.element, goal)
        loops = [element.multi_instance for element in (instance.element, goal)]
        if None not in loops and present(loops[0]).sequential != present(loops[1]).sequential:
            raise self._refused(
                f"{active} has a different loop characteristics than the target element with id '{goal.id}'. "
                "Both elements must have either sequential or parallel loop characteristics."
            )

    def _goal(self, element: Element) -> Element:
        return self._target.elements[self._goal_ids[element.id]]

    def _check_implementation(self, instance: ElementInstance, goal: Element) -> None:
        if instance.kind != "USER_TASK":
            return
        mine, its = (
            "zeebe user task" if (element.user_task or {}).get("native") else "job worker"
            for element in (instance.element, goal)
        )
        if mine != its:
            raise self._refused(
                f"active user task with id '{instance.element.id}' and implementation '{mine}' is mapped to an user "
                f"task with id '{goal.id}' and different implementation '{its}'. Elements must be mapped to elements "
                "of the same implementation."
            )

    def _check_scope(self, instance: ElementInstance, goal: Element) -> None:
        if instance.scope is None or instance.loop_counter:
            return
        wanted = self._goal(instance.scope.element).id
        if goal.parent != wanted:
            raise self._refused(
                f"the flow scope of active element with id '{instance.element.id}' is changed. The flow scope of the "
                f"active element is expected to be '{wanted}' but was '{goal.parent}'. "
                "The flow scope of an element cannot be changed during migration yet."
            )

    def _check_events(self, element: Element, goal: Element) -> None:
        for side, one in (("active", element), ("target", goal)):
            kinds = _unmigratable(sub_process.start for sub_process in one.event_subprocesses)
            if kinds:
                raise self._refused(
                    f"{side} process with id '{one.id}' has one or more event subprocesses with start events of types "
                    f"'{kinds}'. Migrating event subprocesses with start events of these types is not possible yet."
                )
        for side, one in (("active", element), ("target", goal)):
            kinds = _unmigratable(one.boundaries)
            if kinds:
                raise self._refused(
                    f"{side} element with id '{one.id}' has one or more boundary events of types '{kinds}'. "
                    f"Migrating {side} elements with boundary events of these types is not possible yet."
                )

    def _check_mapped_events(self, element: Element, goal: Element) -> None:
        active = f"active element with id '{element.id}'"
        there = {catcher.id for catcher in self._reachable(goal)}
        mapped = [catcher for catcher in _catchers(self._source, element) if catcher.id in self._goal_ids]
        for catcher in mapped:
            if self._goal_ids[catcher.id] not in there:
                raise self._refused(
                    f"{active} is mapped to an element with id '{goal.id}' and has a catch event with id "
                    f"'{catcher.id}' that is mapped to a catch event with id '{self._goal_ids[catcher.id]}'. These "
                    "mappings detach the catch event from the element in the target process. Catch events must stay "
                    "attached to the same element instance."
                )
        for goal_id in dict.fromkeys(self._goal_ids[catcher.id] for catcher in mapped):
            merged = sorted(catcher.id for catcher in mapped if self._goal_ids[catcher.id] == goal_id)
            if len(merged) > 1:
                listed = "', '".join(merged)
                raise self._refused(
                    f"{active} has a catch event attached that is mapped to a catch event with id '{goal_id}'. There "
                    f"are multiple mapping instructions that target this catch event: '{listed}'. Catch events cannot "
                    "be merged by process instance migration. Please ensure the mapping instructions target a catch "
                    "event only once."
                )
        for catcher in mapped:
            mine, its = catcher.event.kind.upper(), self._goal(catcher).event.kind.upper()
            if mine != its:
                raise self._refused(
                    f"{active} has a catch event with id '{catcher.id}' that is mapped to a catch event with id "
                    f"'{self._goal_ids[catcher.id]}'. These catch events have different event types: '{mine}' and "
                    f"'{its}'. The event type of a catch event cannot be changed by process instance migration. Please "
                    "ensure the event type of the catch event remains the same or remove the mapping instruction for "
                    "these catch events."
                )

    def _reachable(self, goal: Element) -> list[Element]:
        """Return what a target catches; at the boundary of a multi-instance activity 8.6.0 finds nothing."""
        found = _catchers(self._target, goal)
        return [c for c in found if goal.multi_instance is None or c.kind != "BOUNDARY_EVENT"]

    # -- changes ----------------------------------------------------------------------------------------------------
    def _foresee_waiting(self, instance: ElementInstance) -> None:
        """Note what an instance will wait for no longer, and what it will wait for anew."""
        if instance.state == "ACTIVATING":
            return  # it will wait for what the target says when it is activated
        self._closed += [one for one in instance.subscriptions if one.catcher.id not in self._goal_ids]
        if instance.body or instance.interrupted:
            return
        goal, mapped = self._goal(instance.element), set(self._goal_ids.values())
        names = {one.name for one in instance.subscriptions if one.kind == "message"}
        for catcher in self._reachable(goal):
            if catcher.id in mapped or not self._events.awaits(catcher):
                continue
            try:
                subscription = self._events.evaluated(instance, catcher)
            except Failure as failure:
                raise self._refused(
                    f"active element with id '{instance.element.id}' is mapped to element with id '{goal.id}' that "
                    f"must be subscribed to a catch event. {failure.message}"
                ) from failure
            if subscription.kind == "message" and subscription.name in names:
                raise self._refused(  # 8.6.0 says the element's new id here
                    f"active element with id '{goal.id}' attempts to subscribe to a message it is already "
                    f"subscribed to with name '{subscription.name}'. Migrating active elements that subscribe to a "
                    "message they are already subscribed to is not possible yet. Please provide a mapping instruction "
                    f"to message catch event with id '{catcher.id}' to migrate the respective message subscription."
                )
            self._opened.append(subscription)

    def _move(self, instance: ElementInstance) -> None:
        instance.element = self._goal(instance.element)
        for subscription in instance.subscriptions:
            if subscription.catcher.id in self._goal_ids:
                subscription.catcher = self._goal(subscription.catcher)
        workflow: Any = instance.workflow
        if workflow is not None:
            workflow.spec = self._target.process.scopes[instance.element.id]
        if instance.scope is not None:
            spec = self._target.process.spec_of(instance.element.id)
            instance.spec = instance.task.task_spec = spec.inner_of_body() if instance.loop_counter else spec
        for incident in (instance.incident, None if instance.job is None else instance.job.incident):
            if incident is not None:
                incident.element_id = instance.element.id


def _outside_in(root: ElementInstance) -> Iterator[ElementInstance]:
    """Yield all instances, those around others first."""
    level = [root]
    while level:
        yield from level
        level = [child for instance in level for child in instance.children.values()]


def _unmigratable(catchers: Iterable[Element]) -> str:
    return ",".join(catcher.event.kind.upper() for catcher in catchers if catcher.event.kind not in CATCHABLE)


def _catchers(definition: Definition, element: Element) -> list[Element]:
    """Return every event an element catches: its own, those behind it, at its boundary, and to start inside it."""
    if element.kind == "EVENT_BASED_GATEWAY":
        return [definition.elements[flow.target] for flow in element.outgoing]
    own = [element] if element.kind in ("INTERMEDIATE_CATCH_EVENT", "RECEIVE_TASK") else []
    return own + element.boundaries + [sub_process.start for sub_process in element.event_subprocesses]
