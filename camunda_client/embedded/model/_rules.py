"""What 8.6.0 asks of elements among others: their flows, what is attached to them, what their scope holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping

from camunda_client.embedded.model._element import Binding, Element
from camunda_client.embedded.model._expressions import Expression


def problems_of_place(element: Element, siblings: dict[str, Element]) -> Iterator[str]:
    """Yield what is wrong with an element's place in its scope."""
    if element.kind in ("EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY"):
        yield from _problems_of_conditions(element)
    if element.kind == "EVENT_BASED_GATEWAY":
        yield from _problems_of_event_gateway(element, siblings)
    if element.kind == "BOUNDARY_EVENT":
        yield from _problems_of_boundary(element, siblings.get(element.attached_to or ""))
    if element.kind == "RECEIVE_TASK" and _caught(element) in map(_caught, element.boundaries):
        yield "Cannot reference the same message name as a boundary event"
    yield from _problems_of_catching(element.boundaries)
    if element.kind == "END_EVENT" and element.outgoing:
        yield "End events must not have outgoing sequence flows to other elements."
    if element.event.kind == "link" and element.kind == "INTERMEDIATE_THROW_EVENT":
        targets = [s for s in siblings.values() if s.kind == "INTERMEDIATE_CATCH_EVENT" and _link(s) == _link(element)]
        if len(targets) != 1:
            yield f"Must have exactly one link catch event of the name '{_link(element)}', found {len(targets)}"


def _problems_of_boundary(boundary: Element, host: Element | None) -> Iterator[str]:
    if boundary.incoming:
        yield "Cannot have incoming sequence flows"
    if host is None or host.kind.endswith(("_EVENT", "_GATEWAY")):
        yield f"Must be attached to an activity of its scope, not to '{boundary.attached_to}'"
    elif boundary.event.kind == "escalation" and not host.kind.endswith(("SUB_PROCESS", "CALL_ACTIVITY")):
        yield "An escalation boundary event should only be attached to a subprocess, or a call activity."


def _problems_of_catching(catching: Iterable[Element]) -> Iterator[str]:
    """Yield which events of a scope would be caught by more than one of its elements."""
    for (kind, name), count in Counter(map(_caught, catching)).items():
        if count < 2 or kind not in ("message", "signal", "error", "escalation"):
            continue
        if kind in ("message", "signal"):
            yield f"Multiple {kind} event definitions with the same name '{name}' are not allowed."
        elif name:
            code = f"the same {kind} code '{name}'"
            yield f"Multiple {kind} catch events with {code} are not supported on the same scope."
        else:
            one = f"an {kind} catch event without {kind} code"
            yield f"The same scope can not contain more than one of: {one}. It catches all."


def _problems_of_conditional(catching: Iterable[Element]) -> Iterator[str]:
    conditions = [one.event.condition.source for one in catching if one.event.condition is not None]
    for condition, count in Counter(conditions).items():
        if count > 1:
            what = "Multiple conditional event definitions with the same condition expression"
            yield f"{what} '{condition}' are not allowed."


def _caught(element: Element) -> tuple[str, str]:
    event = element.event
    return event.kind, event.name.source if event.name else ""


def _problems_of_conditions(gateway: Element) -> Iterator[str]:
    if gateway.default is not None and gateway.default not in [flow.id for flow in gateway.outgoing]:
        yield "Default flow must start at gateway"
    for flow in gateway.outgoing if len(gateway.outgoing) > 1 else ():
        if flow.condition is None and flow.id != gateway.default:
            yield f"Sequence flow '{flow.id}' must have a condition or be the default flow"


def _problems_of_event_gateway(gateway: Element, siblings: dict[str, Element]) -> Iterator[str]:
    if len(gateway.outgoing) < 2:
        yield "Event-based gateway must have at least 2 outgoing sequence flows."
    targets = [siblings[flow.target] for flow in gateway.outgoing]
    yield from _problems_of_catching(targets)
    yield from _problems_of_conditional(targets)
    for target in targets:
        if target.kind != "INTERMEDIATE_CATCH_EVENT" or target.event.kind == "link":
            yield (
                "Event-based gateway must not have an outgoing sequence flow to other elements than "
                "message/timer/signal intermediate catch events."
            )


def problems_of_bindings(
    elements: Iterable[Element], brought: Mapping[str, Container[str]]
) -> Iterator[tuple[Element, str]]:
    """Yield which elements are bound to something that their own deployment does not bring, as far as ids are static.

    Args:
        elements: Of a process.
        brought: Ids of what the deployment brings, by ``process``, ``decision``, ``form`` and ``resource``.
    """
    for element in elements:
        for kind, wanted, binding in _bound(element):
            if binding.type == "deployment" and wanted.static and wanted.text not in brought[kind]:
                yield element, f"Expected to find {kind} with id '{wanted.text}' in current deployment, but not found."


def _bound(element: Element) -> Iterator[tuple[str, Expression, Binding]]:
    if element.called is not None:
        yield "process", element.called.process_id, element.binding
    if element.decision is not None:
        yield "decision", element.decision, element.binding
    form_id = (element.user_task or {}).get("formId")
    if form_id is not None:
        yield "form", form_id, element.binding
    for link in element.links:
        yield "resource", link.resource_id, link.binding


def _link(element: Element) -> str:
    return element.event.name.text if element.event.kind == "link" and element.event.name else ""


def problems_of_scope(element: Element) -> Iterator[str]:
    """Yield what is wrong with what starts a process or sub-process, or is started by it."""
    yield from _problems_of_catching([inner.start for inner in element.event_subprocesses if inner.starts])
    if element.kind == "SUB_PROCESS" and [s.event.kind for s in element.starts] != ["none"]:
        yield "Must have exactly one none start event"
    if element.kind == "EVENT_SUB_PROCESS":
        kinds = [s.event.kind for s in element.starts]
        if len(kinds) != 1 or kinds[0] not in ("message", "timer", "signal", "error", "escalation", "conditional"):
            yield "Must have exactly one start event of one of: conditional, error, escalation, message, signal, timer"
        elif kinds[0] == "error" and not element.start.interrupting:
            yield "Non-interrupting events of this type are not allowed"
        elif element.start.event.timer_kind == "cycle" and element.start.interrupting:
            yield "Interrupting timer event with time cycle is not allowed."
    if element.kind == "PROCESS" and sum(s.event.kind == "none" for s in element.starts) > 1:
        yield "Multiple none start events are not allowed"
    if element.kind == "PROCESS":
        kinds = sorted({s.event.kind for s in element.starts} - {"none", "message", "timer", "signal", "conditional"})
        yield from _problems_of_conditional(element.starts)
        yield from (f"A process can't start with an event of the type {kind}" for kind in kinds)
