"""Ad-hoc sub-processes: which elements begin when, and what is said of them to who decides that (8.7, and 8.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from camunda_client.embedded.model._dialects import since
from camunda_client.embedded.model._element import AdHoc, Element
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._reading import ElementError, required_expression
from camunda_client.embedded.model._specs import FlowNode, ScopeSpec

AD_HOC, INNER = "AD_HOC_SUB_PROCESS", "AD_HOC_SUB_PROCESS_INNER_INSTANCE"
#: What can't be activated by its id.
_NEVER_ACTIVATED = ("BOUNDARY_EVENT", "START_EVENT", "EVENT_SUB_PROCESS")
_FROM_AI = ("value", "description", "type", "schema", "options")


def fill(element: Element, node: Any, namespaces: dict[str, str]) -> None:
    """Read what is special about an ad-hoc sub-process, and what describes an element inside of one.

    Raises:
        ElementError: The release does not know it yet, or something is missing.
        FeelSyntaxError: An expression can't be parsed.
    """
    if element.kind == AD_HOC:
        element.ad_hoc = _read(node, namespaces)
    if str(node.getparent().tag).endswith("}adHocSubProcess"):
        properties = node.findall("bpmn:extensionElements/zeebe:properties/zeebe:property", namespaces)
        element.described = {
            "documentation": node.findtext("bpmn:documentation", None, namespaces),
            "properties": {one.get("name"): one.get("value") for one in properties},
        }


def _read(node: Any, namespaces: dict[str, str]) -> AdHoc:
    extensions = node.findall("bpmn:extensionElements/zeebe:adHoc", namespaces)
    if len(extensions) > 1:
        raise ElementError("Must have at most one 'zeebe:adHoc' extension element")
    given = extensions[0].attrib if extensions else {}
    condition = node.find("bpmn:completionCondition", namespaces)
    job = node.find("bpmn:extensionElements/zeebe:taskDefinition", namespaces)
    active, output = given.get("activeElementsCollection"), given.get("outputElement")
    if not since("8.8"):
        later = {
            "a completion condition": condition,
            "a job": job,
            "an output collection": given.get("outputCollection"),
        }
        if wrong := [name for name, there in later.items() if there is not None]:
            raise ElementError(f"Ad-hoc sub-processes with {wrong[0]} are not supported before 8.8")
    if job is not None and (active or condition is not None):
        raise ElementError(
            "An ad-hoc sub-process with a 'zeebe:taskDefinition' has no active elements collection and no completion "
            "condition: its job decides"
        )
    for name, wanted in (("outputElement", "outputCollection"), ("outputCollection", "outputElement")):
        if given.get(name) and not given.get(wanted):
            raise ElementError(f"Attribute '{wanted}' must be present if the attribute '{name}' is set")
    return AdHoc(
        active=required_expression(active) if active else None,
        completion=required_expression((condition.text or "").strip()) if condition is not None else None,
        cancel_remaining=node.get("cancelRemainingInstances", "true") in ("true", "1"),
        output_collection=given.get("outputCollection") or None,
        output_element=required_expression(output) if output else None,
        has_inner_instances=since("8.8"),
    )


def complete(element: Element, scope: ScopeSpec) -> None:
    """Note what an ad-hoc sub-process can activate, once all in it is read."""
    ad_hoc = element.ad_hoc
    if ad_hoc is None:
        return
    inside = [flow_node.element for flow_node in scope.nodes.values()]
    ad_hoc.elements = {one.id: _description(one) for one in inside if _is_activatable(one)}
    inner = Element(f"{element.id}#innerInstance", INNER, parent=element.id)
    ad_hoc.inner = FlowNode(scope, inner, inner=True)


def problems_of_ad_hoc(inside: Iterable[Element]) -> Iterator[str]:
    """Yield what is wrong with what an ad-hoc sub-process holds, by the verdicts of zeebe-bpmn-model 8.7 to 8.9."""
    found = list(inside)
    if not found:  # events and gateways are enough
        yield "Must have at least one activity."
    for kind in ("START_EVENT", "END_EVENT"):
        if any(one.kind == kind for one in found):
            yield f"Must not contain {'a' if kind == 'START_EVENT' else 'an'} {kind.lower().replace('_', ' ')}."
    if not since("8.8") and any(one.kind == "INTERMEDIATE_CATCH_EVENT" and not one.outgoing for one in found):
        yield "Intermediate catch events must have an outgoing sequence flow before 8.8."


def _is_activatable(element: Element) -> bool:
    return not element.incoming and element.kind not in _NEVER_ACTIVATED


def _description(element: Element) -> dict[str, Any]:
    said = element.described or {}
    found = [call for mapping in element.inputs for call in _calls(mapping.source)]
    return {
        "elementId": element.id, "elementName": element.name or None, "documentation": said.get("documentation"),
        "properties": said.get("properties") or {}, "parameters": found,
    }  # fmt: skip


def _calls(expression: Expression) -> Iterator[dict[str, Any]]:
    """Yield what ``fromAi()`` says of a parameter, for each call in an expression."""
    if expression.static:
        return
    for node in _nodes(expression.tree):
        if node[:2] == ("call", "fromAi"):
            given = dict(zip(_FROM_AI, node[2], strict=False)) | node[3]
            value = given.pop("value", ())
            rest = {name: _constant(part) for name, part in given.items()}
            yield {"name": value[-1] if value[:1] in (("name",), ("path",)) else None, **rest}


def _nodes(tree: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(tree, tuple):
        yield tree
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from _nodes(part)
    elif isinstance(tree, dict):
        for part in tree.values():
            yield from _nodes(part)


def _constant(node: Any) -> Any:
    """Return what a part of an expression is without any variables; null for what needs some."""
    kind, *parts = node
    if kind == "const":
        return parts[0]
    if kind == "list":
        return [_constant(item) for item in parts[0]]
    return {name: _constant(value) for name, value in parts[0]} if kind == "context" else None
