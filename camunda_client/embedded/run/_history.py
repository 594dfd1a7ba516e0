"""What happened to each process instance, for assertions: elements, flows, jobs, variables, incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from camunda_client.embedded.model import DecisionRecord

#: Kinds that nothing drawn inside a process stands for.
NOT_VISITED = ("PROCESS", "AD_HOC_SUB_PROCESS_INNER_INSTANCE")


class ElementRecord(NamedTuple):
    """An element instance changed its state: ACTIVATED, COMPLETED, TERMINATED; flows are TAKEN."""

    element_id: str
    kind: str
    state: str
    key: int
    at_ms: int
    #: The element instance that it is in; 0: none, or it is a flow.
    scope_key: int = 0


class VariableRecord(NamedTuple):
    """A variable was written in the scope of an element."""

    scope_id: str
    scope_key: int
    name: str
    value: Any
    at_ms: int


class JobRecord(NamedTuple):
    """A job changed: CREATED, ACTIVATED, COMPLETED, FAILED, ERROR_THROWN, TIMED_OUT (its lease), CANCELED."""

    state: str
    job_key: int
    job_type: str
    element_id: str
    retries: int
    worker: str
    at_ms: int
    #: Of a failure or an error.
    message: str = ""
    error_code: str = ""
    #: Milliseconds until a failed job is offered again.
    back_off_ms: int = 0
    #: What the command brought.
    variables: Mapping[str, Any] = {}
    element_instance_key: int = 0
    kind: str = "BPMN_ELEMENT"
    listener_event_type: str = "UNSPECIFIED"
    priority: int = 0
    deadline_ms: int = -1
    #: Why a task listener denied what was to happen; None if it did not.
    denied_reason: str | None = None


class UserTaskRecord(NamedTuple):
    """A user task changed: CREATED, COMPLETED or CANCELED; assignments and updates leave it CREATED.

    While its listeners are heard: CREATING, ASSIGNING, UPDATING, COMPLETING, CANCELING.
    """

    state: str
    key: int
    element_id: str
    element_instance_key: int
    assignee: str
    candidate_groups: list[str]
    candidate_users: list[str]
    due_date: str
    follow_up_date: str
    priority: int
    form_key: str
    external_reference: str
    at_ms: int


class MessageRecord(NamedTuple):
    """A message subscription changed: CREATED, CORRELATED or DELETED; a start event's is only CORRELATED."""

    state: str
    element_id: str
    #: Of who waits; 0 for a start event, which nothing waits at.
    element_instance_key: int
    name: str
    correlation_key: str
    at_ms: int
    #: Of the message that was correlated.
    message_key: int = 0


class Incident:
    """One obstacle. ``open`` ends with its resolution, or with its element instance."""

    __slots__ = ("closed_ms", "created_ms", "element_id", "element_instance_key", "error_type", "job_key", "key",
                 "message", "open", "process_instance_key", "resolve")  # fmt: skip

    def __init__(
        self, key: int, error_type: str, message: str, element_id: str, element_instance_key: int,
        process_instance_key: int, resolve: Callable[[], None],
    ) -> None:  # fmt: skip
        self.key = key
        self.error_type = error_type
        self.message = message
        self.element_id = element_id
        self.element_instance_key = element_instance_key
        self.process_instance_key = process_instance_key
        self.job_key: int | None = None
        self.open = True
        self.resolve = resolve
        self.created_ms = 0
        self.closed_ms: int | None = None

    def __repr__(self) -> str:
        return f"<incident {self.key} at {self.element_id}: {self.error_type}: {self.message}>"


#: Those lists of a history that hold records.
_RECORDS: dict[str, type[ElementRecord | JobRecord | MessageRecord | UserTaskRecord | VariableRecord]] = {
    "elements": ElementRecord, "jobs": JobRecord, "messages": MessageRecord, "user_tasks": UserTaskRecord,
    "written": VariableRecord,
}  # fmt: skip


