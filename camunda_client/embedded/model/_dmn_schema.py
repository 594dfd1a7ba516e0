"""DMN's own schema, which a document is held to before all else, as BPMN's is.

SpiffWorkflow ships the schemas of DMN 1.1 and 1.3. A document of 1.2, 1.4 or 1.5 is held to 1.3's: what these lack or
add is known by name.
"""

from __future__ import annotations

import copy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from camunda_client.embedded._locks import native_lock
from camunda_client.embedded._present import present

_DMN_13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"
_DMN_11 = "http://www.omg.org/spec/DMN/20151101/dmn.xsd"
_DIAGRAM_13 = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
#: The namespaces that Camunda reads, and what a document is held to here: a schema's file, the namespace of that, and
#: the namespace that its diagrams must have.
NAMESPACES: dict[str, tuple[str, str, str]] = {
    _DMN_11: ("DMN.xsd", _DMN_11, ""),
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": ("DMN.xsd", _DMN_11, ""),
    "http://www.omg.org/spec/DMN/20180521/MODEL/": ("DMN13.xsd", _DMN_13, "http://www.omg.org/spec/DMN/20180521/DMNDI/"),
    _DMN_13: ("DMN13.xsd", _DMN_13, _DIAGRAM_13),
    "https://www.omg.org/spec/DMN/20211108/MODEL/": ("DMN13.xsd", _DMN_13, _DIAGRAM_13),
    _DMN_15: ("DMN13.xsd", _DMN_13, "https://www.omg.org/spec/DMN/20230324/DMNDI/"),
}  # fmt: skip
#: What 1.4 brought: each is refused by its name where it is read, so a document with one is not held to 1.3's schema.
_SINCE_14 = frozenset({"conditional", "filter", "for", "every", "some"})
#: What 1.5 brought, and no evaluation depends on.
_ONLY_15 = f"{{{_DMN_15}}}typeConstraint"
#: lxml keeps a schema's errors in the schema.
_LOCK = native_lock()


def problems_of_dmn(document: Any) -> list[str]:
    """Return what is wrong with a document, each with its line; its root is ``definitions`` of a known namespace."""
    namespace = etree.QName(document).namespace
    file, own, diagrams = NAMESPACES[namespace]
    for name, node in [(etree.QName(node), node) for node in document.iterchildren(etree.Element)]:
        if name.localname == "DMNDI" and name.namespace != diagrams:
            return [f"Line={node.sourceline}: Diagrams of the namespace '{name.namespace}' are not those of this DMN"]
    if namespace != own:
        if any(etree.QName(node).localname in _SINCE_14 for node in document.iter(f"{{{namespace}}}*")):
            return []
        document = _renamed(document, namespace, own)
    with _LOCK:
        schema = _schema(file)
        schema.validate(document)
        found = [(error.line, error.message.replace(f"{{{own}}}", "")) for error in schema.error_log]
    return [f"Line={line}: {text}" for line, text in found]


def _renamed(document: Any, namespace: str, other: str) -> Any:
    """Return a copy in another namespace, without its diagrams and what that does not know."""
    document = copy.deepcopy(document)
    for node in list(document.iter(etree.Element)):
        name = etree.QName(node)
        if name.localname == "DMNDI" or node.tag == _ONLY_15:
            node.getparent().remove(node)
        elif name.namespace == namespace:
            node.tag = f"{{{other}}}{name.localname}"
    return document


@cache
def _schema(file: str) -> Any:
    spec = find_spec("SpiffWorkflow")  # finds it without loading its parser of DMN
    folder = Path(present(present(spec).origin)).parent / "dmn" / "parser" / "schema"
    return etree.XMLSchema(etree.parse(folder / file))
