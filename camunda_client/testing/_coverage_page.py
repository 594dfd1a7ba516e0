"""The coverage of processes as one HTML page: each drawn with its counts, and the paths of tests that failed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from camunda_client.testing._diagram import draw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path as File

    from camunda_client.testing._coverage import Path, ProcessCoverage

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1f2328, #e6e8eb); --paper: light-dark(#fff, #14171a);
  --taken: light-dark(#116329, #4ac26b); --wash: light-dark(#e6f4ea, #12281a); --missed: light-dark(#9a3412, #f0a35e);
  --stop: light-dark(#b42318, #ff8a80); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 3rem; } table { border-collapse: collapse; }
td, th { padding: .3rem 1rem .3rem 0; text-align: left; } a { color: inherit; }
svg { width: 100%; height: auto; display: block; margin: 1rem 0; } .drawing { overflow-x: auto; }
svg text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: var(--ink); stroke: none; }
svg text.symbol { font-size: 17px; } svg text.count { font-size: 11px; font-weight: 600; fill: var(--paper); }
svg text.stop { text-anchor: start; font-weight: 600; fill: var(--stop); }
.node rect, .node circle, .node polygon { fill: var(--paper); stroke: var(--taken); stroke-width: 2; }
.node.taken rect, .node.taken circle, .node.taken polygon { fill: var(--wash); }
.node rect.badge { fill: var(--taken); } .node circle.thick { stroke-width: 4; }
.flow polyline { fill: none; stroke: var(--taken); stroke-width: 2; } .flow polygon { fill: var(--taken); }
.missed rect, .missed circle, .missed polygon, .missed polyline { stroke: var(--missed); stroke-dasharray: 5 4; }
.flow.missed polygon { fill: var(--missed); }
.legend { display: flex; gap: 2rem; flex-wrap: wrap; }
"""
_LEGEND = (
    "Solid green lines with a number were taken so many times. Dashed orange lines were never taken. "
    "Hover over an element or a flow for its id."
)


def write(folder: File, processes: list[ProcessCoverage]) -> File:
    """Write ``index.html`` into a folder, which is made if need be, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "index.html"
    file.write_text(page(processes), encoding="utf-8")
    return file


def page(processes: list[ProcessCoverage]) -> str:
    """Return the page, which refers to nothing outside itself."""
    rows = "".join(
        f'<tr><td><a href="#p{at}">{escape(one.process_id)}</a></td><td>{escape(one.resource)}</td>'
        f"<td>{one.summary()}</td></tr>"
        for at, one in enumerate(processes)
    )
    sections = "".join(_section(at, one) for at, one in enumerate(processes))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>BPMN coverage</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f"<h1>BPMN coverage</h1><p>{_LEGEND}</p><table><tr><th>process</th><th>file</th><th>taken</th></tr>{rows}"
        f"</table>{sections}</main></body></html>"
    )


def _section(at: int, one: ProcessCoverage) -> str:
    drawn = draw(one.content, one.parts, one.flows, one.taken)
    failed = "".join(_failed(one, path) for path in one.failed)
    return (
        f'<section><h2 id="p{at}">{escape(one.process_id)}</h2><p>{one.summary()}</p>{_framed(drawn)}'
        f"{_listed('Never entered', one.missed)}{_listed('Never taken', one.missed_flows)}{failed}</section>"
    )


def _failed(one: ProcessCoverage, path: Path) -> str:
    drawn = draw(one.content, one.parts, one.flows, path.taken, path.stood_at)
    stood = _listed("It stood at", sorted(path.stood_at))
    return f"<h3>Failed: {escape(path.test)} ({escape(path.state.lower())})</h3>{_framed(drawn)}{stood}"


def _framed(drawn: list[str]) -> str:
    if not drawn:
        return "<p>The file has no diagram of this process.</p>"
    return "".join(f'<div class="drawing" tabindex="0">{svg}</div>' for svg in drawn)


def _listed(what: str, ids: Iterable[str]) -> str:
    names = ", ".join(f"<code>{escape(one)}</code>" for one in ids)
    return f"<p>{what}: {names}</p>" if names else ""
