"""SpiffWorkflow's specs for Camunda's elements, shared by all instances of a process.

A token is a Spiff task. Spiff predicts all possible futures of a task and copies its data onward; both
cost more than everything else together and Camunda knows neither (variables live in scopes). So these
specs create a task only when its sequence flow is taken, and keep no data in it. What becomes of a task its
workflow's :class:`Driver` decides.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from camunda_client.embedded.model._element import Element

# Spiff logs every workflow at INFO. To see that, set the level before this module is imported.
for _name in ("spiff.task", "spiff.workflow"):
    if logging.getLogger(_name).level == logging.NOTSET:
        logging.getLogger(_name).setLevel(logging.WARNING)

#: What Spiff calls the root of every task tree. It shares one space of names with the elements, whose ids are NCNames:
#: this can be none. Spiff's own "Root" is an id a model may use, as "Start" and "End" are.
ROOT = "[root]"


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


class Driver(Protocol):
    """What moves the tasks of a workflow, which has it as its ``lifecycle``."""

    def reached(self, task: Any) -> None:
        """A flow has led the task to its element."""

    def arrived(self, task: Any) -> None:
        """The task is ready to enter its element."""

    def enter(self, task: Any) -> None:
        """The task enters its element."""


class FlowNode(BpmnSpecMixin):  # type: ignore[misc]
    """An element of a process."""

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
        my_task.workflow.lifecycle.reached(my_task)

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
