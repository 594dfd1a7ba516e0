"""SpiffWorkflow's side of what runs: tokens, and the workflows of process instances and sub-processes they move in.

Started tasks are moved on by the life cycle, which their specs find through the task's workflow.
"""

from __future__ import annotations

from typing import Any, Protocol

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from camunda_client.embedded.model import Driver, FlowNode, ScopeSpec


class Scope(Protocol):
    """The element instance that a workflow is the inside of."""

    task: Any
    #: What is alive directly inside.
    tokens: int
    #: Tasks that wait at a join, by its id and by the id of the flow they came by.
    arrivals: dict[str, dict[str, list[Any]]]


class Token(Task):  # type: ignore[misc]
    """A Spiff task that logs nothing: to prepare what it would log takes a fifth of an engine's time, logged or not."""

    def _add_child(self, task_spec: TaskSpec, state: int = TaskState.MAYBE) -> Token:
        return Token(self.workflow, task_spec, self, state=state)

    def _set_state(self, value: int) -> None:
        self._state = value

    def child(self, spec: FlowNode) -> Token:
        """Return a new token behind this one, before an element."""
        token = Token(self.workflow, spec, self, state=TaskState.FUTURE)
        token.triggered = True
        return token

    @property
    def is_ready(self) -> bool:
        """Whether it may enter its element."""
        ready: bool = self._state == TaskState.READY
        return ready

    @property
    def has_not_entered(self) -> bool:
        """Whether it stands before its element, or on the way there."""
        return bool(self.has_state(TaskState.READY | TaskState.WAITING | TaskState.FUTURE))

    def wait(self) -> None:
        """Stand before a join."""
        self._state = TaskState.WAITING

    def start(self) -> None:
        """Be in its element. Not Spiff's ``run()``: a gateway has completed when its spec has been run."""
        self._state = TaskState.STARTED

    def end(self) -> None:
        """Go no further."""
        if not self.has_state(TaskState.FINISHED_MASK):
            self.cancel()


#: Spiff makes one for each workflow; ours run no Python.
_NO_SCRIPTS = PythonScriptEngine()
#: What a workflow has of Spiff's that we make no use of, and a snapshot has not.
_SPIFFS_OWN = ("_BpmnWorkflow__script_engine", "event_manager")


class InstanceWorkflow(BpmnWorkflow):  # type: ignore[misc]
    """The Spiff workflow of one process instance."""

    def __init__(self, spec: ScopeSpec, lifecycle: Driver, scope: Scope) -> None:
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

    def __init__(self, spec: ScopeSpec, lifecycle: Driver, scope: Scope) -> None:
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


def waits_for_all(task: Any) -> bool:
    """Whether a token has to wait before a parallel gateway for one on each of the other flows into it.

    The last one goes on for all of them.
    """
    element = task.task_spec.element
    scope: Scope = task.workflow.scope
    waiting = scope.arrivals.setdefault(element.id, {})
    waiting.setdefault(task.internal_data["flow"].id, []).append(task)
    if any(not waiting.get(flow.id) for flow in element.incoming):
        task.wait()
        return True
    for flow in element.incoming:
        token = waiting[flow.id].pop(0)
        if token is not task:
            token.cancel()
            scope.tokens -= 1
    return False
