"""The life of element instances: activated, completed or terminated, one step after another.

A step that fails raises an incident and is tried again when that is resolved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from camunda_client.embedded._keys import Keys
from camunda_client.embedded._present import present
from camunda_client.embedded.model import BEFORE_ALL, INNER, Definition, Element, Flow, FlowNode
from camunda_client.embedded.run._agenda import Agenda
from camunda_client.embedded.run._endings import Endings
from camunda_client.embedded.run._history import Histories
from camunda_client.embedded.run._incidents import Incidents
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance
from camunda_client.embedded.run._joins import look_at_joins, waits_at_join
from camunda_client.embedded.run._parts import Iterating, Waiting, Working
from camunda_client.embedded.run._variables import Variables
from camunda_client.embedded.run._workflows import InstanceWorkflow

#: Kinds that complete in the very step that activates them; all others take a step more.
AT_ONCE = ("EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY", "PARALLEL_GATEWAY")
#: Kinds before which tokens wait for others.
JOINING = ("PARALLEL_GATEWAY", "INCLUSIVE_GATEWAY")
#: Kinds whose event may end the very instance: they count as activated before they throw.
THROWING = ("INTERMEDIATE_THROW_EVENT", "END_EVENT")


class Lifecycle:
    """Moves tokens, and says what happens next.

    Args:
        keys: Of instances.
        variables: Reads and writes them.
        incidents: Where failures go.
        histories: Where instances are put on record.
        agenda: Where the next steps wait.
        parts: Makes what waits, works and iterates for this life cycle; they know it, and it knows them.
    """

    def __init__(
        self,
        keys: Keys,
        variables: Variables,
        incidents: Incidents,
        histories: Histories,
        agenda: Agenda,
        parts: Callable[[Lifecycle], tuple[Waiting, Working, Iterating]],
    ) -> None:
        self.keys = keys
        self.variables = variables
        self.incidents = incidents
        self.agenda = agenda
        self.processes: dict[int, ProcessInstance] = {}
        self._histories = histories
        self._waiting, self._working, self._iterating = parts(self)
        self.endings = Endings(self, self._working)

    def attempt(self, instance: ElementInstance, step: Callable[[ElementInstance], None]) -> None:
        """Do a step of an instance; a failure becomes an incident that tries the step again."""
        scope = instance.scope
        if (
            not instance.alive
            or instance.state == "TERMINATING"
            or (scope is not None and scope.state == "TERMINATING")
        ):
            return
        try:
            step(instance)
        except Exception as error:  # noqa: BLE001 - the step is off the agenda already, see Agenda.do()
            self._waiting.close(instance)
            self.agenda.failed(instance, error, partial(self.agenda.soon, self.attempt, instance, step))

    # -- process instances ------------------------------------------------------------------------------------------
    def start(
        self,
        definition: Definition,
        variables: dict[str, Any],
        tenant_id: str,
        *,
        at: list[Element] | None = None,
        event_variables: dict[str, Any] | None = None,
        caller: ElementInstance | None = None,
        business_id: str = "",
    ) -> ProcessInstance:
        """Create a process instance; its first steps go on the agenda.

        Args:
            definition: What to run.
            variables: The first variables.
            tenant_id: Whose it is.
            at: The elements to begin with, all directly in the process; the none start event when left out.
            event_variables: What a start event brought along; it goes through the event's output mappings.
            caller: The call activity that waits for it.
            business_id: What the case is called.
        """
        key = self.keys.next()
        history = self._histories.begin(definition.process_id, key, definition.key, definition.version, tenant_id)
        process = ProcessInstance(key, definition, tenant_id, history)
        process.caller = caller
        process.business_id = history.business_id = business_id
        history.root_key = process.outermost.key
        if caller is not None:
            history.parent_key, history.parent_element_key = caller.process.key, caller.key
        self.processes[key] = process
        root = process.root
        root.workflow = InstanceWorkflow(definition.process.spec, self, root)
        self.variables.set_local(root, variables)
        if root.element.listeners:
            self.attempt(root, self._go_on_starting)
        else:
            self._open_process(root)
        details = {} if event_variables is None else {"variables": event_variables}
        for element in [definition.none_start()] if at is None else at:
            if caller is None:
                self.spawn(root, definition.process.spec_of(element.id), details)
            else:  # a called process takes a step to be activated itself
                self.agenda.soon(self._spawn_called, process, element, details)
        return process

    def _open_process(self, root: ElementInstance) -> None:
        root.become("ACTIVATED")
        self.attempt(root, self._waiting.subscribe_scope)
        for task in root.process.held:
            self.arrived(task)
        root.process.held.clear()

    def _spawn_called(self, process: ProcessInstance, element: Element, details: dict[str, Any]) -> None:
        if process.state == "ACTIVE":
            self.spawn(process.root, process.definition.process.spec_of(element.id), details)

    def spawn(
        self, scope: ElementInstance, spec: FlowNode, details: dict[str, Any] | None = None, parent_task: Any = None
    ) -> None:
        """Put a token before an element of a scope."""
        parent = parent_task or scope.workflow.task_tree  # type: ignore[union-attr]
        task = parent.child(spec)
        task.internal_data.update(details or {})
        scope.tokens += 1
        spec._update(task)

    def cancel_process(self, process: ProcessInstance) -> None:
        """Terminate a process instance and everything in it."""
        if process.state == "ACTIVE" and process.root.state != "TERMINATING":
            self.endings.end([process.root], partial(self.end_terminated, process))

    def end_terminated(self, process: ProcessInstance) -> None:
        """End a process instance whose elements were terminated."""
        self._end(process, "TERMINATED")

    def _complete_process(self, process: ProcessInstance) -> None:
        root = process.root
        if process.state != "ACTIVE" or root.tokens or not root.alive:
            return
        self._waiting.close(root)
        if root.element.listeners:
            root.state = "COMPLETING"
            self.attempt(root, self._go_on_ending)
        else:
            self._finish_process(process)

    def _finish_process(self, process: ProcessInstance) -> None:
        root = process.root
        root.become("COMPLETED")
        self._end(process, "COMPLETED")
        caller = process.caller
        if caller is not None and caller.alive and caller.element.called is not None:
            if caller.element.called.all_child_variables or caller.element.outputs:
                caller.event_variables = dict(root.variables)
            self.complete_soon(caller)

    def _end(self, process: ProcessInstance, state: str) -> None:
        process.state = state
        process.history.state = state
        process.root.workflow = None  # the task tree is Spiff's and large; the history is ours and stays
        self.processes.pop(process.key, None)
        self._waiting.process_ended(process)
        self._histories.end(process.key)
        if process.on_end is not None:
            self.agenda.after.append(partial(process.on_end, process.history))

    # -- activation -------------------------------------------------------------------------------------------------
    def reached(self, task: Any) -> None:
        """A flow has led a token to an element: it stands before that, or waits for others at a join."""
        if task.task_spec.element.kind not in JOINING or not waits_at_join(task, self.agenda.soon):
            task._ready()

    def arrived(self, task: Any) -> None:
        """A token stands before an element."""
        self.agenda.soon(self._enter, task)

    def _enter(self, task: Any) -> None:
        body = task.internal_data.get("body")
        scope = body or task.workflow.scope
        if not task.is_ready or not scope.alive or scope.state == "TERMINATING":
            return
        if scope.state == "ACTIVATING":
            scope.process.held.append(task)
        else:
            task.start()
            task.task_spec._run(task)

    def enter(self, task: Any) -> None:
        """Activate the element a task stands for."""
        instance = self.instance_of(task, task.internal_data.get("body") or task.workflow.scope)
        self.attempt(instance, self._activate)

    def instance_of(self, task: Any, scope: ElementInstance) -> ElementInstance:
        """Return a new instance of the element that a task stands for."""
        spec: FlowNode = task.task_spec
        instance = ElementInstance(self.keys.next(), spec.element, scope.process, scope)
        details = task.internal_data
        instance.spec, instance.task, instance.body = spec, task, spec.is_body
        instance.triggered = "variables" in details
        instance.event_variables = details.get("variables")
        instance.loop_counter = details.get("loop", 0)
        instance.undoes = details.get("undoes")
        scope.children[instance.key] = instance
        scope.process.elements[instance.key] = instance
        if instance.event_variables and self._keeps_event_variables(instance):
            self.variables.set_local(instance, instance.event_variables)
        if "local" in details:
            self.variables.set_local(instance, details["local"])
        return instance

    @staticmethod
    def _keeps_event_variables(instance: ElementInstance) -> bool:
        """Whether what an event brought is written at the element that caught it before it goes further."""
        at_start = instance.kind == "START_EVENT" and instance.scope is instance.process.root
        return at_start or instance.kind in ("BOUNDARY_EVENT", "INTERMEDIATE_CATCH_EVENT")

    def _activate(self, instance: ElementInstance) -> None:
        if instance.body:
            self._go_on_starting(instance)
            return
        if instance.loop_counter:
            self._iterating.set_loop_variables(instance)
        self.variables.apply_inputs(instance)
        if not instance.loop_counter:
            self._waiting.subscribe_boundaries(instance)
        elif instance.element.boundaries:
            self._waiting.subscribe_iteration(instance)
        if not self._next_listener(instance, "start"):
            self._begin(instance)

    def _begin(self, instance: ElementInstance) -> None:
        if instance.scope is None or instance.body:
            (self._iterating.activate if instance.body else self._open_process)(instance)
            return
        if instance.kind in THROWING:
            self._working.check(instance)
            self.activated(instance)
        self._working.activate(instance)
        self.activated(instance)
        if instance.kind in AT_ONCE:
            self._complete(instance)

    def activated(self, instance: ElementInstance) -> None:
        """Put an instance's activation on record."""
        if instance.state == "ACTIVATING":  # a second attempt may have announced it already
            instance.become("ACTIVATED")

    # -- listeners --------------------------------------------------------------------------------------------------
    def _next_listener(self, instance: ElementInstance, phase: str) -> bool:
        """Create the job of the next execution listener; False if there is none."""
        if instance.body and phase != BEFORE_ALL:
            return False  # the others are those of each iteration
        waiting = [item for item in instance.element.listeners if item.event == phase]
        if instance.listener >= len(waiting):
            instance.listener = 0
            return False
        self._working.create_listener(instance, waiting[instance.listener], phase)
        return True

    def listener_completed(self, instance: ElementInstance, phase: str, variables: dict[str, Any]) -> None:
        """Go on after a listener's job."""
        if phase == "end":
            self.variables.propagate(instance, variables)
        else:
            self.variables.set_local(instance, variables)
        instance.listener += 1
        self.attempt(instance, self._go_on_ending if phase == "end" else self._go_on_starting)

    def _go_on_starting(self, instance: ElementInstance) -> None:
        if not self._next_listener(instance, BEFORE_ALL if instance.body else "start"):
            self._begin(instance)

    def _go_on_ending(self, instance: ElementInstance) -> None:
        if self._next_listener(instance, "end"):
            return
        if instance.scope is None:
            self._finish_process(instance.process)
        else:
            self._leave(instance)

    # -- completion -------------------------------------------------------------------------------------------------
    def complete_soon(self, instance: ElementInstance) -> None:
        """Complete an instance after the steps that wait."""
        self.agenda.soon(self.attempt, instance, self._complete)

    def _complete(self, instance: ElementInstance) -> None:
        if instance.workflow is not None and instance.tokens:
            return  # an event sub-process began meanwhile
        self._apply_outputs(instance)
        if instance.loop_counter:
            self._iterating.collect(instance)
        elif instance.kind == INNER:
            self._working.collect(instance)
        instance.state = "COMPLETING"
        if not self._next_listener(instance, "end"):
            self._leave(instance)

    def _apply_outputs(self, instance: ElementInstance) -> None:
        variables, scope = instance.event_variables, instance.scope
        if scope is None or instance.kind == "EVENT_BASED_GATEWAY":
            return
        if instance.body:
            self._iterating.publish(instance)
            return
        if instance.element.ad_hoc is not None:
            self._working.publish(instance)
        if instance.element.outputs:
            if variables:
                self.variables.set_local(instance, variables)
            # An iteration writes to itself first: its output element may be a variable of its own.
            self.variables.apply_outputs(
                instance, instance.element.outputs, instance if instance.loop_counter else scope
            )
        elif variables and instance.kind == "BOUNDARY_EVENT" and instance.element.event.kind == "error":
            return  # an error's variables stay at the event that caught it, unless mapped
        elif variables:
            self.variables.propagate(scope if instance.triggered else instance, variables)

    def _leave(self, instance: ElementInstance) -> None:
        spec, scope = present(instance.spec), present(instance.scope)
        onward: list[tuple[FlowNode, dict[str, Any]]] = []
        self._waiting.close(instance)
        instance.become("COMPLETED")
        if instance.completed or instance.element.compensations or instance.undoes is not None:
            self._working.left(instance)
        if instance.element.id in instance.process.end_after:
            self._forget(instance)
            scope.tokens -= 1
            self.cancel_process(instance.process)
            return
        if not spec.inner:
            onward = self._onward(instance)
        self._forget(instance)
        scope.tokens += len(onward) - 1
        instance.task.internal_data["next"] = onward
        instance.task.complete()
        if instance.loop_counter:
            self._iterating.after(scope)
        else:
            self.check(scope)

    def _onward(self, instance: ElementInstance) -> list[tuple[FlowNode, dict[str, Any]]]:
        process = instance.process
        onward = []
        for flow in _taken(instance):
            details: dict[str, Any] = {"flow": flow}
            if instance.kind == "EVENT_BASED_GATEWAY":
                details["variables"] = instance.event_variables
            else:
                process.history.flow(flow.id)
            onward.append((process.definition.process.spec_of(flow.target), details))
        if instance.link is not None:
            siblings = instance.task.workflow.spec.nodes.values()
            onward += [(s, {}) for s in siblings if s.element.catches_link(instance.link)]
        return onward

    def check(self, scope: ElementInstance) -> None:
        """Complete a scope in which nothing is alive any more, or let an ad-hoc sub-process decide; look at joins."""
        if scope.joining:
            self.agenda.soon(look_at_joins, scope)
        if scope.element.ad_hoc is not None and not scope.body:
            self._working.go_on(scope)
            return
        if scope.tokens or not scope.alive:
            return
        if scope.scope is None:
            self.agenda.soon(self._complete_process, scope.process)
        else:
            self.complete_soon(scope)

    # -- termination ------------------------------------------------------------------------------------------------
    def terminate(self, instance: ElementInstance) -> None:
        """End an instance and all inside it. The caller takes its token from the scope."""
        for child in list(instance.children.values()):
            self.terminate(child)
        self._waiting.close(instance)
        self._working.cancel_of(instance)
        self.incidents.close(instance.incident)
        if instance.called is not None and instance.called.state == "ACTIVE":
            self.terminate(instance.called.root)
            self.end_terminated(instance.called)
        instance.tokens = 0
        instance.become("TERMINATED")
        self._forget(instance)
        if instance.task is not None:
            instance.task.end()

    def end_scope_soon(self, instance: ElementInstance) -> None:
        """End everything else in an instance's scope, after the instance itself has completed."""
        self.agenda.soon(self._end_scope, present(instance.scope))

    def _end_scope(self, scope: ElementInstance) -> None:
        if scope.alive and scope.workflow is not None:
            self.clear(scope, partial(self.check, scope))

    def clear(self, scope: ElementInstance, then: Callable[[], None]) -> None:
        """End everything in a scope, children and tokens between elements, and go on with ``then``."""
        self._working.cancel_of(scope)
        for task in list(scope.workflow.tasks.values()):  # type: ignore[union-attr]
            if task.has_not_entered:
                task.cancel()
        scope.arrivals.clear()
        scope.joining = None
        self.endings.end(scope.children.values(), partial(self.cleared, scope, then))

    def terminate_one(self, instance: ElementInstance) -> None:
        """End one element instance by command, and its scope if that becomes empty."""
        scope = present(instance.scope)
        self.terminate(instance)
        scope.tokens -= 1

    def cleared(self, scope: ElementInstance, then: Callable[[], None]) -> None:
        """Go on in a scope in which all was ended."""
        scope.tokens = 0
        if scope.alive and scope.state != "TERMINATING":
            then()

    def _forget(self, instance: ElementInstance) -> None:
        if instance.scope is not None:
            instance.scope.children.pop(instance.key, None)
        instance.process.elements.pop(instance.key, None)


def _taken(instance: ElementInstance) -> list[Flow]:
    """Return the flows to take on completion."""
    if instance.kind == "EVENT_BASED_GATEWAY":
        chosen = instance.chosen
        return [flow for flow in instance.element.outgoing if chosen is not None and flow.target == chosen.id]
    return instance.flows if instance.flows is not None else instance.element.outgoing