@dataclass(slots=True)
class InstanceHistory:
    """The life of one process instance, kept after its end."""

    process_id: str
    process_instance_key: int
    process_definition_key: int
    version: int
    tenant_id: str
    state: str = "ACTIVE"
    elements: list[ElementRecord] = field(default_factory=list)
    jobs: list[JobRecord] = field(default_factory=list)
    user_tasks: list[UserTaskRecord] = field(default_factory=list)
    messages: list[MessageRecord] = field(default_factory=list)
    #: What its business rule tasks evaluated.
    decisions: list[DecisionRecord] = field(default_factory=list)
    written: list[VariableRecord] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    business_id: str = ""
    #: Of the call activity that called it, and of the first instance in the chain of calls.
    parent_key: int | None = None
    parent_element_key: int | None = None
    root_key: int | None = None
    now_ms: Any = None

    def __getstate__(self) -> list[Any]:
        """Return the fields, records as tuples: there are some twenty for each instance, and thousands of instances."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return [list(map(tuple, value)) if name in _RECORDS else value for name, value in values]

    def __setstate__(self, state: list[Any]) -> None:
        for name, value in zip(self.__slots__, state, strict=True):
            setattr(self, name, list(map(_RECORDS[name]._make, value)) if name in _RECORDS else value)

    @property
    def path(self) -> list[str]:
        """Ids of the elements visited, in order of activation, without the process and the flows."""
        return [r.element_id for r in self.elements if r.state == "ACTIVATED" and r.kind not in NOT_VISITED]

    @property
    def flows(self) -> list[str]:
        """Ids of the sequence flows taken, in order."""
        return [record.element_id for record in self.elements if record.state == "TAKEN"]

    @property
    def completed(self) -> list[str]:
        """Ids of the elements that completed, in order."""
        return [r.element_id for r in self.elements if r.state == "COMPLETED" and r.kind not in NOT_VISITED]

    @property
    def terminated(self) -> list[str]:
        """Ids of the elements that were terminated, in order."""
        return [r.element_id for r in self.elements if r.state == "TERMINATED" and r.kind not in NOT_VISITED]

    @property
    def active(self) -> list[str]:
        """Ids of the elements that are active now, in order of activation."""
        alive: dict[int, str] = {}
        for record in self.elements:
            if record.state == "ACTIVATED" and record.kind not in NOT_VISITED:
                alive[record.key] = record.element_id
            else:
                alive.pop(record.key, None)
        return list(alive.values())

    @property
    def open_incidents(self) -> list[Incident]:
        """Incidents that are not resolved and whose element still waits."""
        return [incident for incident in self.incidents if incident.open]

    def element(self, element_id: str, kind: str, state: str, key: int, scope_key: int) -> None:
        """Record an element instance's change of state."""
        self.elements.append(ElementRecord(element_id, kind, state, key, self.now_ms(), scope_key))

    def flow(self, flow_id: str) -> None:
        """Record a sequence flow taken."""
        self.elements.append(ElementRecord(flow_id, "SEQUENCE_FLOW", "TAKEN", 0, self.now_ms()))

    def message(self, state: str, element_id: str, key: int, name: str, correlation_key: str, message_key: int) -> None:
        """Record what became of a message subscription."""
        record = MessageRecord(state, element_id, key, name, correlation_key, self.now_ms(), message_key)
        self.messages.append(record)

    def variable(self, scope_id: str, scope_key: int, name: str, value: Any, *, of_process: bool) -> None:
        """Record a variable written; one ``of_process`` is among the instance's own from now on."""
        self.written.append(VariableRecord(scope_id, scope_key, name, value, self.now_ms()))
        if of_process:
            self.variables[name] = value

    def describe(self) -> str:
        """Return the path, the variables and the incidents as text, for a failing assertion."""
        lines = [f"{self.process_id} version {self.version}, instance {self.process_instance_key}: {self.state}"]
        lines.append("  path: " + (" > ".join(self.path) or "(nothing was activated)"))
        if self.active:
            lines.append("  active now: " + ", ".join(self.active))
        if self.terminated:
            lines.append("  terminated: " + ", ".join(self.terminated))
        lines.append("  variables: " + (", ".join(f"{k}={v!r}" for k, v in self.variables.items()) or "(none)"))
        for incident in self.incidents:
            word = "open" if incident.open else "resolved"
            lines.append(f"  incident at {incident.element_id} ({word}): {incident.error_type}: {incident.message}")
        return "\n".join(lines)


class Histories:
    """The histories of all instances that run, and of those that ended last."""

    def __init__(self, now_ms: Callable[[], int], limit: int) -> None:
        self._now_ms = now_ms
        #: Ended instances whose history is kept; the oldest are forgotten first.
        self.limit = limit
        self.by_key: dict[int, InstanceHistory] = {}
        self.ended_keys: dict[int, None] = {}

    def begin(
        self, process_id: str, process_instance_key: int, process_definition_key: int, version: int, tenant_id: str
    ) -> InstanceHistory:
        """Return the history of an instance that begins."""
        history = InstanceHistory(process_id, process_instance_key, process_definition_key, version, tenant_id)
        history.now_ms = self._now_ms
        self.by_key[process_instance_key] = history
        return history

    def end(self, process_instance_key: int) -> None:
        """Note that an instance has ended, and forget the oldest ones beyond the limit."""
        self.ended_keys[process_instance_key] = None
        while len(self.ended_keys) > self.limit:
            oldest = next(iter(self.ended_keys))
            del self.ended_keys[oldest]
            self.by_key.pop(oldest, None)
