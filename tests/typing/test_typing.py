"""The public API is typed for users, with pydantic's mypy plugin and without it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from camunda_client import config, embedded, error, utils
from camunda_client.c8 import api, auth, models, worker
from camunda_client.c8.models import generated
from tests import signatures

HERE = Path(__file__).parent
PUBLIC: list[ModuleType] = [api, worker, auth, config, embedded, error, models, generated, utils]
PROGRAMS = sorted(HERE.glob("public_*.py"))
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*.py"))
#: Of an installed package mypy doesn't report what is inside; of a checkout it does.
UNTYPED = "[mypy-SpiffWorkflow.*,lxml.*,redis.*,psycopg.*,psycopg2.*]\nignore_missing_imports = True\n"


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


@pytest.mark.slow
def test_the_examples_read_well_for_mypy(tmp_path: Path) -> None:
    """All that are annotated, strictly; legacy code and a test in ten lines stand for what is not."""
    settings = tmp_path / "mypy.ini"
    others = "[mypy-camunda.*,opentelemetry.*,psycopg_pool.*]\nignore_missing_imports = True\n"
    plain = "[mypy-legacy_invoices,test_order_process]\nallow_untyped_defs = True\nallow_untyped_calls = True\n"
    settings.write_text(f"[mypy]\nstrict = True\n{UNTYPED}{others}{plain}")

    done = mypy("--config-file", settings, "--cache-dir", tmp_path / "cache", programs=EXAMPLES)

    assert done.returncode == 0, done.stdout + done.stderr


def mypy(*options: str | Path, programs: list[Path] = PROGRAMS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", *map(str, [*options, *programs])]
    return subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=250)


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_the_programs_use_every_public_name(module: ModuleType) -> None:
    text = "".join(program.read_text() for program in PROGRAMS)

    assert [name for name in module.__all__ if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("module", signatures.CLASSES)
def test_requests_have_signatures_for_both_kinds_of_names(module: str) -> None:
    found = (signatures.MODELS / f"{module}.py").read_text(encoding="utf-8")

    assert signatures.written(module) == found, "run python -m tests.signatures"


def test_every_request_that_a_function_takes_has_both_signatures() -> None:
    taken = {
        hint
        for name in api.__all__
        for hint in re.findall(r"\w+Request|UserTaskChanges", str(inspect.signature(getattr(api, name))))
    }

    assert taken - {name for names in signatures.CLASSES.values() for name in names} == set()
