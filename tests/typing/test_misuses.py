"""Type checkers find what a user may do wrong, mypy and pyright (as basedpyright brings it, with a Node) alike."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.need import MissingPartError, needed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM = (HERE / "misuses.txt").read_text()
UNTYPED = "[mypy-SpiffWorkflow.*,lxml.*]\nignore_missing_imports = True\n"
WRONG = [number for number, line in enumerate(PROGRAM.splitlines(), start=1) if line.endswith("# wrong")]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=280)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_mypy_finds_every_mistake_and_nothing_else(program: Path, tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\n{UNTYPED}")

    output = run(
        sys.executable, "-m", "mypy", "--config-file", settings, "--cache-dir", tmp_path / "cache", program
    )  # fmt: skip

    found = sorted({int(number) for number in re.findall(r"program\.py:(\d+): error", output)})
    assert found == WRONG, output


@pytest.mark.slow
def test_pyright_finds_every_mistake_and_nothing_else(program: Path, tmp_path: Path) -> None:
    assert errors(program, tmp_path) == {program.name: WRONG}


@pytest.mark.slow
def test_the_public_api_reads_well_for_pyright(tmp_path: Path) -> None:
    assert errors(HERE, tmp_path) == {}


@pytest.mark.slow
def test_the_examples_read_well_for_pyright(tmp_path: Path) -> None:
    assert errors(ROOT / "examples", tmp_path, reportMissingImports="none", reportMissingModuleSource="none") == {}


def errors(path: Path, folder: Path, **more: str) -> dict[str, list[int]]:
    """Return the lines in which pyright finds an error, by the names of the files."""
    with needed():
        if importlib.util.find_spec("basedpyright") is None:
            raise MissingPartError("pyright is missing: pip install basedpyright, which brings it with a Node")
    settings = folder / "pyrightconfig.json"
    wanted = {"typeCheckingMode": "standard", "reportUnnecessaryComparison": "error", "extraPaths": [str(ROOT)]}
    settings.write_text(json.dumps(wanted | more | {"include": [str(path)]}))
    output = run(sys.executable, "-m", "basedpyright", "-p", settings, "--outputjson", "--pythonpath", sys.executable)
    found: dict[str, set[int]] = {}
    report = json.loads(output[output.index("{") :])
    assert report["summary"]["filesAnalyzed"] > 0, output
    for one in report["generalDiagnostics"]:
        if one["severity"] == "error":
            found.setdefault(Path(one["file"]).name, set()).add(one["range"]["start"]["line"] + 1)
    return {name: sorted(lines) for name, lines in found.items()}
