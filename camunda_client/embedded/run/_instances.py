"""What runs: process instances, the element instances in them, and what those wait for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded._rejections import Rejection
from camunda_client.embedded.model import BEFORE_ALL, Cycle, Definition, Element, Flow, FlowNode
from camunda_client.embedded.run._history import Incident, InstanceHistory, JobRecord, UserTaskRecord
from camunda_client.embedded.run._schedule import Entry
from camunda_client.embedded.run._workflows import InstanceWorkflow, ScopeWorkflow

ACTIVATABLE, ACTIVATED, FAILED, ERROR_THROWN = "ACTIVATABLE", "ACTIVATED", "FAILED", "ERROR_THROWN"
#: What a job belongs to.
BPMN_ELEMENT, EXECUTION_LISTENER, TASK_LISTENER = "BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER"
AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"
#: Called when what was asked for has happened, or was refused.
Settle = Callable[[Rejection | None], None] | None
#: What a task has that is given none.
DEFAULT_PRIORITY = 50


class ElementInstance:
    """One activation of an element; a scope if it can hold others.

    ``tokens`` counts what is alive directly inside: active children, and tokens between elements.
    A scope completes when it reaches zero.
    """

    __slots__ = (
        "arrivals", "body", "called", "children", "chosen", "completed", "element", "event_variables", "flows",
        "incident", "interrupted", "items", "job", "joining", "key", "kind", "link", "listener", "loop_counter",
        "process", "scope", "spec", "started", "state", "subscriptions", "task", "tokens", "triggered", "undoes",
        "undoing", "user_task", "variables", "workflow",
    )  # fmt: skip

    def __init__(self, key: int, element: Element, process: ProcessInstance, scope: ElementInstance | None) -> None:
        self.key = key
        self.element = element
        self.kind = element.kind
        self.process = process
        self.scope = scope
        self.spec: FlowNode | None = None
        self.task: Any = None
        self.state = "ACTIVATING"
        self.variables: dict[str, Any] = {}
        self.tokens = 0
        self.children: dict[int, ElementInstance] = {}
        self.arrivals: dict[str, dict[str, list[Any]]] = {}
        self.workflow: InstanceWorkflow | ScopeWorkflow | None = None
        self.event_variables: dict[str, Any] | None = None
        self.triggered = False
        self.flows: list[Flow] | None = None
        self.chosen: Element | None = None
        self.link: str | None = None
        self.job: Job | None = None
        self.user_task: UserTask | None = None
        self.listener = 0
        self.called: ProcessInstance | None = None
        self.subscriptions: list[Subscription] = []
        self.interrupted = False
        self.incident: Incident | None = None
        self.body = False
        self.items: list[Any] = []
        self.started = 0
        self.loop_counter = 0
        #: Of a scope: the inclusive gateways that tokens wait before.
        self.joining: set[str] | None = None
        #: Of a scope: what has completed in it and can be undone.
        self.completed: list[Any] | None = None
        #: Of a compensation handler: the throw event that waits for it; of that event: how many it waits for.
        self.undoes: ElementInstance | None = None
        self.undoing = 0

    @property
    def alive(self) -> bool:
        """Whether it has neither completed nor been terminated."""
        return self.state not in ("COMPLETED", "TERMINATED")

    @property
    def recorded_kind(self) -> str:
        """Its kind, as Camunda's records have it."""
        return "MULTI_INSTANCE_BODY" if self.body else self.kind

    def become(self, state: str) -> None:
        """Change its state, and put that on record."""
        self.state = state
        kind = "MULTI_INSTANCE_BODY" if self.body else self.kind
        scope_key = 0 if self.scope is None else self.scope.key
        self.process.history.element(self.element.id, kind, state, self.key, scope_key)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.element.id} {self.key} {self.state}>"


