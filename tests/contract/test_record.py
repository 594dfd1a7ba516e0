"""No recording changes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.record import written
from tests.contract.recordings import load

RECORDED = {"jobs": [{"retries": 3}], "incidents": []}
CHANGED = {"jobs": [{"retries": 3.0}], "incidents": []}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording that was written before."""
    path = tmp_path / "models" / "some.json"
    assert written(path, "some", RECORDED, lambda: "a Camunda", replace=False)
    return path


def test_a_recording_says_what_it_is_about_and_who_wrote_it(path: Path) -> None:
    assert load(path) == {"about": "some", "source": "a Camunda", **RECORDED}


def test_a_recording_that_is_found_again_keeps_its_source(path: Path) -> None:
    assert written(path, "some", RECORDED, lambda: "another", replace=True)

    assert load(path)["source"] == "a Camunda"


def test_a_recording_that_would_change_is_shown_and_left_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not written(path, "some", CHANGED, lambda: "another", replace=False)

    assert load(path)["source"] == "a Camunda"
    shown = capsys.readouterr().out
    assert '-   "retries": 3\n' in shown
    assert '+   "retries": 3.0\n' in shown


def test_a_recording_is_replaced_when_that_is_asked_for(path: Path) -> None:
    assert written(path, "some", CHANGED, lambda: "another", replace=True)

    assert load(path) == {"about": "some", "source": "another", **CHANGED}
