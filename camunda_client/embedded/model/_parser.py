"""BPMN with Camunda's ``zeebe:`` extensions, read by SpiffWorkflow's parser into shared specs.

SpiffWorkflow's :class:`BpmnParser` walks the document; the classes here replace its node parsers. What
we can't execute is a :class:`ModelProblem` with the element's id and name, never skipped.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag

from camunda_client.embedded.feel import FeelSyntaxError
from camunda_client.embedded.model import _ad_hoc, _task_listeners
from camunda_client.embedded.model import _reading as elements
from camunda_client.embedded.model import _specs as specs
from camunda_client.embedded.model._compensation import link_handlers, problems_of_compensation
from camunda_client.embedded.model._dialects import since
from camunda_client.embedded.model._element import Element, Flow
from camunda_client.embedded.model._ids import executable_processes, local_id, problems_of_ids
from camunda_client.embedded.model._loops import straight_loop
from camunda_client.embedded.model._rules import problems_of_place, problems_of_scope
from camunda_client.embedded.model._schema import problems_of_schema
from camunda_client.embedded.model._vocabulary import PARTS, WITHOUT_MEANING, ZEEBE, problems_of_vocabulary

log = logging.getLogger(__name__)

NAMESPACES = {**DEFAULT_NSMAP, "zeebe": ZEEBE}

#: BPMN's tag to Camunda's kind.
SUPPORTED: dict[str, str] = {
    "startEvent": "START_EVENT",
    "endEvent": "END_EVENT",
    "intermediateCatchEvent": "INTERMEDIATE_CATCH_EVENT",
    "intermediateThrowEvent": "INTERMEDIATE_THROW_EVENT",
    "boundaryEvent": "BOUNDARY_EVENT",
    "task": "TASK",
    "manualTask": "MANUAL_TASK",
    "serviceTask": "SERVICE_TASK",
    "sendTask": "SEND_TASK",
    "scriptTask": "SCRIPT_TASK",
    "businessRuleTask": "BUSINESS_RULE_TASK",
    "userTask": "USER_TASK",
    "receiveTask": "RECEIVE_TASK",
    "subProcess": "SUB_PROCESS",
    "adHocSubProcess": "AD_HOC_SUB_PROCESS",
    "callActivity": "CALL_ACTIVITY",
    "exclusiveGateway": "EXCLUSIVE_GATEWAY",
    "inclusiveGateway": "INCLUSIVE_GATEWAY",
    "parallelGateway": "PARALLEL_GATEWAY",
    "eventBasedGateway": "EVENT_BASED_GATEWAY",
}
#: Elements that a later release brought than the first of those that are spoken.
SINCE = {"adHocSubProcess": "8.7"}
#: What else may stand in a scope; what is not in one of the two is refused there, with its name.
_NO_FLOW_NODES = PARTS | WITHOUT_MEANING
#: Elements of scopes that are read here, or refused.
_FLOW_ELEMENTS = frozenset({
    *SUPPORTED, "transaction", "complexGateway", "choreographyTask", "callChoreography",
    "subChoreography", "implicitThrowEvent",
})  # fmt: skip


@dataclass(slots=True)
class ModelProblem:
    """One reason to refuse a model."""

    element_id: str
    name: str
    text: str

    def __str__(self) -> str:
        named = f" ('{self.name}')" if self.name else ""
        return f"- Element: {self.element_id}{named}\n    - ERROR: {self.text}\n"


class ModelError(ValueError):
    """A resource can't be deployed."""


@dataclass(slots=True)
class Process:
    """A deployable process: its root element, and the Spiff specs its instances share."""

    root: Element
    spec: specs.ScopeSpec
    scopes: dict[str, specs.ScopeSpec]
    elements: dict[str, Element]

    def spec_of(self, element_id: str) -> specs.FlowNode:
        """Return the Spiff spec of an element, wherever it is nested."""
        found: specs.FlowNode = self.scopes[self.elements[element_id].parent].task_specs[element_id]
        return found


def read_processes(content: bytes, filename: str) -> list[Process]:
    """Return the executable processes of a BPMN document.

    Raises:
        ModelError: It is not XML, has no executable process, or uses what we can't execute.
    """
    try:
        document = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ModelError(f"SAXException while parsing input stream: {error}") from error
    if document.getroottree().docinfo.doctype:
        raise ModelError("Fatal Error: URI=null Line=1: a document type (DOCTYPE) is not allowed")
    if etree.QName(document).localname != "definitions" or DEFAULT_NSMAP["bpmn"] != etree.QName(document).namespace:
        raise ModelError(f"expected a bpmn:definitions document, found {etree.QName(document).localname}")
    wrong_ids = [_problem(node, text) for node, text in problems_of_ids(document, SUPPORTED)]
    if wrong_ids:  # Spiff's parser would stumble over them
        raise ModelError("".join(map(str, wrong_ids)))
    wrong = problems_of_schema(document)
    if wrong:
        raise ModelError("\n".join(wrong))
    parser = ZeebeParser()
    parser.add_bpmn_xml(document, filename)
    processes = [parser.process(node) for node in executable_processes(document)]
    problems = [*parser.problems]
    if not processes and not problems:
        problems = [
            ModelProblem(document.get("id") or "definitions", "", "Must contain at least one executable process")
        ]
    if problems:
        raise ModelError("".join(map(str, problems)))
    _refuse_loops(processes)
    return processes


