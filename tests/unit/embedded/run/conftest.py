"""Fixtures for tests of what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.embedded.run.documented import Play


@pytest.fixture(params=["in memory", "from snapshots"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """An engine of the newest dialect."""
    return Play(tmp_path if request.param == "from snapshots" else None)
