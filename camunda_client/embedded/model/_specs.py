"""SpiffWorkflow's specs for Camunda's elements: one class per behaviour, shared by all instances.

A token is a Spiff task. Spiff predicts all possible futures of a task and copies its data onward; both
cost more than everything else together and Camunda knows neither (variables live in scopes). So these
specs create a task only when its sequence flow is taken, and keep no data in it. Started tasks are
driven by :class:`~camunda_client.embedded.run._lifecycle.Lifecycle`, found through the task's workflow.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded.model._element import Element, Flow

if TYPE_CHECKING:
    from camunda_client.embedded.run._instances import ElementInstance
    from camunda_client.embedded.run._lifecycle import Lifecycle

# Spiff logs every workflow at INFO. Whoever wants to see that sets the level before importing us.
for _name in ("spiff.task", "spiff.workflow"):
    if logging.getLogger(_name).level == logging.NOTSET:
        logging.getLogger(_name).setLevel(logging.WARNING)

#: What Spiff calls the root of every task tree. It shares one space of names with the elements, whose ids are NCNames:
#: this can be none. Spiff's own "Root" is an id a model may use, as "Start" and "End" are.
ROOT = "[root]"
#: What a job-based user task's job is called.
USER_TASK_JOB_TYPE = "io.camunda.zeebe:userTask"


class Token(Task):  # type: ignore[misc]
    """A Spiff task that logs nothing: to prepare what it would log takes a fifth of an engine's time, logged or not."""

    def _add_child(self, task_spec: TaskSpec, state: int = TaskState.MAYBE) -> Token:
        return Token(self.workflow, task_spec, self, state=state)

    def _set_state(self, value: int) -> None:
        self._state = value


