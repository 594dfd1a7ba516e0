"""What deployments bring: versions of processes, decision graphs, forms and other files."""

from __future__ import annotations

from dataclasses import dataclass, field

from camunda_client.embedded._rejections import invalid_state
from camunda_client.embedded.model._element import Element
from camunda_client.embedded.model._logic import Decision, Graph
from camunda_client.embedded.model._parser import Process


@dataclass(slots=True, eq=False)
class Definition:
    """One version of a process."""

    key: int
    process_id: str
    version: int
    resource_name: str
    checksum: str
    tenant_id: str
    process: Process
    #: The document, as it was deployed.
    content: bytes = b""
    deployment_key: int = 0

    @property
    def version_tag(self) -> str:
        """What its author calls the version; empty: nothing."""
        return self.process.root.version_tag

    @property
    def elements(self) -> dict[str, Element]:
        """The elements by id."""
        return self.process.elements

    @property
    def flow_ids(self) -> set[str]:
        """The ids of the sequence flows."""
        return {flow.id for element in self.elements.values() for flow in element.outgoing}

    def scopes_around(self, element: Element) -> list[Element]:
        """Return the scopes an element is in, outermost (the process) first."""
        around: list[Element] = []
        at = element
        while at.parent:
            at = self.elements[at.parent]
            around.insert(0, at)
        return around

    def is_behind_event_gateway(self, element: Element) -> bool:
        """Whether an element is one of the events an event-based gateway waits for."""
        return any(self.elements[flow.source].kind == "EVENT_BASED_GATEWAY" for flow in element.incoming)

    def none_start_or_none(self) -> Element | None:
        """Return the start event without an event, if there is one."""
        return next((start for start in self.process.root.starts if start.event.kind == "none"), None)

    def none_start(self) -> Element:
        """Return the start event without an event.

        Raises:
            Rejection: INVALID_STATE: there is none.
        """
        start = self.none_start_or_none()
        if start is None:
            reason = "Expected to create instance of process with none start event, but there is no such event"
            raise invalid_state("CREATE", reason)
        return start


@dataclass(slots=True, eq=False)
class Form:
    """One version of a form."""

    key: int
    form_id: str
    version: int
    resource_name: str
    checksum: str
    tenant_id: str
    content: bytes = b""
    deployment_key: int = 0
    version_tag: str = ""


@dataclass(slots=True, eq=False)
class Resource:
    """One version of a file that jobs are linked to: an RPA script, or from 8.10 on any."""

    key: int
    resource_id: str
    version: int
    resource_name: str
    checksum: str
    tenant_id: str
    content: bytes = b""
    deployment_key: int = 0
    version_tag: str = ""


Version = Definition | Graph | Form | Resource


@dataclass(slots=True)
class Deployment:
    """What one deployment brought (or found unchanged)."""

    key: int
    tenant_id: str
    processes: list[Definition] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    graphs: list[Graph] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)

    def add(self, version: Version) -> None:
        """Note a version it brought, or found."""
        if isinstance(version, Definition):
            self.processes.append(version)
        elif isinstance(version, Form):
            self.forms.append(version)
        elif isinstance(version, Resource):
            self.resources.append(version)
        else:
            self.graphs.append(version)
            self.decisions += version.decisions.values()
