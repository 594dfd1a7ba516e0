"""FEEL is a package of its own: it imports nothing of ours, and could be published as it is."""

from __future__ import annotations

import ast
from pathlib import Path

from camunda_client.embedded import feel


def test_feel_imports_nothing_of_ours() -> None:
    foreign = []
    for file in sorted(Path(feel.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            else:
                continue
            foreign += [
                f"{file.name}: {name}"
                for name in names
                if name.startswith((".", "camunda_client")) and not name.startswith("camunda_client.embedded.feel")
            ]

    assert foreign == []