def _refuse_loops(processes: list[Process]) -> None:
    by_id = {process.root.id: process.elements for process in processes}
    loops = {process_id: straight_loop(inside, by_id) for process_id, inside in by_id.items()}
    reason = "Processes are not allowed to contain a straight-through processing loop"
    wrong = [f"- Process: {process_id}\n    - ERROR: {reason}: {loop}\n" for process_id, loop in loops.items() if loop]
    if wrong:
        raise ModelError("".join(wrong))


def _problem(node: Any, text: str) -> ModelProblem:
    return ModelProblem(node.get("id") or etree.QName(node).localname, node.get("name") or "", text)


class ElementParser(TaskParser):  # type: ignore[misc]
    """Reads one flow node into a spec that carries an :class:`Element`."""

    def parse_node(self) -> specs.FlowNode:
        """Return the spec; problems are collected, not raised, so that a deployment names all of them."""
        parser: ZeebeParser = self.process_parser.parser
        tag = etree.QName(self.node).localname
        element = Element(self.node.get("id"), SUPPORTED[tag], self.node.get("name") or "", self.process_parser.bpmn_id)
        try:
            elements.fill(element, self.node, NAMESPACES)
            _task_listeners.fill(element, self.node, NAMESPACES)
            _ad_hoc.fill(element, self.node, NAMESPACES)
        except (elements.ElementError, FeelSyntaxError) as error:
            parser.problem(self.node, str(error))
        spec: specs.FlowNode = self.spec_class(self.spec, element)
        return spec


class ZeebeProcessParser(ProcessParser):  # type: ignore[misc]
    """Reads one scope (a process or a sub-process): its nodes, then the flows between them."""

    def create_spec(self) -> specs.ScopeSpec:
        """Return an empty spec for the scope."""
        return specs.ScopeSpec(self.bpmn_id, self.get_name(), self.filename)

    def parse_data_object(self, obj: Any) -> Any:
        """Data objects are documentation in Camunda 8."""
        raise AssertionError(obj)

    def _parse(self) -> None:
        self.refused: set[str | None] = set()
        self.spec = self.create_spec()
        self.add_tasks()

    def add_tasks(self) -> None:
        """Create the specs of all nodes of this scope and wire them."""
        for node in self.node:
            namespace, _, tag = node.tag[1:].partition("}") if isinstance(node.tag, str) else ("", "", "")
            if namespace != DEFAULT_NSMAP["bpmn"]:
                continue
            if tag in SUPPORTED and (tag not in SINCE or since(SINCE[tag])):
                parser_class, spec_class = self.parser._get_parser_class(node.tag)
                parser_class(self, spec_class, node, self.nsmap).parse_node()
                if tag in ("subProcess", "adHocSubProcess"):
                    self.parser.scope(node)
            elif tag not in _NO_FLOW_NODES:
                self.refused.add(node.get("id"))
                before = f" before {SINCE[tag]}" if tag in SINCE else ""
                self.parser.problem(node, f"Elements of type bpmn:{tag} are not supported{before}")
        self._wire()

    def _wire(self) -> None:
        nodes: dict[str, specs.FlowNode] = self.spec.nodes
        # Camunda 8.6.0 takes and tries outgoing flows last first, whatever the order of bpmn:outgoing (measured).
        for node in reversed(self.node.findall("bpmn:sequenceFlow", NAMESPACES)):
            source, target = nodes.get(node.get("sourceRef")), nodes.get(node.get("targetRef"))
            if source is None or target is None:
                if not self.refused & {node.get("sourceRef"), node.get("targetRef")}:  # those have their reason already
                    self.parser.problem(node, "Must connect two elements of its own scope")
                continue
            flow = self._flow(node, source.element, target.element)
            source.element.outgoing.append(flow)
            target.element.incoming.append(flow)
            source.connect(target)
        for spec in nodes.values():
            element = spec.element
            if element.attached_to in nodes:
                nodes[element.attached_to].element.boundaries.append(element)
        siblings = {key: spec.element for key, spec in nodes.items()}
        associations = self.node.findall("bpmn:association", NAMESPACES)
        link_handlers(siblings, [(_end(one, "sourceRef"), _end(one, "targetRef")) for one in associations])
        for element in siblings.values():
            for text in problems_of_place(element, siblings):
                self.parser.problems.append(ModelProblem(element.id, element.name, text))

    def _flow(self, node: Any, source: Element, target: Element) -> Flow:
        condition = node.find("bpmn:conditionExpression", NAMESPACES)
        flow = Flow(node.get("id"), source.id, target.id)
        try:
            flow.condition = elements.required_expression(condition.text) if condition is not None else None
        except elements.ElementError as error:
            self.parser.problem(node, str(error))
        except FeelSyntaxError as error:
            self.parser.problem(node, f"failed to parse expression '{condition.text}': {error}")
        if flow.condition is not None and source.kind not in ("EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY"):
            self._condition_in_vain(flow, source)
        return flow

    def _condition_in_vain(self, flow: Flow, source: Element) -> None:
        """Refuse a condition that is not looked at; 8.6.0 takes those of flows that their source does not name."""
        named = {
            (one.text or "").strip().rpartition(":")[2] for one in self.node.findall("*/bpmn:outgoing", NAMESPACES)
        }
        if flow.id in named:
            text = "Conditional sequence flows are only supported at exclusive or inclusive gateway"
            self.parser.problems.append(ModelProblem(source.id, source.name, text))
        else:
            log.warning("embedded engine: the condition of %s changes nothing, as in Camunda", flow.id)


