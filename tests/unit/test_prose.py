"""Pages and help are written in plain English: these words made readers stop and translate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]
#: "There is no X" is plain English; "X is no Y" is not. Names of events and fields, in backticks, stay.
RIDDLES = re.compile(r"\btold\b|\bmend(?:s|ed|ing)?\b|\bwhoever\b|\bnobody\b|(?<!here )\bis no\b", re.IGNORECASE)


def readable(text: str) -> str:
    """Return the text without code, without what links lead to, and without names of tests."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`]*`|\[[^]]*\]\(\.\./tests[^)]*\)|\]\([^)]*\)", "", text)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_speaks_in_riddles(page: str) -> None:
    lines = readable((ROOT / page).read_text()).splitlines()

    assert [line for line in lines if RIDDLES.search(line)] == []
