"""What a deployed BPMN model says, read once. Nothing here changes while instances run.

Kinds of elements bear the names of Camunda's records (``SERVICE_TASK``, ``BOUNDARY_EVENT``), so that
a history can be laid beside a real engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded.model._expressions import Expression

#: What a user task's priority may be.
PRIORITIES = range(101)
#: When a listener of a multi-instance activity is called that all iterations wait for.
BEFORE_ALL = "beforeAll"
#: What a job's priority may be.
INT32 = range(-(1 << 31), 1 << 31)


@dataclass(slots=True)
class Mapping:
    """One ``zeebe:input`` or ``zeebe:output``: an expression, and a variable (or ``a.b``) to write."""

    source: Expression
    target: str


@dataclass(slots=True)
class JobDefinition:
    """What a ``zeebe:taskDefinition`` says, and the ``zeebe:jobPriorityDefinition`` beside it; expressions, all."""

    type: Expression
    retries: Expression
    #: None: that of the process.
    priority: Expression | None = None


@dataclass(slots=True)
class Listener:
    """A ``zeebe:executionListener``: a job before an element starts or after it ends; or a ``zeebe:taskListener``."""

    event: str
    job: JobDefinition
    #: Besides those of its element.
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """What a catch event waits for, or a throw event causes.

    ``kind`` is none, message, signal, timer, error, escalation, terminate, link, compensation or
    conditional. ``name`` is the
    name of the message, signal or link, or the code of the error or escalation (None catches any code).
    ``activity_id`` is whom a compensation is thrown for ("" = whatever has completed).
    """

    kind: str = "none"
    name: Expression | None = None
    correlation_key: Expression | None = None
    timer_kind: str = ""
    timer: Expression | None = None
    activity_id: str = ""
    #: Of a conditional event: the variables that it depends on, and the kinds of changes that count.
    condition: Expression | None = None
    variables: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


@dataclass(slots=True)
class MultiInstance:
    """A ``zeebe:loopCharacteristics``."""

    sequential: bool
    collection: Expression
    element: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    completion: Expression | None = None


@dataclass(slots=True)
class AdHoc:
    """What is special about an ad-hoc sub-process; without a job, that decides."""

    active: Expression | None
    completion: Expression | None
    cancel_remaining: bool
    output_collection: str | None
    output_element: Expression | None
    #: Whether each element that is activated has a scope of its own (8.8).
    has_inner_instances: bool
    #: What can be activated, by id: each as ``adHocSubProcessElements`` describes it.
    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: The spec of those scopes.
    inner: Any = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Which version of a process, decision or form is meant.

    The ``latest``, that of the same ``deployment``, or the latest that has a tag (``versionTag``).
    """

    type: str = "latest"
    version_tag: str | Expression = ""


#: Of elements that say nothing.
LATEST = Binding()


@dataclass(slots=True)
class CalledProcess:
    """A ``zeebe:calledElement``."""

    process_id: Expression
    all_child_variables: bool = True
    all_parent_variables: bool = True
    #: None: that of the caller.
    business_id: Expression | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A ``zeebe:linkedResource``: a deployed file whose key a job brings along."""

    resource_id: Expression
    type: str
    name: str | None
    binding: Binding = LATEST


@dataclass(slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: Expression | None = None


@dataclass(slots=True, eq=False)
class Element:
    """One element of a process, with everything the engine wants to know of it."""

    id: str
    kind: str
    name: str = ""
    parent: str = ""
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    default: str | None = None
    inputs: list[Mapping] = field(default_factory=list)
    outputs: list[Mapping] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    job: JobDefinition | None = None
    links: list[Link] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    event: Event = field(default_factory=Event)
    attached_to: str | None = None
    interrupting: bool = True
    boundaries: list[Element] = field(default_factory=list)
    event_subprocesses: list[Element] = field(default_factory=list)
    #: Of an activity: those of its boundary events that have it undone; of such an event: the one activity that does.
    compensations: list[Element] = field(default_factory=list)
    handlers: list[Element] = field(default_factory=list)
    for_compensation: bool = False
    starts: list[Element] = field(default_factory=list)
    multi_instance: MultiInstance | None = None
    called: CalledProcess | None = None
    ad_hoc: AdHoc | None = None
    #: Documentation and properties of what is inside an ad-hoc sub-process.
    described: dict[str, Any] | None = None
    user_task: dict[str, Any] | None = None
    #: Of the process, decision or form that the element names.
    binding: Binding = LATEST
    task_listeners: list[Listener] = field(default_factory=list)
    script: Expression | None = None
    decision: Expression | None = None
    result_variable: str = ""
    #: Of a process.
    version_tag: str = ""
    #: Of the jobs of a process that have none of their own.
    job_priority: Expression | None = None

    @property
    def start(self) -> Element:
        """The start event of an event sub-process."""
        return self.starts[0]

    def catches_link(self, name: str) -> bool:
        """Whether it is the event that a link of that name leads to."""
        event = self.event
        is_link = self.kind == "INTERMEDIATE_CATCH_EVENT" and event.kind == "link"
        return is_link and event.name is not None and event.name.text == name

    def flow(self, flow_id: str | None) -> Flow | None:
        """Return the outgoing flow of that id."""
        return next((flow for flow in self.outgoing if flow.id == flow_id), None)
