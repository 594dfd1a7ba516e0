"""Deployed resources: processes, decisions, forms, other files, with versions as Camunda counts them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._keys import Keys
from camunda_client.embedded._rejections import invalid_argument
from camunda_client.embedded.feel import FeelSyntaxError
from camunda_client.embedded.model._dialects import DIALECTS, reading, since
from camunda_client.embedded.model._dmn import DecisionError, read_graph
from camunda_client.embedded.model._element import Element
from camunda_client.embedded.model._expressions import unexpected_type
from camunda_client.embedded.model._logic import Decision, Graph
from camunda_client.embedded.model._parser import ModelError, ModelProblem, Process, read_processes
from camunda_client.embedded.model._rules import problems_of_bindings
from camunda_client.embedded.model._timers import first_due, to_ms
from camunda_client.embedded.model._versions import Definition, Deployment, Form, Resource, Version

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Parsed:
    name: str
    checksum: str
    content: bytes
    processes: list[Process] = field(default_factory=list)
    graph: Graph | None = None
    form_id: str | None = None
    resource_id: str | None = None
    version_tag: str = ""

    def is_as(self, known: Version) -> bool:
        """Whether a version is of the same file, unchanged."""
        return (known.checksum, known.resource_name) == (self.checksum, self.name)


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
        self._resources: dict[int, Resource] = {}
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
        known = self._known(parsed, tenant_id)
        if known is not None:
            for one in known:
                deployment.add(one)
            return deployment
        for resource in parsed:
            for process in resource.processes:
                deployment.add(self._define(process, resource, deployment))
            if resource.graph is not None:
                deployment.add(self._define_graph(resource.graph, resource, deployment))
            if resource.form_id is not None:
                deployment.add(self._define_form(resource.form_id, resource, deployment))
            if resource.resource_id is not None:
                deployment.add(self._define_resource(resource.resource_id, resource, deployment))
        return deployment

    def _known(self, parsed: list[_Parsed], tenant_id: str) -> list[Version] | None:
        """Return the versions that are deployed already; None if one of them is not, or they were not together.

        New versions are then made of all, so that what is bound to its deployment finds what came with it.
        """
        found: list[Version] = []
        for resource in parsed:
            for one in self._latest_of(resource, tenant_id):
                if one is None or not resource.is_as(one):
                    return None
                found.append(one)
        return found if len({one.deployment_key for one in found}) == 1 else None

    def _latest_of(self, resource: _Parsed, tenant_id: str) -> Iterator[Version | None]:
        yield from (self.latest(process.root.id, tenant_id) for process in resource.processes)
        if resource.graph is not None:
            yield self._latest_graph(resource.graph.graph_id, tenant_id)
        if resource.form_id is not None:
            yield self.form(resource.form_id, tenant_id)
        if resource.resource_id is not None:
            yield next(reversed(self.resources(resource.resource_id, tenant_id)), None)

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
        problems += _unbound(parsed)
        if problems:
            listed = "\n".join(problems)
            raise invalid_argument(
                "CREATE", f"Expected to deploy new resources, but encountered the following errors:\n{listed}"
            )
        return parsed

    def _define(self, process: Process, resource: _Parsed, deployment: Deployment) -> Definition:
        process_id, tenant_id = process.root.id, deployment.tenant_id
        latest = self.latest(process_id, tenant_id)
        definition = Definition(
            self._keys.next(), process_id, self._next_version("process", tenant_id, process_id), resource.name,
            resource.checksum, tenant_id, process, resource.content, deployment.key,
        )  # fmt: skip
        self._definitions[definition.key] = definition
        self._versions.setdefault((tenant_id, process_id), []).append(definition)
        self._on_new_version(latest, definition)
        return definition

    def _latest_graph(self, graph_id: str, tenant_id: str) -> Graph | None:
        known = [graph for graph in self._graphs.values() if (graph.graph_id, graph.tenant_id) == (graph_id, tenant_id)]
        return known[-1] if known else None

    def _define_graph(self, graph: Graph, resource: _Parsed, deployment: Deployment) -> Graph:
        graph.key, graph.deployment_key = self._keys.next(), deployment.key
        graph.resource_name, graph.checksum, graph.tenant_id = resource.name, resource.checksum, deployment.tenant_id
        graph.content = resource.content
        graph.version = self._next_version("graph", deployment.tenant_id, graph.graph_id)
        self._graphs[graph.key] = graph
        for decision in graph.decisions.values():
            decision.key = self._keys.next()
            decision.version = self._next_version("decision", deployment.tenant_id, decision.decision_id)
            self._decisions[decision.key] = decision
        return graph

    def _define_form(self, form_id: str, resource: _Parsed, deployment: Deployment) -> Form:
        tenant_id = deployment.tenant_id
        version = self._next_version("form", tenant_id, form_id)
        form = Form(
            self._keys.next(), form_id, version, resource.name, resource.checksum, tenant_id, resource.content,
            deployment.key, resource.version_tag,
        )  # fmt: skip
        self._forms[form.key] = form
        return form

    def _define_resource(self, resource_id: str, file: _Parsed, deployment: Deployment) -> Resource:
        tenant_id = deployment.tenant_id
        version = self._next_version("resource", tenant_id, resource_id)
        resource = Resource(
            self._keys.next(), resource_id, version, file.name, file.checksum, tenant_id, file.content, deployment.key,
            file.version_tag,
        )  # fmt: skip
        self._resources[resource.key] = resource
        return resource

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

    def processes(self, process_id: str, tenant_id: str) -> list[Definition]:
        """Return the versions of a process, oldest first."""
        return self._versions.get((tenant_id, process_id), [])

    def decision(self, *, decision_id: str | None = None, key: int | None = None, tenant_id: str) -> Decision | None:
        """Return a decision by key, or the newest of an id."""
        if key is not None:
            return self._decisions.get(key)
        found = self.decisions(decision_id or "", tenant_id)
        return found[-1] if found else None

    def decisions(self, decision_id: str, tenant_id: str) -> list[Decision]:
        """Return the versions of a decision, oldest first."""
        return [d for d in self._decisions.values() if (d.decision_id, d.graph.tenant_id) == (decision_id, tenant_id)]

    def form(self, form_id: str, tenant_id: str) -> Form | None:
        """Return the newest form of an id."""
        found = self.forms(form_id, tenant_id)
        return found[-1] if found else None

    def forms(self, form_id: str, tenant_id: str) -> list[Form]:
        """Return the versions of a form, oldest first."""
        return [form for form in self._forms.values() if (form.form_id, form.tenant_id) == (form_id, tenant_id)]

    def resources(self, resource_id: str, tenant_id: str) -> list[Resource]:
        """Return the versions of a file, oldest first."""
        return [one for one in self._resources.values() if (one.resource_id, one.tenant_id) == (resource_id, tenant_id)]

    def everything(self) -> tuple[list[Definition], list[Decision], list[Form], list[Resource]]:
        """Return what is deployed, oldest first."""
        definitions, decisions = list(self._definitions.values()), list(self._decisions.values())
        return definitions, decisions, list(self._forms.values()), list(self._resources.values())

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
        return self._forms.pop(key, None) is not None or self._resources.pop(key, None) is not None


def _unbound(parsed: list[_Parsed]) -> list[str]:
    """Return which elements are bound to what their deployment does not bring; before 8.7 they had incidents later."""
    brought = {
        "process": {process.root.id for one in parsed for process in one.processes},
        "decision": {decision_id for one in parsed if one.graph is not None for decision_id in one.graph.decisions},
        "form": {one.form_id for one in parsed if one.form_id is not None},
        "resource": {one.resource_id for one in parsed if one.resource_id is not None},
    }
    return [
        f"'{one.name}': {ModelProblem(element.id, element.name, text)}"
        for one in (parsed if since("8.7") else ())
        for process in one.processes
        for element, text in problems_of_bindings(process.elements.values(), brought)
    ]


class UnknownResourceError(ValueError):
    """The file's name ends in nothing Camunda deploys."""


