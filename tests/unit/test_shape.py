"""Modules and functions stay small: what no longer fits has a second noun in it."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import camunda_client
from camunda_client.c8.worker._lease import HeldJob

FILES = sorted(Path(camunda_client.__file__).parent.rglob("*.py"))
#: Physical lines of a module.
LONGEST_MODULE = 450


def lengths() -> list[int]:
    """Return the lines of code of every function, without its docstring, comments and blank lines."""
    found = []
    for path in FILES:
        text = path.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                has_docstring = ast.get_docstring(node) is not None
                docstring = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1) if has_docstring else ()
                own = [lines[at - 1].strip() for at in range(node.lineno, node.end_lineno + 1) if at not in docstring]
                found.append(sum(1 for line in own if line and not line.startswith("#")))
    return sorted(found)


def test_no_module_is_longer_than_can_be_read_in_one_go() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in FILES}

    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    found = lengths()

    assert statistics.median(found) <= 8
    assert found[len(found) * 9 // 10] <= 20


def test_each_attribute_of_a_job_in_hand_is_written_by_one_module() -> None:
    """All but one by its own methods; ``due_slot`` is the extender's mark on it."""
    writers: dict[str, set[str]] = {}
    for path in [path for path in FILES if "worker" in path.parts]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in HeldJob.__slots__:
                name = node.value.id if isinstance(node.value, ast.Name) else ""
                if name in ("held", "twin", "again") or (name == "self" and path.stem == "_lease"):
                    writers.setdefault(node.attr, set()).add(path.stem)

    assert writers.pop("due_slot") == {"_lease", "_extender"}
    assert {name for modules in writers.values() for name in modules} == {"_lease"}
