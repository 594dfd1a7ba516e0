"""The ids of a BPMN document, and what refers to them: refused here where a real Camunda's schema refuses it.

Everything behind this looks elements up by their ids and takes it that there is one, and only one, of each.
What it would make of another document is chance: the wrong element, a KeyError, no end.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP

#: Whose ids are of the schema's type ID, one space for all of a document. Extensions' ids are their own affair.
_NAMESPACES = (DEFAULT_NSMAP["bpmn"], DEFAULT_NSMAP["bpmndi"])
#: Attributes and elements of the schema's type IDREF. Its other references may lead nowhere, as far as it goes.
_REFERRING_ATTRIBUTES = {
    "sequenceFlow": ("sourceRef", "targetRef"),
    "dataObjectReference": ("dataObjectRef",),
    "ioBinding": ("inputDataRef", "outputDataRef"),
}
_REFERRING_ELEMENTS = (
    "flowNodeRef", "sourceRef", "targetRef", "dataInputRefs", "optionalInputRefs", "whileExecutingInputRefs",
    "outputSetRefs", "dataOutputRefs", "optionalOutputRefs", "whileExecutingOutputRefs", "inputSetRefs",
)  # fmt: skip
#: Which roots must have an id although the schema would let them go without: 8.6.0 keeps them by it (measured).
_ROOTS_WITH_IDS = ("message", "signal", "error", "escalation")
#: Attributes that XML takes the blanks around from, besides the references.
_COLLAPSED = ("id", "default", "isExecutable", "isInterrupting", "cancelActivity", "isSequential", "triggeredByEvent")
_BLANK = " \t\r\n"


def executable_processes(document: Any) -> list[Any]:
    """Return the nodes of the processes that can be started; others are drawings, and need no ids."""
    processes = document.findall("bpmn:process", DEFAULT_NSMAP)
    return [process for process in processes if process.get("isExecutable") == "true"]


def problems_of_ids(document: Any, flow_nodes: Container[str]) -> list[tuple[Any, str]]:
    """Return what is wrong with a document's ids and references: nodes, each with what is wrong there.

    Blanks around ids and references are removed from the document, as XML demands it of their types.

    Args:
        document: The root, ``bpmn:definitions``.
        flow_nodes: Tags of the elements that are executed, which can't do without an id.
    """
    nodes = list(_nodes(document))
    for node, _ in nodes:
        _trim(node)
    problems = [*_wrong_ids(nodes), *_missing_ids(document, flow_nodes)]
    by_id = {node.get("id"): tag for node, tag in nodes if node.get("id") is not None}
    for node, tag in nodes:
        problems += [(node, text) for text in _wrong_references(node, tag, by_id)]
    return problems + list(_wrong_outgoing(document, by_id))


def _nodes(document: Any) -> Iterator[tuple[Any, str]]:
    for node in document.iter(etree.Element):
        namespace, _, name = node.tag[1:].partition("}")
        if namespace in _NAMESPACES:
            yield node, name


def _trim(node: Any) -> None:
    for name, value in node.attrib.items():
        if value != value.strip(_BLANK) and (name in _COLLAPSED or name.endswith("Ref")):
            node.set(name, value.strip(_BLANK))


def _wrong_ids(nodes: list[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    bearers: dict[str, tuple[Any, str]] = {}
    for node, tag in nodes:
        node_id = node.get("id")
        if node_id is None:
            continue
        if node_id in bearers:
            other, other_tag = bearers[node_id]
            where = f"the {other_tag} in line {other.sourceline} and the {tag} in line {node.sourceline}"
            yield node, f"Must have an id of its own, but '{node_id}' is the id of {where}"
        bearers.setdefault(node_id, (node, tag))


def _missing_ids(document: Any, flow_nodes: Container[str]) -> Iterator[tuple[Any, str]]:
    roots = [node for node in document if _tag(node) in _ROOTS_WITH_IDS]
    for node in (*roots, *_executed(document)):
        tag = _tag(node)
        if node.get("id") is None and (tag in (*_ROOTS_WITH_IDS, "process", "sequenceFlow") or tag in flow_nodes):
            yield node, f"Must have an id, but the {tag} in line {node.sourceline} has none"


def _wrong_references(node: Any, tag: str, by_id: dict[str, str]) -> Iterator[str]:
    given = [(name, node.get(name)) for name in ("default", *_REFERRING_ATTRIBUTES.get(tag, ()))]
    if tag in _REFERRING_ELEMENTS:
        given.append((tag, (node.text or "").strip(_BLANK)))
    for name, reference in given:
        if reference is not None and reference not in by_id:
            yield f"The {name} '{reference}' leads nowhere: nothing in the document has this id"


def _wrong_outgoing(document: Any, by_id: dict[str, str]) -> Iterator[tuple[Any, str]]:
    for outgoing in _executed(document, "outgoing"):
        reference = local_id((outgoing.text or "").strip(_BLANK))
        if by_id.get(reference or "") != "sequenceFlow":
            text = f"The outgoing '{reference}' leads nowhere: no sequence flow of the document has this id"
            yield outgoing.getparent(), text


def local_id(reference: str | None) -> str | None:
    """Return the id a reference stands for: many are QNames, and 8.6.0 looks at what is behind the colon."""
    return reference.rpartition(":")[2] if reference else None


def _executed(document: Any, tag: str = "*") -> Iterator[Any]:
    for process in executable_processes(document):
        yield from process.iter(f"{{{DEFAULT_NSMAP['bpmn']}}}{tag}")


def _tag(node: Any) -> str:
    return str(node.tag.rpartition("}")[2]) if isinstance(node.tag, str) else ""
