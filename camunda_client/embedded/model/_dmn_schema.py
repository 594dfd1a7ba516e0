"""DMN's own schema, which a document is held to before all else, as BPMN's is.

SpiffWorkflow ships the schemas of DMN 1.1 and 1.3. A document of 1.2, which differs in nothing that is evaluated, is
held to 1.3's; 1.4 and 1.5 are not held to any.
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
_DMN_11 = "http://www.omg.org/spec/DMN/20151101/dmn.xsd"
#: The namespaces that Camunda reads, and the schema that a document is held to here: its file and its own namespace.
NAMESPACES: dict[str, tuple[str, str] | None] = {
    _DMN_11: ("DMN.xsd", _DMN_11),
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": ("DMN.xsd", _DMN_11),
    "http://www.omg.org/spec/DMN/20180521/MODEL/": ("DMN13.xsd", _DMN_13),
    _DMN_13: ("DMN13.xsd", _DMN_13),
    "https://www.omg.org/spec/DMN/20211108/MODEL/": None,
    "https://www.omg.org/spec/DMN/20230324/MODEL/": None,
}
#: lxml keeps a schema's errors in the schema.
_LOCK = native_lock()


def problems_of_dmn(document: Any) -> list[str]:
    """Return what is wrong with a document, each with its line; its root is ``definitions`` of a known namespace."""
    namespace = etree.QName(document).namespace
    held_to = NAMESPACES[namespace]
    if held_to is None:
        return []
    file, own = held_to
    if namespace != own:
        document = _renamed(document, namespace, own)
    with _LOCK:
        schema = _schema(file)
        schema.validate(document)
        found = [(error.line, error.message.replace(f"{{{own}}}", "")) for error in schema.error_log]
    return [f"Line={line}: {text}" for line, text in found]


def _renamed(document: Any, namespace: str, other: str) -> Any:
    """Return a copy in another namespace, without its diagrams, which have namespaces of their own."""
    document = copy.deepcopy(document)
    for node in document.iter(etree.Element):
        name = etree.QName(node)
        if name.localname == "DMNDI":
            node.getparent().remove(node)
        elif name.namespace == namespace:
            node.tag = f"{{{other}}}{name.localname}"
    return document


@cache
def _schema(file: str) -> Any:
    spec = find_spec("SpiffWorkflow")  # finds it without loading its parser of DMN
    folder = Path(present(present(spec).origin)).parent / "dmn" / "parser" / "schema"
    return etree.XMLSchema(etree.parse(folder / file))
