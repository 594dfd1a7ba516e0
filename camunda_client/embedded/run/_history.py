"""What happened to each process instance, for assertions: elements, flows, jobs, variables, incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from camunda_client.embedded.run._incidents import Incident
    from camunda_client.embedded.run._instances import ElementInstance
    from camunda_client.embedded.run._jobs import Job


class ElementRecord(NamedTuple):
    """An element instance changed its state: ACTIVATED, COMPLETED, TERMINATED; flows are TAKEN."""

    element_id: str
    kind: str
    state: str
    key: int
    at_ms: int


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


#: Those lists of a history that hold records.
_RECORDS: dict[str, type[ElementRecord | JobRecord | VariableRecord]] = {
    "elements": ElementRecord, "jobs": JobRecord, "written": VariableRecord,
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
    written: list[VariableRecord] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
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
        return [r.element_id for r in self.elements if r.state == "ACTIVATED" and r.kind != "PROCESS"]

    @property
    def flows(self) -> list[str]:
        """Ids of the sequence flows taken, in order."""
        return [record.element_id for record in self.elements if record.state == "TAKEN"]

    @property
    def completed(self) -> list[str]:
        """Ids of the elements that completed, in order."""
        return [r.element_id for r in self.elements if r.state == "COMPLETED" and r.kind != "PROCESS"]

    @property
    def terminated(self) -> list[str]:
        """Ids of the elements that were terminated, in order."""
        return [r.element_id for r in self.elements if r.state == "TERMINATED" and r.kind != "PROCESS"]

    @property
    def active(self) -> list[str]:
        """Ids of the elements that are active now, in order of activation."""
        alive: dict[int, str] = {}
        for record in self.elements:
            if record.state == "ACTIVATED" and record.kind != "PROCESS":
                alive[record.key] = record.element_id
            else:
                alive.pop(record.key, None)
        return list(alive.values())

    @property
    def open_incidents(self) -> list[Incident]:
        """Incidents nobody has resolved and whose element still waits."""
        return [incident for incident in self.incidents if incident.open]

    def element(self, instance: ElementInstance, state: str) -> None:
        """Record a change of state."""
        kind = "MULTI_INSTANCE_BODY" if instance.body else instance.kind
        self.elements.append(ElementRecord(instance.element.id, kind, state, instance.key, self.now_ms()))

    def flow(self, flow_id: str) -> None:
        """Record a sequence flow taken."""
        self.elements.append(ElementRecord(flow_id, "SEQUENCE_FLOW", "TAKEN", 0, self.now_ms()))

    def job(self, job: Job, state: str, **told: Any) -> None:
        """Record what happened to a job, with what the command told."""
        self.jobs.append(
            JobRecord(state, job.key, job.type, job.element_id, job.retries, job.worker, self.now_ms(), **told)
        )

    def variable(self, instance: ElementInstance, name: str, value: Any) -> None:
        """Record a variable written."""
        self.written.append(VariableRecord(instance.element.id, instance.key, name, value, self.now_ms()))
        if instance.scope is None:
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
