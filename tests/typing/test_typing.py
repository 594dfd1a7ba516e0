"""The public API is typed for users, with pydantic's mypy plugin and without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: Of an installed package mypy doesn't report what is inside; of a checkout it does.
UNTYPED = "[mypy-SpiffWorkflow.*,lxml.*]\nignore_missing_imports = True\n"


@pytest.mark.slow
def test_the_public_api_reads_well_for_plain_mypy(tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\n{UNTYPED}")

    done = mypy("--config-file", settings, "--cache-dir", tmp_path / "cache")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_public_api_reads_well_for_mypy_with_pydantics_plugin() -> None:
    """By this checkout's own settings, so that it knows what `make lint` has read a moment ago."""
    done = mypy("--config-file", "setup.cfg")

    assert done.returncode == 0, done.stdout + done.stderr


def mypy(*options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", *map(str, options), str(HERE / "public_api.py")]
    return subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=250)
