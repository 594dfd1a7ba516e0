"""Pages, messages and help are written in plain English: these words made readers stop and translate."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]
#: "There is no X" is plain English; "X is no Y" is not. Names of events and fields, in backticks, stay.
RIDDLES = re.compile(r"\btold\b|\bmend(?:s|ed|ing)?\b|\bwhoever\b|\bnobody\b|(?<!here )\bis no\b", re.IGNORECASE)
#: Of the package; "." is its top.
FOLDERS = ["c8", "cli", "config", "embedded", "log", "patching", "testing", "integrations", "."]
#: Names of an option and of a field, which users have in their scripts.
NAMES = {"mended", "--no-mend"}


def readable(text: str) -> str:
    """Return the text without code, without what links lead to, and without names of tests."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`]*`|\[[^]]*\]\(\.\./tests[^)]*\)|\]\([^)]*\)", "", text)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_speaks_in_riddles(page: str) -> None:
    lines = readable((ROOT / page).read_text()).splitlines()

    assert [line for line in lines if RIDDLES.search(line)] == []


def messages(source: str) -> Iterator[str]:
    """Yield the texts of a module that are not docstrings."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_message_speaks_in_riddles(folder: str) -> None:
    paths = (ROOT / "camunda_client" / folder).glob("*.py" if folder == "." else "**/*.py")
    found = [text for path in sorted(paths) for text in messages(path.read_text())]

    assert [text for text in found if RIDDLES.search(text) and text not in NAMES] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_docstring_comment_or_name_speaks_in_riddles(folder: str) -> None:
    paths = (ROOT / "camunda_client" / folder).glob("*.py" if folder == "." else "**/*.py")
    words = re.compile(r"\b(?:told|whoever|nobody|somebody|anybody)\b", re.IGNORECASE)

    assert [line for path in sorted(paths) for line in path.read_text().splitlines() if words.search(line)] == []
