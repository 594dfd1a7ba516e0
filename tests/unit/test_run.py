"""Adding up the parts of the suite: nothing that one of them says may get lost."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from tests import run
from tests.run import (
    ACCEPTANCE,
    CONTRACT,
    FAULTS,
    KEYCLOAK,
    ROOT,
    UNMEASURED,
    Ended,
    _side_by_side,
    closing,
    command,
    computing,
    durations,
    faults,
    totals,
)


def test_what_all_parts_counted_is_added_up_as_pytest_says_it() -> None:
    parts = [
        "x\n3 tests ran on the Camunda given\n==== 3 passed, 1 skipped, 1 warning in 0.05s ====\n",
        "4 tests ran on the Camunda given\n==== 2 failed, 5 passed, 1 error in 600.10s (0:10:00) ====\n",
    ]

    assert (
        closing(parts, 600.2).strip("= ") == "2 failed, 8 passed, 1 skipped, 1 warnings, 1 errors in 600.20s (0:10:00)"
    )
    assert totals(parts) == ["7 tests ran on the Camunda given"]


def test_a_part_that_did_not_come_to_its_end_is_an_error() -> None:
    assert closing(["== 3 passed in 1.00s ==\n", "tests/unit/test_log.py ..."], 59.7).strip("= ") == (
        "3 passed, 1 errors in 59.70s (0:00:59)"
    )


def test_every_test_runs_in_one_part() -> None:
    """By the paths that the parts take and leave out, for each file of tests."""
    parts = [*computing(), *faults()]
    assert all((ROOT / path).exists() for path in (*UNMEASURED, *KEYCLOAK, FAULTS, ACCEPTANCE, CONTRACT))

    for file in (ROOT / "tests").rglob("test_*.py"):
        shares = [share for part in parts if (share := _share(part, file))]
        assert sum(shares) == pytest.approx(1), file


def test_one_part_starts_keycloak() -> None:
    """A Keycloak takes seconds of two cores and half a gigabyte."""
    users = [
        file
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"[(\s](keycloak|secured_camunda): ", file.read_text())
    ]

    assert users != []
    assert all(_under(file, list(KEYCLOAK)) for file in users)


def test_coverage_is_measured_only_if_asked() -> None:
    """It takes more time than the tests, and some parts run the same lines thousands of times."""
    for part in (*computing(), *faults()):
        assert "coverage" not in command(part, measured=False)
        assert ("coverage" in command(part, measured=True)) == (UNMEASURED[0] not in part and FAULTS not in part)


def test_a_quick_run_leaves_out_what_it_names_and_nothing_else() -> None:
    parts = run.quick([*computing(), *faults()])

    for file in (ROOT / "tests").rglob("test_*.py"):
        shares = sum(_share(part, file) for part in parts)
        assert shares == pytest.approx(0 if _under(file, list(run.TOOLS)) else 1), file


def test_a_quick_run_has_one_case_of_each_test() -> None:
    names = [f"{path}::test_{name}" for path in ("tests/faults/test_net.py", "tests/unit/test_log.py") for name in "ab"]
    cases = [f"{name}[{case}]" for name in names for case in (1, 2, 3)]

    assert run.further_cases([*cases, "tests/faults/test_net.py::test_plain"]) == {
        "tests/faults/test_net.py::test_a[2]",
        "tests/faults/test_net.py::test_a[3]",
        "tests/faults/test_net.py::test_b[2]",
        "tests/faults/test_net.py::test_b[3]",
        "tests/unit/test_log.py::test_a[2]",
        "tests/unit/test_log.py::test_a[3]",
        "tests/unit/test_log.py::test_b[2]",
        "tests/unit/test_log.py::test_b[3]",
    }


def test_each_part_is_shown_in_its_turn(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ended = _side_by_side([_printing("one", 0), _printing("two", 1), _printing("three", 0)], at_once=2)

    assert [(part.name, part.code, part.text) for part in ended] == [
        ("tests/one and 1 more --share=1/2", 0, "one\n"),
        ("tests/two and 1 more --share=1/2", 1, "two\n"),
        ("tests/three and 1 more --share=1/2", 0, "three\n"),
    ]
    assert capfdbinary.readouterr().out == b"one\ntwo\nthree\n"


def test_after_ctrl_c_no_other_part_begins_and_that_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = threading.Event()
    pressed.set()
    monkeypatch.setattr(run, "_interrupted", pressed)

    [part] = _side_by_side([_printing("one", 0)], at_once=1)

    assert part.code != 0
    assert "1 errors" in closing([part.text], 1.0)


def test_what_took_longest_is_named_first() -> None:
    lines = durations([Ended("tests/a", 0, "", 3.4), Ended("tests/b", 0, "", 61.0)])

    assert lines == ["   61 s  tests/b", "    3 s  tests/a"]


def _printing(word: str, code: int) -> list[str]:
    program = f"print({word!r}); raise SystemExit({code})"
    return [sys.executable, "-c", program, "pytest", f"tests/{word}", "tests/x", "--ignore=tests/y", "--share=1/2"]


def _share(arguments: tuple[str, ...], file: Path) -> float:
    """Return how much of a file a part runs: 0 to 1."""
    ignored = [argument.partition("=")[2] for argument in arguments if argument.startswith("--ignore=")]
    taken = [argument for argument in arguments if not argument.startswith("--")]
    if not _under(file, taken) or _under(file, ignored):
        return 0.0
    of = [argument.rpartition("/")[2] for argument in arguments if argument.startswith("--share=")]
    return 1 / int(of[0]) if of else 1.0


def _under(file: Path, paths: list[str]) -> bool:
    return any(file.is_relative_to(ROOT / path) for path in paths)
