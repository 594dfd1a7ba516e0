"""What runs: process instances, and the element instances in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from camunda_client.embedded.model._element import Element, Flow

if TYPE_CHECKING:
    from camunda_client.embedded.model._deployments import Definition
    from camunda_client.embedded.model._specs import FlowNode, InstanceWorkflow, ScopeWorkflow
    from camunda_client.embedded.run._events import Subscription
    from camunda_client.embedded.run._history import InstanceHistory
    from camunda_client.embedded.run._incidents import Incident


class ElementInstance:
    """One activation of an element; a scope if it can hold others.

    ``tokens`` counts what is alive directly inside: active children, and tokens between elements.
    A scope completes when it reaches zero.
    """

    __slots__ = (
        "arrivals", "body", "called", "children", "chosen", "element", "event_variables", "flows", "incident",
        "interrupted", "items", "job", "key", "kind", "link", "listener", "loop_counter", "process", "scope", "spec",
        "started", "state", "subscriptions", "task", "tokens", "triggered", "user_task", "variables", "workflow",
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
        self.job: Any = None
        self.user_task: Any = None
        self.listener = 0
        self.called: ProcessInstance | None = None
        self.subscriptions: list[Subscription] = []
        self.interrupted = False
        self.incident: Incident | None = None
        self.body = False
        self.items: list[Any] = []
        self.started = 0
        self.loop_counter = 0

    @property
    def alive(self) -> bool:
        """Whether it has neither completed nor been terminated."""
        return self.state not in ("COMPLETED", "TERMINATED")

    def __repr__(self) -> str:
        return f"<{self.kind} {self.element.id} {self.key} {self.state}>"


class ProcessInstance:
    """One run of a process."""

    __slots__ = (
        "business_id", "caller", "correlation_key", "definition", "elements", "history", "key", "on_end", "root",
        "state", "tags", "tenant_id",
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
        #: Told when it has ended; nobody is by an engine that was killed meanwhile.
        self.on_end: Callable[[InstanceHistory], None] | None = None
        self.state = "ACTIVE"
        self.tags: list[str] = []
        self.business_id = ""

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Return what a snapshot keeps: not who is told of the end."""
        return None, {name: None if name == "on_end" else getattr(self, name) for name in self.__slots__}

    @property
    def outermost(self) -> ProcessInstance:
        """The instance that nobody called, at the beginning of the chain of calls."""
        at = self
        while at.caller is not None:
            at = at.caller.process
        return at
