"""Who imports whom in the package: every import statement counts, at load, inside a function, and for types only.

python -m tests.import_graph            # the rooms and their imports, as a Mermaid flowchart
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "camunda_client"
ROOT = Path(__file__).parent.parent
#: Rooms from top to bottom, as the contracts in setup.cfg have them; a module belongs to the longest that fits. Those
#: of one line do not know each other.
ROOMS = (
    ("__main__",),
    ("cli",),
    ("testing",),
    ("camunda7", "embedded", "integrations", "mapping"),
    ("c8.worker",),
    ("c8._wire",),
    ("c8.api",),
    ("c8.auth",),
    ("c8._target",),
    ("c8._http",),
    ("config", "c8.models"),
    ("c8",),
    ("metrics", "utils"),
    ("_process",),
    ("_backoff", "_caps", "_files", "_json"),
    ("log",),
    ("error", "patching"),
    ("",),
)


def modules() -> dict[str, Path]:
    """Return the file of every module by its dotted name."""
    paths = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports() -> dict[str, set[str]]:
    """Return for every module those of ours that it imports."""
    known = modules()
    return {name: set(_imported(path, known)) - {name} for name, path in known.items()}


def _imported(path: Path, known: Iterable[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                member = f"{node.module}.{alias.name}"
                yield member if member in known else node.module


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others (Tarjan's algorithm)."""
    found: list[list[str]] = []
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        path.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
            if other in path:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == order[name]:
            start = path.index(name)
            if len(path) - start > 1:
                found.append(sorted(path[start:]))
            del path[start:]

    for name in graph:
        if name not in order:
            visit(name)
    return found


def room(module: str) -> str:
    """Return the room of a module, without the package's name; empty for the top of the package."""
    inner = module.removeprefix(PACKAGE).removeprefix(".")
    fitting = [one for row in ROOMS for one in row if f"{inner}.".startswith(f"{one}.")]
    return max(fitting, key=len, default="")


def room_imports(graph: dict[str, set[str]]) -> dict[tuple[str, str], list[str]]:
    """Return the pairs of rooms of which the first imports from the second, each with the imports."""
    found: dict[tuple[str, str], list[str]] = {}
    for module, others in sorted(graph.items()):
        for other in sorted(others):
            if room(module) != room(other):
                found.setdefault((room(module), room(other)), []).append(f"{module} -> {other}")
    return found


def foreign_privates(graph: dict[str, set[str]]) -> list[str]:
    """Return imports of a module whose name begins with an underscore from outside the folder that it is in."""
    found = []
    for module, others in sorted(graph.items()):
        for other in sorted(others):
            parts = other.split(".")
            private = next((place for place, part in enumerate(parts) if part.startswith("_")), None)
            if private is not None and not f"{module}.".startswith(".".join(parts[:private]) + "."):
                found.append(f"{module} -> {other}")
    return found


def mermaid(graph: dict[str, set[str]]) -> str:
    """Return the rooms and their imports as a flowchart; what all rooms may import is left out."""
    everywhere = {"", "error", "log", "utils"}
    lines = ["flowchart TD"]
    for first, second in sorted(room_imports(graph)):
        if first not in everywhere and second not in everywhere:
            lines.append(f"    {first.replace('.', '_')}[{first}] --> {second.replace('.', '_')}[{second}]")
    return "\n".join(lines)


if __name__ == "__main__":
    print(mermaid(imports()))
