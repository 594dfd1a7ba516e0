"""Loops in which a process would never wait: refused when it is deployed, as by 8.6.0.

Like 8.6.0 it looks from tasks that do nothing, throw events and calls only, within one document: a loop of gateways
and scripts may end by its conditions, and is left to ``Engine(max_steps=...)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from camunda_client.embedded.model._element import Element

_LOOKED_FROM = ("TASK", "MANUAL_TASK", "INTERMEDIATE_THROW_EVENT", "CALL_ACTIVITY")
_PASSED = (*_LOOKED_FROM, "START_EVENT", "END_EVENT", "EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY", "PARALLEL_GATEWAY",
           "SUB_PROCESS")  # fmt: skip


def straight_loop(elements: Mapping[str, Element], processes: Mapping[str, Mapping[str, Element]]) -> str | None:
    """Return the first loop of a process as ``a > b > a``, or None.

    Args:
        elements: Its elements by id.
        processes: Those of all processes of the document, by the ids of the processes.
    """
    everything = {element.id: element for found in processes.values() for element in found.values()}
    for element in elements.values():
        if element.kind in _LOOKED_FROM:
            path = _back_to(element, everything, processes)
            if path is not None:
                return " > ".join(path)
    return None


def _back_to(
    first: Element, everything: Mapping[str, Element], processes: Mapping[str, Mapping[str, Element]]
) -> list[str] | None:
    seen: set[str] = set()
    waiting = [(first, [first.id])]
    while waiting:
        element, path = waiting.pop()
        for target in _next(element, everything, processes):
            if target is first:
                return [*path, first.id]
            if target.kind in _PASSED and target.id not in seen:
                seen.add(target.id)
                waiting.append((target, [*path, target.id]))
    return None


def _next(
    element: Element, everything: Mapping[str, Element], processes: Mapping[str, Mapping[str, Element]]
) -> Iterator[Element]:
    if element.called is not None:
        process_id = element.called.process_id
        called = processes.get(process_id.text, {}) if process_id.static else {}
        starts = called[process_id.text].starts if called else []
    else:
        starts = element.starts
    if element.kind in ("SUB_PROCESS", "CALL_ACTIVITY"):
        yield from (start for start in starts if start.event.kind == "none")
        return
    left: Element | None = element
    while left is not None and not left.outgoing:  # a scope is left behind its last element
        left = everything.get(left.parent)
        if left is None or left.kind != "SUB_PROCESS":
            return
    if left is not None:
        yield from (everything[flow.target] for flow in left.outgoing)
