"""What is public has a name that says so: ``__all__`` in each module without an underscore in its path."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "camunda_client"
PUBLIC = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__main__.py"
    and not any(part.startswith("_") and part != "__init__.py" for part in path.relative_to(ROOT).parts)
]
#: Packages that only hold others.
EMPTY = {"camunda_client", "camunda_client.c8", "camunda_client.integrations", "camunda_client.testing"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def defined(path: Path) -> set[str]:
    """Return the classes and functions with public names that a module defines itself."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("path", PUBLIC, ids=dotted)
def test_a_public_module_says_which_of_its_names_are_public(path: Path) -> None:
    name = dotted(path)
    if name in EMPTY:
        assert defined(path) == set()
        return
    module = importlib.import_module(name)

    assert set(module.__all__) >= defined(path)
    assert [public for public in module.__all__ if not hasattr(module, public)] == []
    assert [public for public in module.__all__ if public.startswith("_")] == []


def test_every_name_that_the_pages_use_is_public() -> None:
    pages = "".join(page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    imports = re.findall(r"^\s*from (camunda_client[\w.]*) import ([\w, ]+)", pages, re.MULTILINE)

    assert len(imports) > 10
    for module, names in imports:
        assert "._" not in module
        for name in names.split(","):
            found = importlib.import_module(module)
            assert hasattr(found, name.strip()) or importlib.import_module(f"{module}.{name.strip()}"), (module, name)
