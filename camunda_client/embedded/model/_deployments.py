"""Deployed resources: processes, decisions, forms, with versions as Camunda counts them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._keys import Keys
from camunda_client.embedded._present import present
from camunda_client.embedded._rejections import invalid_argument, invalid_state
from camunda_client.embedded.feel import FeelSyntaxError
from camunda_client.embedded.model._dialects import DIALECTS, reading
from camunda_client.embedded.model._dmn import DecisionError, read_graph
from camunda_client.embedded.model._element import Element
from camunda_client.embedded.model._expressions import unexpected_type
from camunda_client.embedded.model._logic import Decision, Graph
from camunda_client.embedded.model._parser import ModelError, ModelProblem, Process, read_processes
from camunda_client.embedded.model._timers import first_due, to_ms

log = logging.getLogger(__name__)


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


@dataclass(slots=True)
class Deployment:
    """What one deployment brought (or found unchanged)."""

    key: int
    tenant_id: str
    processes: list[Definition] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    graphs: list[Graph] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)


@dataclass(slots=True)
class _Parsed:
    name: str
    checksum: str
    content: bytes
    processes: list[Process] = field(default_factory=list)
    graph: Graph | None = None
    form_id: str | None = None


class Deployments:
    """Everything deployed, by key and by id."""

    def __init__(
        self,
        keys: Keys,
        now: Callable[[], datetime],
        on_new_version: Callable[[Definition | None, Definition | None], None],
    ) -> None:
        self._keys = keys
        self._now = now
        #: The release that models are read for.
        self.dialect = DIALECTS[0]
        self._definitions: dict[int, Definition] = {}
        self._versions: dict[tuple[str, str], list[Definition]] = {}
        self._last_version: dict[tuple[str, str, str], int] = {}
        self._decisions: dict[int, Decision] = {}
        self._graphs: dict[int, Graph] = {}
        self._forms: dict[int, Form] = {}
        #: Called with the version that was the latest so far (or None) and the new one.
        self._on_new_version = on_new_version

    # -- deployment -------------------------------------------------------------------------------------------------
    def deploy(self, resources: list[tuple[str, bytes]], tenant_id: str) -> Deployment:
        """Deploy files by name and content: all of them or none.

        Raises:
            Rejection: INVALID_ARGUMENT, with the reasons for each file.
        """
        with reading(self.dialect):
            parsed = self._parse(resources)
        deployment = Deployment(self._keys.next(), tenant_id)
        for resource in parsed:
            for process in resource.processes:
                deployment.processes.append(self._define(process, resource, tenant_id))
            if resource.graph is not None:
                self._define_graph(resource.graph, resource, deployment)
            if resource.form_id is not None:
                deployment.forms.append(self._define_form(resource, tenant_id))
        return deployment

    def _parse(self, resources: list[tuple[str, bytes]]) -> list[_Parsed]:
        problems: list[str] = []
        parsed: list[_Parsed] = []
        owners: dict[str, str] = {}
        for name, content in resources:
            resource = _Parsed(name, hashlib.sha256(content).hexdigest(), content)
            try:
                _read(resource, content)
                for process in resource.processes:
                    problems += [f"'{name}': {problem}" for problem in _start_problems(process, self._now())]
            except (ModelError, DecisionError, FeelSyntaxError) as error:
                problems.append(f"'{name}': {error}")
            except UnknownResourceError as error:
                problems.append(f"\n'{name}': {error}")
            except Failure as failure:
                problems.append(f"'{name}': {failure.message}")
            except Exception as error:
                log.exception("embedded engine: %s could not be read", name)
                problems.append(f"'{name}': the embedded engine could not read it, please report it: {error!r}")
            for process in resource.processes:
                process_id = process.root.id
                if process_id in owners:
                    problems.append(f"Duplicated process id in resources '{owners[process_id]}' and '{name}'")
                owners[process_id] = name
            parsed.append(resource)
        if problems:
            listed = "\n".join(problems)
            raise invalid_argument(
                "CREATE", f"Expected to deploy new resources, but encountered the following errors:\n{listed}"
            )
        return parsed

    def _define(self, process: Process, resource: _Parsed, tenant_id: str) -> Definition:
        process_id = process.root.id
        latest = self.latest(process_id, tenant_id)
        if latest is not None and (latest.checksum, latest.resource_name) == (resource.checksum, resource.name):
            return latest
        definition = Definition(
            self._keys.next(), process_id, self._next_version("process", tenant_id, process_id), resource.name,
            resource.checksum, tenant_id, process, resource.content,
        )  # fmt: skip
        self._definitions[definition.key] = definition
        self._versions.setdefault((tenant_id, process_id), []).append(definition)
        self._on_new_version(latest, definition)
        return definition

    def _define_graph(self, graph: Graph, resource: _Parsed, deployment: Deployment) -> None:
        known = [
            g for g in self._graphs.values() if (g.graph_id, g.tenant_id) == (graph.graph_id, deployment.tenant_id)
        ]
        if known and (known[-1].checksum, known[-1].resource_name) == (resource.checksum, resource.name):
            deployment.graphs.append(known[-1])
            deployment.decisions += known[-1].decisions.values()
            return
        graph.key = self._keys.next()
        graph.resource_name, graph.checksum, graph.tenant_id = resource.name, resource.checksum, deployment.tenant_id
        graph.content = resource.content
        graph.version = self._next_version("graph", deployment.tenant_id, graph.graph_id)
        self._graphs[graph.key] = graph
        deployment.graphs.append(graph)
        for decision in graph.decisions.values():
            decision.key = self._keys.next()
            decision.version = self._next_version("decision", deployment.tenant_id, decision.decision_id)
            self._decisions[decision.key] = decision
            deployment.decisions.append(decision)

    def _define_form(self, resource: _Parsed, tenant_id: str) -> Form:
        form_id = present(resource.form_id)
        known = self.form(form_id, tenant_id)
        if known is not None and (known.checksum, known.resource_name) == (resource.checksum, resource.name):
            return known
        version = self._next_version("form", tenant_id, form_id)
        form = Form(self._keys.next(), form_id, version, resource.name, resource.checksum, tenant_id, resource.content)
        self._forms[form.key] = form
        return form

    def _next_version(self, kind: str, tenant_id: str, resource_id: str) -> int:
        version = self._last_version.get((kind, tenant_id, resource_id), 0) + 1
        self._last_version[kind, tenant_id, resource_id] = version
        return version

    # -- look-up ----------------------------------------------------------------------------------------------------
    def latest(self, process_id: str, tenant_id: str) -> Definition | None:
        """Return the newest version of a process."""
        versions = self._versions.get((tenant_id, process_id))
        return versions[-1] if versions else None

    def version(self, process_id: str, version: int, tenant_id: str) -> Definition | None:
        """Return a certain version of a process."""
        versions = self._versions.get((tenant_id, process_id), [])
        return next((definition for definition in versions if definition.version == version), None)

    def by_key(self, key: int) -> Definition | None:
        """Return a process by its key."""
        return self._definitions.get(key)

    def decision(self, *, decision_id: str | None = None, key: int | None = None, tenant_id: str) -> Decision | None:
        """Return a decision by key, or the newest of an id."""
        if key is not None:
            return self._decisions.get(key)
        found = [d for d in self._decisions.values() if (d.decision_id, d.graph.tenant_id) == (decision_id, tenant_id)]
        return found[-1] if found else None

    def form(self, form_id: str, tenant_id: str) -> Form | None:
        """Return the newest form of an id."""
        found = [form for form in self._forms.values() if (form.form_id, form.tenant_id) == (form_id, tenant_id)]
        return found[-1] if found else None

    def everything(self) -> tuple[list[Definition], list[Decision], list[Form]]:
        """Return what is deployed, oldest first."""
        return list(self._definitions.values()), list(self._decisions.values()), list(self._forms.values())

    # -- deletion ---------------------------------------------------------------------------------------------------
    def delete(self, key: int) -> bool:
        """Delete a resource; False if there is none of that key."""
        definition = self._definitions.pop(key, None)
        if definition is not None:
            versions = self._versions[definition.tenant_id, definition.process_id]
            was_latest = versions[-1] is definition
            versions.remove(definition)
            if was_latest:
                self._on_new_version(definition, versions[-1] if versions else None)
            return True
        graph = self._graphs.pop(key, None)
        if graph is not None:
            for decision in graph.decisions.values():
                self._decisions.pop(decision.key, None)
            return True
        return self._forms.pop(key, None) is not None


class UnknownResourceError(ValueError):
    """The file's name ends in nothing Camunda deploys."""


