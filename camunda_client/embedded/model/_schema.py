"""BPMN's own schema, which 8.6.0 holds a document to before all else: order, attributes, types, what must be there.

The schema is the one SpiffWorkflow ships, for libxml2. It is 8.6.0's but for the type of one attribute, and
libxml2 takes elements in three wrong places; both are corrected here (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import XSD_PATH
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP

from camunda_client.embedded._locks import native_lock

_BPMN = f"{{{DEFAULT_NSMAP['bpmn']}}}"
#: What must not stand behind which kind of element. Libxml2 lets it: of two repeated parts, the second any of a group.
_NOT_BEHIND = {"laneSet": "flowElement", "extension": "rootElement", "messageFlow": "artifact"}
#: lxml keeps a schema's errors in the schema.
_LOCK = native_lock()


def problems_of_schema(document: Any) -> list[str]:
    """Return what is wrong with a document, each with its line.

    Args:
        document: The root, ``bpmn:definitions``. A ``calledElement`` of BPMN's own is removed from it: of Camunda 7,
            unused here, and any text to 8.6.0.
    """
    for node in document.iter(f"{_BPMN}callActivity"):
        node.attrib.pop("calledElement", None)
    with _LOCK:
        schema = _schema()
        schema.validate(document)
        found = [(error.line, error.message) for error in schema.error_log]
    found += _misplaced(document)
    prefixes = {namespace: prefix for prefix, namespace in document.nsmap.items()}
    return [f"Error: URI=null Line={line}: {_readable(text, prefixes)}" for line, text in sorted(found)]


def _misplaced(document: Any) -> Iterator[tuple[int, str]]:
    groups = _groups()
    for name, group in _NOT_BEHIND.items():
        for node in document.iter(_BPMN + name):
            behind = next(node.itersiblings(etree.Element, preceding=True), None)
            if behind is not None and groups.get(behind.tag) == group:
                yield node.sourceline, f"Element '{node.tag}': This element is not expected behind '{behind.tag}'."


def _readable(text: str, prefixes: dict[str, str | None]) -> str:
    """Return a message with the document's own prefixes for ``{namespaces}``."""
    for namespace, prefix in prefixes.items():
        text = text.replace(f"{{{namespace}}}", f"{prefix}:" if prefix else "")
    return text


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(XSD_PATH))  # 20 ms, so not before the first deployment


@cache
def _groups() -> dict[str, str]:
    """Return which group of interchangeable elements each of BPMN's belongs to, as the schema has it."""
    elements = etree.parse(Path(XSD_PATH).with_name("Semantic.xsd")).iterfind("{*}element[@substitutionGroup]")
    return {_BPMN + element.get("name"): element.get("substitutionGroup") for element in elements}