class ZeebeParser(BpmnParser):  # type: ignore[misc]
    """SpiffWorkflow's parser with our nodes in it."""

    OVERRIDE_PARSER_CLASSES = {full_tag(tag): (ElementParser, specs.FlowNode) for tag in SUPPORTED}  # noqa: RUF012
    PROCESS_PARSER_CLASS = ZeebeProcessParser

    def __init__(self) -> None:
        super().__init__(namespaces=NAMESPACES)
        self.problems: list[ModelProblem] = []

    def problem(self, node: Any, text: str) -> None:
        """Note a reason to refuse the document."""
        self.problems.append(_problem(node, text))

    def scope(self, node: Any) -> specs.ScopeSpec:
        """Read a nested scope."""
        if node.get("id") not in self.process_parsers:
            self.create_parser(node)
        spec: specs.ScopeSpec = self.get_spec(node.get("id"))
        return spec

    def process(self, node: Any) -> Process:
        """Return a process with everything nested in it."""
        root = Element(node.get("id"), "PROCESS", node.get("name") or "")
        try:
            elements.fill_process(root, node, NAMESPACES)
        except (elements.ElementError, FeelSyntaxError) as error:
            self.problem(node, str(error))
        for owner, text in problems_of_vocabulary(node, _FLOW_ELEMENTS):
            self.problem(owner, text)
        spec = self.scope(node)
        scopes = {root.id: spec}
        found = {root.id: root}
        for inner, element in _nested(spec, self):
            scopes[element.id] = inner
        for scope_id, scope in scopes.items():
            for flow_node in scope.nodes.values():
                found[flow_node.element.id] = flow_node.element
            _fill_scope(found.get(scope_id, root), scope)
        for scope_id in scopes:
            element = found.get(scope_id, root)
            texts = [*problems_of_scope(element)]
            if element.ad_hoc is not None:
                inside = [flow_node.element for flow_node in scopes[scope_id].nodes.values()]
                texts += _ad_hoc.problems_of_ad_hoc(inside)
            self.problems += [ModelProblem(element.id, element.name, text) for text in texts]
        for element, text in problems_of_compensation(found):
            self.problems.append(ModelProblem(element.id, element.name, text))
        if not any(start.event.kind in ("none", "message", "timer", "signal", "conditional") for start in root.starts):
            self.problem(node, "Must have at least one start event")
        return Process(root, spec, scopes, found)

    def _add_processes(self, bpmn: Any, filename: str | None = None) -> None:
        """Drawn processes may lack what Spiff's parser asks of all: an id of their own."""
        for node in executable_processes(bpmn):
            self.create_parser(node, filename)

    def _add_data_stores(self, bpmn: Any) -> None:
        """Data stores are documentation in Camunda 8; Spiff would ask for code behind them."""

    def _add_correlations(self, bpmn: Any) -> None:
        """Camunda correlates by ``zeebe:subscription``, not by BPMN's correlation properties."""


def _end(association: Any, name: str) -> str:
    return local_id(association.get(name)) or ""


def _fill_scope(element: Element, scope: specs.ScopeSpec) -> None:
    for flow_node in scope.nodes.values():
        inner = flow_node.element
        if inner.kind == "START_EVENT":
            element.starts.append(inner)
        elif inner.kind == "EVENT_SUB_PROCESS":
            element.event_subprocesses.append(inner)
    _ad_hoc.complete(element, scope)


def _nested(spec: specs.ScopeSpec, parser: ZeebeParser) -> Iterator[tuple[specs.ScopeSpec, Element]]:
    for flow_node in spec.nodes.values():
        if flow_node.element.kind in ("SUB_PROCESS", "EVENT_SUB_PROCESS", "AD_HOC_SUB_PROCESS"):
            inner = parser.get_spec(flow_node.element.id)
            yield inner, flow_node.element
            yield from _nested(inner, parser)
