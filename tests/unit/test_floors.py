"""What is below its floor of coverage is named, and a folder can't be forgotten."""

from __future__ import annotations

from tests.floors import FLOORS, WORKER, below, count


def test_a_folder_is_held_to_the_sum_of_its_own_files() -> None:
    files = {"p/a.py": (10, 10), "p/b.py": (8, 10), "p/q/c.py": (0, 10)}

    assert below(files, {"p": 90, "p/q": 0}) == []
    assert below(files, {"p": 91, "p/q": 0}) == ["coverage: p has 90.0 %, its floor is 91 %"]


def test_a_file_can_have_a_floor_of_its_own() -> None:
    files = {"p/a.py": (10, 10), "p/b.py": (8, 10)}

    assert below(files, {"p": 90, "p/b.py": 81}) == ["coverage: p/b.py has 80.0 %, its floor is 81 %"]


def test_what_was_not_measured_and_what_has_no_floor_are_named() -> None:
    assert below({"p/a.py": (10, 10), "p/__init__.py": (0, 0)}, {"p": 90, "gone": 90}) == [
        "coverage: gone has a floor but was not measured"
    ]
    assert below({"p/a.py": (10, 10)}, {}) == ["coverage: p has no floor (tests/floors.py)"]


def test_lines_and_branches_count_alike() -> None:
    summary = {"covered_lines": 5, "num_statements": 6, "covered_branches": 1, "num_branches": 4}

    assert count(summary) == (6, 10)


def test_what_protects_jobs_has_floors_of_its_own() -> None:
    rooms = ("_lease", "_supervisor", "_poller", "_custody", "_extender", "_reporter")

    assert all(f"{WORKER}/{room}.py" in FLOORS for room in rooms)
