"""A process drawn as SVG, from the diagram in its BPMN document: what was taken, how often, and what never was."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from camunda_client.testing._coverage import Part

_BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_DI = "{http://www.omg.org/spec/DD/20100524/DI}"
#: Around the drawing, in the diagram's own units.
_MARGIN = 24
#: Characters of a name in one line of a box of 100 units, and lines at most.
_LINE, _LINES = 15, 4
#: What is in a gateway's diamond, and in an event's circle.
_GATEWAYS = {"EXCLUSIVE_GATEWAY": "✕", "PARALLEL_GATEWAY": "＋", "INCLUSIVE_GATEWAY": "◯", "EVENT_BASED_GATEWAY": "⬠"}
_EVENTS = {
    "message": "✉", "timer": "◷", "error": "↯", "signal": "△", "escalation": "▲", "terminate": "●", "link": "⇨",
    "compensation": "⏪", "conditional": "☰",
}  # fmt: skip


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


def draw(
    content: bytes,
    parts: Mapping[str, Part],
    flows: Iterable[str],
    taken: Mapping[str, int],
    stood_at: Iterable[str] = (),
) -> list[str]:
    """Return one SVG for each plane of the document on which the process is drawn; none if it has no diagram.

    Args:
        content: The BPMN document.
        parts: The process's elements by id.
        flows: Ids of its sequence flows.
        taken: How often each of both was taken.
        stood_at: Ids of elements at which an instance stood in the end, which get a mark.
    """
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    stops, known = frozenset(stood_at), frozenset(flows)
    drawn = (_plane(plane, parts, known, taken, stops) for plane in root.iter(f"{_BPMNDI}BPMNPlane"))
    return [svg for svg in drawn if svg]


def _plane(
    plane: etree._Element,
    parts: Mapping[str, Part],
    flows: frozenset[str],
    taken: Mapping[str, int],
    stops: frozenset[str],
) -> str:
    boxes = {name: box for name, box in _boxes(plane) if name in parts}
    lines = {name: points for name, points in _lines(plane) if name in flows}
    if not boxes:
        return ""
    # What contains others is drawn first.
    order = sorted(boxes, key=lambda name: -boxes[name].width * boxes[name].height)
    drawn = [_node(name, parts[name], boxes[name], taken.get(name, 0), name in stops) for name in order]
    drawn += [_flow(name, points, taken.get(name, 0)) for name, points in lines.items()]
    left, top, width, height = _extent(boxes.values(), lines.values())
    return (
        f'<svg viewBox="{left:g} {top:g} {width:g} {height:g}" style="max-width:{width:g}px" role="img" '
        f'aria-label="the process as drawn, with counts">{"".join(drawn)}</svg>'
    )


def _boxes(plane: etree._Element) -> Iterator[tuple[str, _Box]]:
    for shape in plane.iter(f"{_BPMNDI}BPMNShape"):
        bounds = shape.find(f"{_DC}Bounds")
        if bounds is not None:
            numbers = (float(bounds.get(name, "0")) for name in ("x", "y", "width", "height"))
            yield shape.get("bpmnElement", ""), _Box(*numbers)


def _lines(plane: etree._Element) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    for edge in plane.iter(f"{_BPMNDI}BPMNEdge"):
        points = [(float(at.get("x", "0")), float(at.get("y", "0"))) for at in edge.iter(f"{_DI}waypoint")]
        if points:
            yield edge.get("bpmnElement", ""), points


def _extent(boxes: Iterable[_Box], lines: Iterable[list[tuple[float, float]]]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of everything, with a margin that has room for names under events."""
    corners = [at for box in boxes for at in ((box.x, box.y), (box.x + box.width, box.y + box.height))]
    corners += [at for points in lines for at in points]
    left, top = min(x for x, _ in corners) - _MARGIN, min(y for _, y in corners) - _MARGIN
    right, bottom = max(x for x, _ in corners) + _MARGIN, max(y for _, y in corners) + 2 * _MARGIN
    return left, top, right - left, bottom - top


