"""Joins: tokens that wait before a gateway for those on its other flows.

A parallel gateway waits for one on each flow. An inclusive one waits as long as another token could still come by a
flow that none has come by; then all that wait go on as one.

Source: docs.camunda.io, "Inclusive gateway" (8.6 on).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from camunda_client.embedded.model import Element
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._workflows import waits_for_all

#: Does a step after those that wait.
Soon = Callable[..., None]


def waits_at_join(task: Any, soon: Soon) -> bool:
    """Whether a token has to wait before a gateway. The last one goes on for all of them."""
    element: Element = task.task_spec.element
    if len(element.incoming) < 2 or "flow" not in task.internal_data:
        return False
    if element.kind == "PARALLEL_GATEWAY":
        return waits_for_all(task)
    scope: ElementInstance = task.workflow.scope
    task.wait()
    scope.arrivals.setdefault(element.id, {}).setdefault(task.internal_data["flow"].id, []).append(task)
    scope.joining = {*(scope.joining or ()), element.id}
    soon(look_at_joins, scope)  # what has sent this token may send others in the same step
    return True


def look_at_joins(scope: ElementInstance) -> None:
    """Let those tokens of a scope go on that nothing can come after any more."""
    elements = scope.process.definition.elements
    for gateway_id in sorted(scope.joining or ()) if scope.alive else ():
        gateway, arrived = elements[gateway_id], scope.arrivals[gateway_id]
        missing = {flow.id for flow in gateway.incoming if not arrived.get(flow.id)}
        places = _places(scope, gateway) if missing else ()
        if not any(_leads_to(place, missing, elements) for place in places):
            _go_on(scope, gateway_id)


def _go_on(scope: ElementInstance, gateway_id: str) -> None:
    first, *others = [task for tasks in scope.arrivals.pop(gateway_id).values() for task in tasks]
    scope.joining = (scope.joining or set()) - {gateway_id} or None
    for task in others:
        task.cancel()
        scope.tokens -= 1
    first._ready()


def _places(scope: ElementInstance, gateway: Element) -> Iterator[Element]:
    """Yield the elements of a scope that tokens are at, before or within, but for those that wait at the gateway."""
    for child in scope.children.values():
        yield child.element
    for gateway_id, arrived in scope.arrivals.items():
        if gateway_id != gateway.id and any(arrived.values()):
            yield scope.process.definition.elements[gateway_id]
    waiting = sum(len(tasks) for arrived in scope.arrivals.values() for tasks in arrived.values())
    if scope.tokens > waiting + len(scope.children):  # some are on their way; else the tree need not be gone through
        for task in scope.workflow.tasks.values():  # type: ignore[union-attr]
            if task.is_ready:
                yield task.task_spec.element


def _leads_to(place: Element, flow_ids: set[str], elements: dict[str, Element]) -> bool:
    """Whether a path from an element takes one of these flows; boundary events and links are ways out, too."""
    seen, waiting = {place.id}, [place]
    while waiting:
        element = waiting.pop()
        for flow in (flow for way in (element, *element.boundaries) for flow in way.outgoing):
            if flow.id in flow_ids:
                return True
            if flow.target not in seen:
                seen.add(flow.target)
                waiting.append(elements[flow.target])
        waiting += [catch for catch in _behind_link(element, elements) if catch.id not in seen]
    return False


def _behind_link(element: Element, elements: dict[str, Element]) -> list[Element]:
    if element.kind != "INTERMEDIATE_THROW_EVENT" or element.event.kind != "link" or element.event.name is None:
        return []
    name = element.event.name.text
    return [one for one in elements.values() if one.parent == element.parent and one.catches_link(name)]
