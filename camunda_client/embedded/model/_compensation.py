"""What undoes what: compensation handlers, and the events that ask for them, held to 8.6.0's rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from camunda_client.embedded.model._dialects import since
from camunda_client.embedded.model._element import Element

#: Kinds that may be undone as a whole, by the handlers inside, without a handler of their own.
_SUB_PROCESSES = ("SUB_PROCESS", "AD_HOC_SUB_PROCESS")


def link_handlers(siblings: Mapping[str, Element], associations: list[tuple[str, str]]) -> None:
    """Let each compensation boundary event of a scope know its handlers, and each activity its boundary events.

    Args:
        siblings: The elements of the scope by id.
        associations: The ids of what each association connects.
    """
    for element in siblings.values():
        if element.kind != "BOUNDARY_EVENT" or element.event.kind != "compensation":
            continue
        ends = [siblings.get(target) for source, target in associations if source == element.id]
        element.handlers = [end for end in ends if end is not None and end.for_compensation]
        host = siblings.get(element.attached_to or "")
        if host is not None:
            host.compensations.append(element)


def problems_of_compensation(elements: Mapping[str, Element]) -> Iterator[tuple[Element, str]]:
    """Yield what is wrong with a process's compensation: the element, and what to say."""
    for element in elements.values():
        if element.for_compensation:
            yield from ((element, text) for text in _problems_of_handler(element))
        if element.event.kind == "compensation":
            at_boundary = element.kind == "BOUNDARY_EVENT"
            texts = _problems_of_boundary(element) if at_boundary else _problems_of_reference(element, elements)
            yield from ((element, text) for text in texts)


def _problems_of_handler(handler: Element) -> Iterator[str]:
    for found, what in ((handler.incoming, "incoming sequence flows"), (handler.outgoing, "outgoing sequence flows"),
                        (handler.boundaries, "boundary events")):  # fmt: skip
        if found:
            yield f"A compensation handler should have no {what}"


def _problems_of_boundary(boundary: Element) -> Iterator[str]:
    if boundary.outgoing and since("8.9"):
        yield "Compensation boundary events must have a compensation association and no outgoing sequence flows"
    elif len(boundary.handlers) != 1:
        found = len(boundary.handlers)
        yield f"Must have an association to exactly one activity that is marked as for compensation, found {found}"
    if boundary.listeners:
        yield "Execution listeners of type 'start' and 'end' are not supported by [compensation] boundary events"
    if boundary.inputs or boundary.outputs:
        yield "Mappings of a compensation boundary event are not supported; give them to its compensation handler"


def _problems_of_reference(thrower: Element, elements: Mapping[str, Element]) -> Iterator[str]:
    reference = thrower.event.activity_id
    activity = elements.get(reference)
    if not reference or thrower.kind not in ("INTERMEDIATE_THROW_EVENT", "END_EVENT"):
        return
    expected = f"The referenced compensation activity '{reference}' must"
    if activity is None:
        yield f"The referenced compensation activity '{reference}' doesn't exist"
    elif not activity.compensations and activity.kind not in _SUB_PROCESSES:
        yield f"{expected} have either a compensation boundary event or be a subprocess"
    elif activity.parent not in _scopes_of(thrower, elements):
        yield f"{expected} be in the same scope as the compensation throw event"


def _scopes_of(thrower: Element, elements: Mapping[str, Element]) -> list[str]:
    """Return the scopes whose activities a thrown event undoes: out of an event sub-process, also those around it."""
    scopes = [thrower.parent]
    while elements[scopes[-1]].kind == "EVENT_SUB_PROCESS":
        scopes.append(elements[scopes[-1]].parent)
    return scopes
