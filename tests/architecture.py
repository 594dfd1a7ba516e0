"""The list of all modules in docs/architecture.md, from their docstrings.

python -m tests.architecture            # write it anew
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests import import_graph

PAGE = import_graph.ROOT / "docs" / "architecture.md"
_START, _END = "<!-- modules: python -m tests.architecture -->\n", "<!-- end of modules -->"


def sentence(path: Path) -> str:
    """Return what a module says of itself first, on one line."""
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(said.split("\n\n")[0].split())


def folders() -> dict[str, list[tuple[str, str]]]:
    """Return the modules of each folder of the package, in the order of their names, with what they say."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in import_graph.modules().values():
        folder = path.parent.relative_to(import_graph.ROOT).as_posix()
        found.setdefault(folder, []).append((path.stem, sentence(path)))
    return dict(sorted(found.items()))


def listed() -> str:
    """Return the list: a heading for each folder, a line for each of its modules."""
    lines = []
    for folder, modules in folders().items():
        about = dict(modules).pop("__init__", "")
        lines += [f"### `{folder}`", "", about, ""]
        lines += [f"- `{name}`: {said}" for name, said in modules if name != "__init__"]
        lines.append("")
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def written(page: str) -> str:
    """Return the page with the list as it should be."""
    before, rest = page.split(_START)
    return f"{before}{_START}\n{listed()}\n{_END}{rest.split(_END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