def _read(resource: _Parsed, content: bytes) -> None:
    if resource.name.endswith(".bpmn") or (resource.name.endswith(".xml") and _is_bpmn(content)):
        resource.processes = read_processes(content, resource.name)
    elif resource.name.endswith(".dmn"):
        resource.graph = read_graph(content)
    elif resource.name.endswith(".form"):
        resource.form_id, resource.version_tag = _identified("form", content)
    elif resource.name.endswith(".rpa") and since("8.7"):
        resource.resource_id, resource.version_tag = _identified("resource", content)
    elif since("8.10"):
        resource.resource_id = resource.name
    else:
        raise UnknownResourceError("unknown resource type")


def _is_bpmn(content: bytes) -> bool:
    """Whether a file whose name does not say it is BPMN; before 8.10 every ``.xml`` had to be."""
    return not since("8.10") or b"http://www.omg.org/spec/BPMN/20100524/MODEL" in content


def _identified(what: str, content: bytes) -> tuple[str, str]:
    """Return the id and the version tag that a form or script has in it."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ModelError(f"Failed to parse {what}Id from {what} JSON: {error}") from error
    except RecursionError:
        raise ModelError(f"Failed to parse {what}Id from {what} JSON: it is nested too deeply") from None
    own_id = document.get("id") if isinstance(document, dict) else None
    if not isinstance(own_id, str) or not own_id.strip():
        raise ModelError(f"Expected the {what} id to be present, but none given")
    version_tag = document.get("versionTag")
    return own_id, version_tag if isinstance(version_tag, str) else ""


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
        return f"Invalid timer {kind} expression ({failure.message})"
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