class ProcessInstance:
    """One run of a process."""

    __slots__ = (
        "business_id", "caller", "changes", "conditions", "correlation_key", "definition", "elements",
        "end_after", "held", "history", "key",
        "on_end", "root", "state", "tags", "tenant_id",
    )  # fmt: skip

    def __init__(self, key: int, definition: Definition, tenant_id: str, history: InstanceHistory) -> None:
        self.key = key
        self.definition = definition
        self.tenant_id = tenant_id
        self.history = history
        self.root = ElementInstance(key, definition.process.root, self, None)
        self.elements: dict[int, ElementInstance] = {key: self.root}
        self.caller: ElementInstance | None = None
        self.correlation_key: str | None = None
        #: Called when it has ended; an engine that was killed meanwhile calls nothing.
        self.on_end: Callable[[InstanceHistory], None] | None = None
        self.state = "ACTIVE"
        self.tags: list[str] = []
        self.business_id = ""
        #: Conditional events that are waited for, and variables that were written since they were looked at.
        self.conditions: list[Subscription] = []
        self.changes: list[tuple[ElementInstance, str, str]] = []
        #: Tokens that wait until its start listeners were called.
        self.held: list[Any] = []
        #: Elements after which it is terminated.
        self.end_after: frozenset[str] = frozenset()

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Return what a snapshot keeps: not who waits for the end."""
        return None, {name: None if name == "on_end" else getattr(self, name) for name in self.__slots__}

    @property
    def outermost(self) -> ProcessInstance:
        """The instance that was not called by another, at the beginning of the chain of calls."""
        at = self
        while at.caller is not None:
            at = at.caller.process
        return at


@dataclass(slots=True, eq=False)
class Subscription:
    """An element instance waits for an event on behalf of a catching element."""

    owner: ElementInstance
    catcher: Element
    kind: str
    name: str = ""
    correlation_key: str = ""
    due_ms: int = 0
    entry: Entry | None = None
    cycle: Cycle | None = None
    open: bool = True
    #: Whether a message has ended it.
    spent: bool = False

    @property
    def process_id(self) -> str:
        """The id of the process that waits; a message goes to each process once."""
        return self.owner.process.definition.process_id

    @property
    def tenant_id(self) -> str:
        """Whose subscription it is."""
        return self.owner.process.tenant_id


class Job:
    """A piece of work for a worker."""

    __slots__ = ("business_id", "deadline_ms", "due", "error_message", "headers", "incident", "instance", "key", "kind",
                 "lease_token", "leases", "listener_phase", "priority", "retries", "state", "type",
                 "worker")  # fmt: skip

    def __init__(
        self, key: int, job_type: str, retries: int, headers: dict[str, str], instance: ElementInstance,
        kind: str = BPMN_ELEMENT, phase: str | None = None, priority: int = 0,
    ) -> None:  # fmt: skip
        self.key = key
        self.kind = kind
        self.type = job_type
        self.retries = retries
        self.headers = headers
        self.instance = instance
        self.state = ACTIVATABLE
        self.worker = ""
        self.deadline_ms = -1
        self.error_message = ""
        #: What its listener is about: ``start``, ``end``, or the event of a user task.
        self.listener_phase = phase
        self.incident: Incident | None = None
        self.due: Entry | None = None
        self.priority = priority
        #: As it was when the job was created; one that the instance is given later is not the job's.
        self.business_id = instance.process.business_id
        #: Of the latest lease that has one; empty as long as no worker has asked for any.
        self.lease_token = ""
        self.leases = 0

    @property
    def listener_event_type(self) -> str:
        """What its listener is about, as Camunda names it."""
        phase = self.listener_phase or "unspecified"
        return "BEFORE_ALL" if phase == BEFORE_ALL else phase.upper()

    def lease_with_token(self) -> None:
        """Give it a token that no earlier lease had. A replay finds the same again, so it is not a random value."""
        self.leases += 1
        self.lease_token = f"{self.key}-{self.leases}"

    @property
    def tenant_id(self) -> str:
        """Whose job it is."""
        return self.instance.process.tenant_id

    @property
    def element_id(self) -> str:
        """The id of the element that waits for it."""
        return self.instance.element.id

    @property
    def process_instance_key(self) -> int:
        """The key of the instance it belongs to."""
        return self.instance.process.key

    def record(self, state: str, **details: Any) -> None:
        """Put on record what happened to it, with the details that the command brought."""
        history = self.instance.process.history
        if self.kind != BPMN_ELEMENT:
            details |= {"kind": self.kind, "listener_event_type": self.listener_event_type}
        history.jobs.append(
            JobRecord(
                state, self.key, self.type, self.element_id, self.retries, self.worker, history.now_ms(),
                element_instance_key=self.instance.key, priority=self.priority, deadline_ms=self.deadline_ms, **details,
            )
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<job {self.key} {self.type!r} {self.state} retries={self.retries}>"


@dataclass(slots=True, eq=False)
class Transition:
    """What is about to happen to a user task, once all its listeners for that were heard."""

    #: ``creating``, ``assigning``, ``updating``, ``completing`` or ``canceling``.
    event: str
    #: Values of the task that it brings.
    changes: dict[str, Any] = field(default_factory=dict)
    #: What the request calls it.
    action: str = ""
    #: Variables that it brings, and whether they stay in the task's own scope.
    variables: dict[str, Any] | None = None
    local: bool = False
    #: How many listeners were heard, and what they corrected.
    heard: int = 0
    corrections: dict[str, Any] = field(default_factory=dict)
    #: Who waits for it; an engine that was killed meanwhile calls nothing.
    settle: Settle = None
    #: What goes on after a cancellation.
    then: Callable[[], None] | None = None

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Return what a snapshot keeps: not who waits."""
        return None, {name: None if name == "settle" else getattr(self, name) for name in self.__slots__}


class UserTask:
    """A task that waits for a person."""

    __slots__ = (
        "assigned_by_model",
        "assignee",
        "candidate_groups",
        "candidate_users",
        "denied",
        "due_date",
        "external_reference",
        "follow_up_date",
        "form_key",
        "instance",
        "key",
        "priority",
        "state",
        "transition",
    )

    def __init__(self, key: int, instance: ElementInstance) -> None:
        self.key = key
        self.instance = instance
        #: ``CREATED``; or what is about to happen to it, as ``COMPLETING``.
        self.state = "CREATED"
        self.transition: Transition | None = None
        #: Why a listener denied what was to happen last; None if nothing was denied.
        self.denied: str | None = None
        self.assigned_by_model = False
        self.assignee = ""
        self.candidate_groups: list[str] = []
        self.candidate_users: list[str] = []
        self.due_date = ""
        self.follow_up_date = ""
        self.priority = DEFAULT_PRIORITY
        self.form_key = ""
        self.external_reference = ""

    def record(self, state: str = "CREATED") -> None:
        """Put on record how it stands."""
        history = self.instance.process.history
        history.user_tasks.append(
            UserTaskRecord(
                state, self.key, self.instance.element.id, self.instance.key, self.assignee,
                list(self.candidate_groups), list(self.candidate_users), self.due_date, self.follow_up_date,
                self.priority, self.form_key, self.external_reference, history.now_ms(),
            )
        )  # fmt: skip
