"""The life of element instances: activated, completed or terminated, one step after another.

Steps wait on an agenda and run first in, first out, like the records of a Camunda partition; no step
runs inside another. A step that fails raises an incident and is tried again when that is resolved.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import EngineError
from camunda_client.embedded.model._element import Element, Flow
from camunda_client.embedded.model._specs import FlowNode, InstanceWorkflow, ScopeWorkflow, ThrowEvent, Token
from camunda_client.embedded.run._events import Subscription
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance
from camunda_client.embedded.run._jobs import Job

if TYPE_CHECKING:
    from camunda_client.embedded._keys import Keys
    from camunda_client.embedded.model._decisions import Decisions
    from camunda_client.embedded.model._deployments import Definition, Deployments
    from camunda_client.embedded.run._entrances import Entrances
    from camunda_client.embedded.run._events import Events
    from camunda_client.embedded.run._history import InstanceHistory
    from camunda_client.embedded.run._incidents import Incidents
    from camunda_client.embedded.run._jobs import Jobs
    from camunda_client.embedded.run._multi_instance import MultiInstances
    from camunda_client.embedded.run._user_tasks import UserTasks
    from camunda_client.embedded.run._variables import Variables

log = logging.getLogger(__name__)

#: Steps of one command. A model that loops without ever waiting would otherwise hold the process for ever.
MAX_STEPS = 100_000


class Lifecycle:
    """Moves tokens; the other parts of the engine hang on it."""

    def __init__(self, keys: Keys, variables: Variables, incidents: Incidents) -> None:
        self.keys = keys
        self.variables = variables
        self.incidents = incidents
        self.deployments: Deployments
        self.decisions: Decisions
        self.events: Events
        self.entrances: Entrances
        self.jobs: Jobs
        self.multi_instances: MultiInstances
        self.user_tasks: UserTasks
        self.new_history: Callable[[int, Definition, str], InstanceHistory]
        self.processes: dict[int, ProcessInstance] = {}
        self.on_process_end: Callable[[ProcessInstance], None] = lambda _process: None
        self.max_steps = MAX_STEPS
        self._agenda: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        #: What is told to others when the command is done.
        self.after: deque[Callable[[], Any]] = deque()

    # -- the agenda -------------------------------------------------------------------------------------------------
    def soon(self, step: Callable[..., None], *arguments: Any) -> None:
        """Do a step after those that already wait."""
        self._agenda.append((step, arguments))

    def run(self) -> None:
        """Do all steps, and those they cause."""
        steps = 0
        while self._agenda:
            step, arguments = self._agenda.popleft()
            self.do(step, *arguments)
            steps += 1
            if steps > self.max_steps:
                self._agenda.clear()
                raise EngineError(
                    f"stopped after {steps - 1} steps of one command: a process loops without waiting "
                    "(or Engine(max_steps=...) is too low for a very large one)"
                )

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
        except Exception as error:  # noqa: BLE001 - the step is off the agenda already, see do()
            self.events.close(instance)
            self._incident(instance, error, partial(self.soon, self.attempt, instance, step))

    def do(self, step: Callable[..., Any], *arguments: Any) -> None:
        """Do a step that belongs to an instance, whatever it raises.

        The step is off the agenda, or its timer has gone: without an incident the instance would wait for nothing, for
        ever. Where a step belongs to no instance the exception goes on to who gave the command.
        """
        try:
            step(*arguments)
        except Exception as error:
            subjects = (*getattr(step, "args", ()), *arguments)  # of a partial, as what falls due is
            instance = next(filter(None, map(_instance_of, subjects)), None)
            if instance is None or not instance.alive:
                raise
            self._incident(instance, error, partial(self.soon, step, *arguments))

    def _incident(self, instance: ElementInstance, error: Exception, again: Callable[[], None]) -> None:
        if isinstance(error, Failure):
            failure = error
        else:  # a fault of ours, met by values that were not thought of; its cause is in the log
            log.error("embedded engine: a step of %s failed", instance.element.id, exc_info=error)
            failure = Failure.unknown(error)
        self.incidents.raise_for(instance, failure, again)

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
    ) -> ProcessInstance:
        """Create a process instance; its first steps go on the agenda.

        Args:
            definition: What to run.
            variables: The first variables.
            tenant_id: Whose it is.
            at: The elements to begin with, all directly in the process; the none start event when left out.
            event_variables: What a start event brought along; it goes through the event's output mappings.
            caller: The call activity that waits for it.
        """
        key = self.keys.next()
        process = ProcessInstance(key, definition, tenant_id, self.new_history(key, definition, tenant_id))
        process.caller = caller
        self.processes[key] = process
        root = process.root
        root.workflow = InstanceWorkflow(definition.process.spec, self, root)
        root.state = "ACTIVATED"
        process.history.element(root, "ACTIVATED")
        self.variables.set_local(root, variables)
        self.attempt(root, self.events.subscribe_scope)
        details = {} if event_variables is None else {"variables": event_variables}
        for element in [definition.none_start()] if at is None else at:
            if caller is None:
                self.spawn(root, definition.process.spec_of(element.id), details)
            else:  # a called process takes a step to be activated itself
                self.soon(self._spawn_called, process, element, details)
        return process

    def _spawn_called(self, process: ProcessInstance, element: Element, details: dict[str, Any]) -> None:
        if process.state == "ACTIVE":
            self.spawn(process.root, process.definition.process.spec_of(element.id), details)

    def spawn(
        self, scope: ElementInstance, spec: FlowNode, details: dict[str, Any] | None = None, parent_task: Any = None
    ) -> None:
        """Put a token before an element of a scope."""
        parent = parent_task or scope.workflow.task_tree  # type: ignore[union-attr]
        task = parent._add_child(spec, TaskState.FUTURE)
        task.triggered = True
        task.internal_data.update(details or {})
        scope.tokens += 1
        spec._update(task)

    def cancel_process(self, process: ProcessInstance) -> None:
        """Terminate a process instance and everything in it."""
        if process.state == "ACTIVE":
            self.terminate(process.root)
            self._end(process, "TERMINATED")

    def _complete_process(self, process: ProcessInstance) -> None:
        root = process.root
        if process.state != "ACTIVE" or root.tokens or not root.alive:
            return
        self.events.close(root)
        root.state = "COMPLETED"
        process.history.element(root, "COMPLETED")
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
        self.on_process_end(process)
        if process.on_end is not None:
            self.after.append(partial(process.on_end, process.history))

    # -- activation -------------------------------------------------------------------------------------------------
    def arrived(self, task: Any) -> None:
        """A token stands before an element."""
        self.soon(self._enter, task)

    def _enter(self, task: Any) -> None:
        body = task.internal_data.get("body")
        scope = body or task.workflow.scope
        if task.state == TaskState.READY and scope.alive and scope.state != "TERMINATING":
            task._set_state(TaskState.STARTED)  # not Task.run(): a gateway has completed when this returns
            task.task_spec._run(task)

    def enter(self, task: Any) -> None:
        """Activate the element a task stands for."""
        instance = self._instance_of(task, task.internal_data.get("body") or task.workflow.scope)
        self.attempt(instance, self._activate)

    def _instance_of(self, task: Any, scope: ElementInstance) -> ElementInstance:
        spec: FlowNode = task.task_spec
        instance = ElementInstance(self.keys.next(), spec.element, scope.process, scope)
        details = task.internal_data
        instance.spec, instance.task, instance.body = spec, task, spec.is_body
        instance.triggered = "variables" in details
        instance.event_variables = details.get("variables")
        instance.loop_counter = details.get("loop", 0)
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
        if instance.kind == "START_EVENT":
            return instance.scope is instance.process.root
        return instance.kind in ("BOUNDARY_EVENT", "INTERMEDIATE_CATCH_EVENT")

    def _activate(self, instance: ElementInstance) -> None:
        if instance.body:
            self.multi_instances.activate(instance)
            return
        if instance.loop_counter:
            self.multi_instances.set_loop_variables(instance)
        self.variables.apply_inputs(instance)
        if not instance.loop_counter:
            self.events.subscribe_boundaries(instance)
        if not self._next_listener(instance, "start"):
            self._begin(instance)

    def _begin(self, instance: ElementInstance) -> None:
        spec = instance.spec
        spec = present(spec)
        if isinstance(spec, ThrowEvent):  # what it throws may end the instance: announce it first
            spec.check(self, instance)
            self._activated(instance)
            spec.activate(self, instance)
            return
        spec.activate(self, instance)
        if instance.state == "ACTIVATING":
            self._activated(instance)
        if spec.at_once:
            self._complete(instance)

    def _activated(self, instance: ElementInstance) -> None:
        if instance.state == "ACTIVATING":  # a second attempt may have announced it already
            instance.state = "ACTIVATED"
            instance.process.history.element(instance, "ACTIVATED")

    def open_scope(self, instance: ElementInstance) -> None:
        """Begin a sub-process: its event sub-processes listen, its start event gets a token."""
        process = instance.process
        instance.workflow = ScopeWorkflow(process.definition.process.scopes[instance.element.id], self, instance)
        self.events.subscribe_scope(instance)
        details = {"variables": instance.event_variables} if instance.triggered else {}
        instance.event_variables = None
        self.spawn(instance, process.definition.process.spec_of(instance.element.start.id), details)

    def call(self, instance: ElementInstance) -> None:
        """Begin the process a call activity names.

        Raises:
            Failure: There is no such process, or it can't be called.
        """
        called = instance.element.called
        called = present(called)
        process_id = self.variables.text(called.process_id, instance)
        definition = self.deployments.latest(process_id, instance.process.tenant_id)
        if definition is None:
            raise Failure(
                "CALLED_ELEMENT_ERROR",
                f"Expected process with BPMN process id '{process_id}' to be deployed, but not found.",
            )
        if definition.none_start_or_none() is None:
            raise Failure(
                "CALLED_ELEMENT_ERROR",
                f"Expected process with BPMN process id '{process_id}' to have a none start event, but not found.",
            )
        variables = self.variables.visible(instance) if called.all_parent_variables else dict(instance.variables)
        instance.called = self.start(definition, variables, instance.process.tenant_id, caller=instance)

    def choose(self, instance: ElementInstance, *, first_only: bool) -> list[Flow]:
        """Return the outgoing flows whose conditions hold, or the default one."""
        element = instance.element
        chosen: list[Flow] = []
        for flow in element.outgoing:
            if flow.id == element.default:
                continue
            if flow.condition is None or self.variables.condition(flow.condition, instance):
                chosen.append(flow)
                if first_only:
                    return chosen
        default = element.flow(element.default)
        return chosen or ([default] if default else [])

    def broadcast_soon(self, instance: ElementInstance, name: str) -> None:
        """Broadcast a signal with the throwing event's local variables."""
        self.soon(self.events.broadcast, name, dict(instance.variables), instance.process.tenant_id)

    # -- listeners --------------------------------------------------------------------------------------------------
    def _next_listener(self, instance: ElementInstance, phase: str) -> bool:
        """Create the job of the next execution listener; False if there is none."""
        waiting = [item for item in instance.element.listeners if item.event == phase]
        if instance.listener >= len(waiting):
            instance.listener = 0
            return False
        self.jobs.create_listener(instance, waiting[instance.listener], phase)
        return True

    def listener_completed(self, instance: ElementInstance, phase: str, variables: dict[str, Any]) -> None:
        """Go on after a listener's job."""
        if phase == "start":
            self.variables.set_local(instance, variables)
        else:
            self.variables.propagate(instance, variables)
        instance.listener += 1
        self.attempt(instance, self._go_on_starting if phase == "start" else self._go_on_ending)

    def _go_on_starting(self, instance: ElementInstance) -> None:
        if not self._next_listener(instance, "start"):
            self._begin(instance)

    def _go_on_ending(self, instance: ElementInstance) -> None:
        if not self._next_listener(instance, "end"):
            self._leave(instance)

    # -- completion -------------------------------------------------------------------------------------------------
    def complete_soon(self, instance: ElementInstance) -> None:
        """Complete an instance after the steps that wait."""
        self.soon(self.attempt, instance, self._complete)

    def _complete(self, instance: ElementInstance) -> None:
        if instance.workflow is not None and instance.tokens:
            return  # an event sub-process began meanwhile
        self._apply_outputs(instance)
        if instance.loop_counter:
            self.multi_instances.collect(instance)
        instance.state = "COMPLETING"
        if not self._next_listener(instance, "end"):
            self._leave(instance)

    def _apply_outputs(self, instance: ElementInstance) -> None:
        variables, scope = instance.event_variables, instance.scope
        if scope is None or instance.kind == "EVENT_BASED_GATEWAY":
            return
        if instance.body:
            self.multi_instances.publish(instance)
        elif instance.element.outputs:
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
        spec, scope, process = instance.spec, instance.scope, instance.process
        spec = present(spec)
        scope = present(scope)
        onward: list[tuple[FlowNode, dict[str, Any]]] = []
        self.events.close(instance)
        instance.state = "COMPLETED"
        process.history.element(instance, "COMPLETED")
        if not spec.inner:
            onward = self._onward(instance, spec)
        self._forget(instance)
        scope.tokens += len(onward) - 1
        instance.task.internal_data["next"] = onward
        instance.task.complete()
        if instance.loop_counter:
            self.multi_instances.after(scope)
        else:
            self.check(scope)

    def _onward(self, instance: ElementInstance, spec: FlowNode) -> list[tuple[FlowNode, dict[str, Any]]]:
        process = instance.process
        onward = []
        for flow in spec.outgoing(instance):
            details: dict[str, Any] = {"flow": flow}
            if instance.kind == "EVENT_BASED_GATEWAY":
                details["variables"] = instance.event_variables
            else:
                process.history.flow(flow.id)
            onward.append((process.definition.process.spec_of(flow.target), details))
        if instance.link is not None:
            siblings = instance.task.workflow.spec.nodes.values()
            onward += [(s, {}) for s in siblings if _catches_link(s.element, instance.link)]
        return onward

    def check(self, scope: ElementInstance) -> None:
        """Complete a scope in which nothing is alive any more."""
        if scope.tokens or not scope.alive:
            return
        if scope.scope is None:
            self.soon(self._complete_process, scope.process)
        else:
            self.complete_soon(scope)

    # -- termination ------------------------------------------------------------------------------------------------
    def terminate(self, instance: ElementInstance) -> None:
        """End an instance and all inside it. The caller takes its token from the scope."""
        for child in list(instance.children.values()):
            self.terminate(child)
        self.events.close(instance)
        self.jobs.cancel_of(instance)
        self.user_tasks.cancel_of(instance)
        self.incidents.close(instance.incident)
        if instance.called is not None:
            self.cancel_process(instance.called)
        instance.tokens = 0
        instance.state = "TERMINATED"
        instance.process.history.element(instance, "TERMINATED")
        self._forget(instance)
        if instance.task is not None and not instance.task.has_state(TaskState.FINISHED_MASK):
            instance.task.cancel()

    def end_scope_soon(self, instance: ElementInstance) -> None:
        """End everything else in an instance's scope, after the instance itself has completed."""
        self.soon(self._end_scope, present(instance.scope))

    def _end_scope(self, scope: ElementInstance) -> None:
        if scope.alive and scope.workflow is not None:
            self.clear(scope)
            self.check(scope)

    def clear(self, scope: ElementInstance) -> None:
        """End everything in a scope: children, and tokens between elements."""
        for child in list(scope.children.values()):
            self.terminate(child)
        for task in list(scope.workflow.tasks.values()):  # type: ignore[union-attr]
            if task.has_state(TaskState.READY | TaskState.WAITING | TaskState.FUTURE):
                task.cancel()
        scope.arrivals.clear()
        scope.tokens = 0

    def terminate_one(self, instance: ElementInstance) -> None:
        """End one element instance by command, and its scope if that becomes empty."""
        scope = instance.scope
        scope = present(scope)
        self.terminate(instance)
        scope.tokens -= 1

    def _forget(self, instance: ElementInstance) -> None:
        if instance.scope is not None:
            instance.scope.children.pop(instance.key, None)
        instance.process.elements.pop(instance.key, None)


def _catches_link(element: Element, name: str) -> bool:
    event = element.event
    return (
        element.kind == "INTERMEDIATE_CATCH_EVENT"
        and event.kind == "link"
        and event.name is not None
        and event.name.text == name
    )


def _instance_of(argument: Any) -> ElementInstance | None:
    """Return the element instance that a step's argument is, or is about."""
    if isinstance(argument, ProcessInstance):
        return argument.root
    if isinstance(argument, Subscription):
        return argument.owner
    if isinstance(argument, Job):
        return argument.instance
    if isinstance(argument, Token):
        scope: ElementInstance = argument.internal_data.get("body") or argument.workflow.scope
        return scope
    return argument if isinstance(argument, ElementInstance) else None