def _node(name: str, part: Part, box: _Box, count: int, stopped: bool) -> str:
    middle_x, middle_y = box.middle
    if part.kind in _GATEWAYS or part.kind.endswith("_GATEWAY"):
        x, y, width, height = box
        corners = f"{middle_x:g},{y:g} {x + width:g},{middle_y:g} {middle_x:g},{y + height:g} {x:g},{middle_y:g}"
        shape = f'<polygon points="{corners}"/>{_symbol(_GATEWAYS.get(part.kind, ""), box)}{_below(part.name, box)}'
    elif part.kind.endswith("_EVENT"):
        shape = f"{_circles(part.kind, box)}{_symbol(_EVENTS.get(part.event, ''), box)}{_below(part.name, box)}"
    else:
        is_container = part.kind.endswith("SUB_PROCESS")
        inside = _text(part.name, middle_x, box.y + 16) if is_container else _inside(part.name, box)
        shape = f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="9"/>{inside}'
    mark = f'<text class="stop" x="{box.x - 4:g}" y="{box.y - 5:g}">▶ stood here</text>' if stopped else ""
    title = f"<title>{escape(name)}: {_times(count, 'entered')}</title>"
    badge = _badge(count, box.x + box.width, box.y)
    return f'<g class="node {"taken" if count else "missed"}">{title}{shape}{badge}{mark}</g>'


def _circles(kind: str, box: _Box) -> str:
    (x, y), radius = box.middle, box.width / 2
    one = f'<circle class="{"thick" if kind == "END_EVENT" else ""}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'
    is_double = kind.startswith("INTERMEDIATE") or kind == "BOUNDARY_EVENT"
    return one + (f'<circle cx="{x:g}" cy="{y:g}" r="{radius - 4:g}"/>' if is_double else "")


def _flow(name: str, points: list[tuple[float, float]], count: int) -> str:
    (from_x, from_y), (x, y) = points[-2] if len(points) > 1 else points[-1], points[-1]
    length = max(((x - from_x) ** 2 + (y - from_y) ** 2) ** 0.5, 1)
    along_x, along_y = (x - from_x) / length * 9, (y - from_y) / length * 9
    head = f"{x:g},{y:g} {x - along_x - along_y / 2:g},{y - along_y + along_x / 2:g} "
    head += f"{x - along_x + along_y / 2:g},{y - along_y - along_x / 2:g}"
    line = " ".join(f"{at_x:g},{at_y:g}" for at_x, at_y in points)
    title = f"<title>{escape(name)}: {_times(count, 'taken')}</title>"
    shapes = f'<polyline points="{line}"/><polygon points="{head}"/>'
    return f'<g class="flow {"taken" if count else "missed"}">{title}{shapes}</g>'


def _badge(count: int, x: float, y: float) -> str:
    text, half = f"{count}×", 6 + 4 * len(str(count))
    box = f'<rect class="badge" x="{x - half:g}" y="{y - 9:g}" width="{2 * half:g}" height="17" rx="8"/>'
    return f'{box}<text class="count" x="{x:g}" y="{y + 4:g}">{text}</text>' if count else ""


def _inside(name: str, box: _Box) -> str:
    lines = wrap(name, max(int(box.width / 100 * _LINE), 4))[:_LINES]
    x, y = box.middle
    return "".join(_text(line, x, y + 5 + 14 * (at - (len(lines) - 1) / 2)) for at, line in enumerate(lines))


def _below(name: str, box: _Box) -> str:
    lines = wrap(name, _LINE)[:2]
    return "".join(_text(line, box.middle[0], box.y + box.height + 14 + 13 * at) for at, line in enumerate(lines))


def _symbol(symbol: str, box: _Box) -> str:
    x, y = box.middle
    return f'<text class="symbol" x="{x:g}" y="{y + 6:g}">{symbol}</text>' if symbol else ""


def _text(text: str, x: float, y: float) -> str:
    return f'<text x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _times(count: int, what: str) -> str:
    return f"never {what}" if not count else f"{what} once" if count == 1 else f"{what} {count} times"
