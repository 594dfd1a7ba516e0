"""Every fault has its proof, and the page that says so is the list's own."""

from __future__ import annotations

import ast

from tests.faults.rows import ROOT, ROWS, marked_tests, page


def test_every_row_has_a_test_or_a_reason() -> None:
    tests = marked_tests()

    assert [row.number for row in ROWS if not (tests.get(row.number) or row.elsewhere or row.reason)] == []
    assert sorted(set(tests) - {row.number for row in ROWS}) == [], "marks of rows that are not there"
    assert len({row.number for row in ROWS}) == len(ROWS)


def test_the_tests_of_other_folders_are_there() -> None:
    missing = []
    for test in {test for row in ROWS for test in row.elsewhere}:
        file, _, name = test.partition("::")
        path = ROOT / "tests" / file
        functions = ast.parse(path.read_text()).body if path.is_file() else []
        if name not in {node.name for node in functions if isinstance(node, ast.FunctionDef)}:
            missing.append(test)

    assert missing == []


def test_the_page_is_written_from_the_list() -> None:
    """Mend with: python -m tests.faults.rows > docs/faults.md."""
    assert (ROOT / "docs" / "faults.md").read_text() == page()
