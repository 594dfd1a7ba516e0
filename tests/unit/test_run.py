"""Adding up the parts of the suite: nothing that one of them says may get lost."""

from __future__ import annotations

from tests.run import closing, totals


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