def _read(resource: _Parsed, content: bytes) -> None:
    if resource.name.endswith((".bpmn", ".xml")):
        resource.processes = read_processes(content, resource.name)
    elif resource.name.endswith(".dmn"):
        resource.graph = read_graph(content)
    elif resource.name.endswith(".form"):
        resource.form_id = _form_id(content)
    else:
        raise UnknownResourceError("unknown resource type")


def _form_id(content: bytes) -> str:
    try:
        form = json.loads(content)
    except ValueError as error:
        raise ModelError(f"Failed to parse formId from form JSON: {error}") from error
    except RecursionError:
        raise ModelError("Failed to parse formId from form JSON: it is nested too deeply") from None
    form_id = form.get("id") if isinstance(form, dict) else None
    if not isinstance(form_id, str) or not form_id.strip():
        raise ModelError("Expected the form id to be present, but none given")
    return form_id


def _start_problems(process: Process, now: datetime) -> list[ModelProblem]:
    """Return what is wrong with the process's start events: they are subscribed at deployment, without variables."""
    found = []
    for start in process.root.starts:
        for text in (_timer_problem(start, now), _name_problem(start, now)):
            if text is not None:
                found.append(ModelProblem(start.id, start.name, text))
    return found


def _timer_problem(start: Element, now: datetime) -> str | None:
    timer, kind = start.event.timer, start.event.timer_kind
    if timer is None:
        return None
    warnings: list[str] = []
    value = timer.raw({}, warnings, lambda: now)
    try:
        first_due(kind, value, timer, to_ms(now), warnings)
    except Failure as failure:
        hint = "; ISO 8601 repetitions only" if kind == "cycle" else ""
        return f"Invalid timer {kind} expression ({failure.message}){hint}"
    return None


def _name_problem(start: Element, now: datetime) -> str | None:
    event = start.event
    if event.name is None:
        return None
    warnings: list[str] = []
    name = event.name.evaluate({}, warnings, lambda: now)
    if isinstance(name, str):
        return None
    return (
        f"Expected constant expression of type String for {event.kind} name '{event.name.source}', "
        f"but was {unexpected_type(name)}"
    )
