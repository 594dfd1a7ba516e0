"""docs/libraries.md promises nothing that no test tries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (?!library|---)(.+?) \| (.+) \| (.+) \|$", (ROOT / "docs" / "libraries.md").read_text(), re.MULTILINE
)

#: What the page says of each library, in its own words.
VERDICTS = ("as it comes", "as they come", "needs a switch: ", "must run elsewhere")


def test_there_are_rows() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize(("library", "verdict", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_has_a_verdict_and_tests_that_are_there(library: str, verdict: str, tests: str) -> None:
    assert verdict.startswith(VERDICTS)

    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", tests)

    assert named, library
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / "libraries" / file).read_text()
