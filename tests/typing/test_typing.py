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
@pytest.mark.parametrize("plugin", ["", "plugins = pydantic.mypy\n"], ids=["plain", "with the plugin"])
def test_the_public_api_reads_well_for_mypy(plugin: str, tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\n{plugin}{UNTYPED}")
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(tmp_path / "cache")]

    done = subprocess.run([*command, str(HERE / "public_api.py")], capture_output=True, text=True, timeout=250)

    assert done.returncode == 0, done.stdout + done.stderr