class RootSpec(TaskSpec):  # type: ignore[misc]
    """The root of every task tree; start events hang below it."""

    def _predict(self, my_task: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 - Spiff names it
        return


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The flow nodes of one scope: a process or a sub-process."""

    def __init__(self, name: str, description: str | None = None, filename: str | None = None) -> None:
        # Not BpmnProcessSpec's: its end join waits by walking the whole tree at every step.
        WorkflowSpec.__init__(self, name=name, filename=filename)
        self.bpmn_start_events: list[Any] = []
        self.start = RootSpec(self, ROOT)
        self.end = None
        self.description = description
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.nodes: dict[str, FlowNode] = {}


#: Spiff makes one for each workflow; ours run no Python.
_NO_SCRIPTS = PythonScriptEngine()
#: What a workflow has of Spiff's that we make no use of, and a snapshot has not.
_SPIFFS_OWN = ("_BpmnWorkflow__script_engine", "event_manager")


class InstanceWorkflow(BpmnWorkflow):  # type: ignore[misc]
    """The Spiff workflow of one process instance."""

    def __init__(self, spec: ScopeSpec, lifecycle: Lifecycle, scope: ElementInstance) -> None:
        self.lifecycle = lifecycle
        self.scope = scope
        super().__init__(spec, script_engine=_NO_SCRIPTS, deserializing=True)
        self.task_tree = Token(self, spec.start, state=TaskState.COMPLETED)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _SPIFFS_OWN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.script_engine, self.event_manager = _NO_SCRIPTS, EventManager(self)

    def _task_completed_notify(self, task: Any) -> None:
        self.last_task = task  # Spiff's own looks at every waiting task of the tree


class ScopeWorkflow(BpmnSubWorkflow):  # type: ignore[misc]
    """The Spiff workflow of one sub-process instance."""

    def __init__(self, spec: ScopeSpec, lifecycle: Lifecycle, scope: ElementInstance) -> None:
        self.lifecycle = lifecycle
        self.scope = scope
        self.parent_task = scope.task
        super().__init__(
            spec, parent_task_id=scope.task.id, top_workflow=scope.task.workflow.top_workflow, deserializing=True
        )
        self.task_tree = Token(self, spec.start, state=TaskState.COMPLETED)
        self.top_workflow.subprocesses[scope.task.id] = self

    @property
    def parent_workflow(self) -> Any:
        """The workflow this one is nested in; Spiff's own searches for it."""
        return self.parent_task.workflow

    def _task_completed_notify(self, task: Any) -> None:
        self.last_task = task


class FlowNode(BpmnSpecMixin):  # type: ignore[misc]
    """An element of a process. Subclasses say what happens when it is activated."""

    #: Whether it completes in the very step that activates it, as gateways do; all others take a step more.
    at_once = False

    def __init__(self, wf_spec: ScopeSpec, element: Element, *, inner: bool = False) -> None:
        super().__init__(wf_spec, f"{element.id} [inner]" if inner else element.id, bpmn_name=element.name)
        self.element = element
        self.inner = inner
        self.inner_spec: FlowNode | None = None
        if not inner:
            wf_spec.nodes[element.id] = self

    @property
    def is_body(self) -> bool:
        """Whether instances of this spec are multi-instance bodies."""
        return self.element.multi_instance is not None and not self.inner

    def inner_of_body(self) -> FlowNode:
        """Return the spec of one iteration of this multi-instance element."""
        if self.inner_spec is None:
            self.inner_spec = type(self)(self._wf_spec, self.element, inner=True)
        return self.inner_spec

    # -- Spiff's hooks ----------------------------------------------------------------------------------------------
    def _predict(self, my_task: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 - Spiff names it
        return

    def _update(self, my_task: Any) -> None:
        my_task._ready()

    def _on_ready(self, my_task: Any) -> None:
        my_task.workflow.lifecycle.arrived(my_task)

    def _run_hook(self, my_task: Any) -> None:
        """Return None, which leaves the task STARTED until the life cycle completes it."""
        my_task.workflow.lifecycle.enter(my_task)

    def _on_complete(self, my_task: Any) -> None:
        for spec, details in my_task.internal_data.pop("next", ()):
            child = my_task._add_child(spec, TaskState.FUTURE)
            child.internal_data.update(details)
            spec._update(child)
        my_task.workflow._task_completed_notify(my_task)

    # -- Camunda's behaviour ----------------------------------------------------------------------------------------
    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        """Do what the element is for; pass-through elements complete at once."""
        lifecycle.complete_soon(instance)

    def outgoing(self, instance: ElementInstance) -> list[Flow]:
        """Return the flows to take on completion."""
        return instance.flows if instance.flows is not None else instance.element.outgoing


class PassThrough(FlowNode):
    """A task without work: ``bpmn:task`` and ``bpmn:manualTask``."""


class StartEvent(FlowNode):
    """Begins a scope; its event's variables are already there."""


class JobTask(FlowNode):
    """Creates a job and waits for its completion."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        lifecycle.jobs.create_for(instance, present(instance.element.job), dict(instance.element.headers))


class ScriptTask(JobTask):
    """A FEEL script, or a job."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        element = instance.element
        if element.script is None:
            return super().activate(lifecycle, instance)
        instance.event_variables = {element.result_variable: lifecycle.variables.evaluate(element.script, instance)}
        return lifecycle.complete_soon(instance)


class BusinessRuleTask(JobTask):
    """A DMN decision, or a job."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        element = instance.element
        if element.decision is None:
            return super().activate(lifecycle, instance)
        decision_id = lifecycle.variables.text(element.decision, instance)
        output = lifecycle.decisions.decide(
            decision_id, lifecycle.variables.visible(instance), instance.process.tenant_id
        )
        instance.event_variables = {element.result_variable: output}
        return lifecycle.complete_soon(instance)


class UserTask(FlowNode):
    """Waits for a person: as a job of its own type, or as one of Camunda's user tasks."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        details = instance.element.user_task or {}
        if details.get("native"):
            lifecycle.user_tasks.create_for(instance, details)
        else:
            lifecycle.jobs.create_for_user_task(instance, USER_TASK_JOB_TYPE, details)


class CatchEvent(FlowNode):
    """Waits for its event: an intermediate catch event or a receive task."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        if instance.triggered or instance.element.event.kind == "link":
            lifecycle.complete_soon(instance)
        else:
            lifecycle.events.subscribe(instance, instance.element)


class BoundaryEvent(FlowNode):
    """Comes to life when its event has happened."""


class ThrowEvent(FlowNode):
    """An intermediate throw event."""

    def check(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        """Fail before the instance counts as activated."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        element, event = instance.element, instance.element.event
        if event.kind == "message":
            lifecycle.jobs.create_for(instance, present(element.job), dict(element.headers))
            return
        if event.kind == "link":
            instance.link = present(event.name).text
        elif event.kind == "signal":
            lifecycle.broadcast_soon(instance, lifecycle.variables.text(present(event.name), instance))
        elif event.kind == "escalation":
            code = lifecycle.variables.text(present(event.name), instance)
            caught = lifecycle.events.throw_escalation(instance, code)
            if caught == "interrupting":
                return
        lifecycle.complete_soon(instance)


class EndEvent(ThrowEvent):
    """Ends a path, perhaps with an event."""

    def check(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        event = instance.element.event
        if event.kind == "error" and event.name is not None:
            code = lifecycle.variables.text(event.name, instance)
            if not lifecycle.events.catches_error(instance, code):
                raise Failure(
                    "UNHANDLED_ERROR_EVENT",
                    f"Expected to throw an error event with the code '{code}', but it was not caught. "
                    f"{lifecycle.events.catchable(instance)}",
                )

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        event = instance.element.event
        if event.kind == "error" and event.name is not None:
            lifecycle.events.throw_error(instance, lifecycle.variables.text(event.name, instance), {})
            return
        super().activate(lifecycle, instance)
        if event.kind == "terminate":
            lifecycle.end_scope_soon(instance)


class SubProcess(FlowNode):
    """An embedded sub-process, or an event sub-process that has been triggered."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        lifecycle.open_scope(instance)


class CallActivity(FlowNode):
    """Runs another process and waits for it."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        lifecycle.call(instance)


class ExclusiveGateway(FlowNode):
    """Takes the first flow whose condition holds."""

    at_once = True

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        element = instance.element
        chosen = lifecycle.choose(instance, first_only=True)
        if not chosen and element.outgoing:
            raise Failure(
                "CONDITION_ERROR",
                "Expected at least one condition to evaluate to true, or to have a default flow",
            )
        instance.flows = chosen


class InclusiveGateway(FlowNode):
    """Takes every flow whose condition holds."""

    at_once = True

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        chosen = lifecycle.choose(instance, first_only=False)
        if not chosen and instance.element.outgoing:
            raise Failure(
                "CONDITION_ERROR",
                "Expected at least one condition to evaluate to true, or to have a default flow",
            )
        instance.flows = chosen


class ParallelGateway(FlowNode):
    """Waits for a token on every incoming flow, then takes every outgoing one."""

    at_once = True

    def _update(self, my_task: Any) -> None:
        if len(self.element.incoming) < 2 or "flow" not in my_task.internal_data:
            my_task._ready()
            return
        scope = my_task.workflow.scope
        waiting: dict[str, list[Any]] = scope.arrivals.setdefault(self.element.id, {})
        waiting.setdefault(my_task.internal_data["flow"].id, []).append(my_task)
        if any(not waiting.get(flow.id) for flow in self.element.incoming):
            my_task._set_state(TaskState.WAITING)
            return
        for flow in self.element.incoming:
            token = waiting[flow.id].pop(0)
            if token is not my_task:
                token.cancel()
                scope.tokens -= 1
        my_task._ready()

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        """Nothing is left to do."""


class EventBasedGateway(FlowNode):
    """Waits for the first of the events behind it."""

    def activate(self, lifecycle: Lifecycle, instance: ElementInstance) -> None:
        for flow in instance.element.outgoing:
            lifecycle.events.subscribe(instance, instance.process.definition.elements[flow.target])

    def outgoing(self, instance: ElementInstance) -> list[Flow]:
        chosen = instance.chosen
        return [flow for flow in instance.element.outgoing if chosen is not None and flow.target == chosen.id]
