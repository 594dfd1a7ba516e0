"""The rooms of the embedded engine know of each other what stands in their ``__init__``, and no more."""

from __future__ import annotations

import ast
from pathlib import Path

from camunda_client import embedded

PACKAGE = "camunda_client.embedded"
ROOT = Path(embedded.__file__).parent


def test_a_room_is_entered_by_its_door() -> None:
    past_the_door = []
    for file in sorted(ROOT.rglob("*.py")):
        room = ".".join([PACKAGE, *file.relative_to(ROOT).parent.parts])
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom):
                continue
            holder, _, last = (node.module or "").rpartition(".")
            if (
                node.module
                and node.module.startswith(PACKAGE)
                and last.startswith("_")
                and holder not in (room, PACKAGE)
            ):
                past_the_door.append(f"{file.relative_to(ROOT)}: {node.module}")

    assert past_the_door == []


def test_the_top_folder_holds_few_files() -> None:
    assert len(list(ROOT.glob("*.py"))) <= 12
