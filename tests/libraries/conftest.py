"""Programs that use the real libraries of the extra ``test-libraries``."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.parts import databases, rest
from tests.parts.camunda import EngineProcess
from tests.parts.databases import PostgreSQL
from tests.parts.libraries import libraries
from tests.parts.need import MissingPartError, needed
from tests.parts.programs import Program
from tests.parts.scene import Scene

HEAD = """
import json, os, sys, threading, time
from camunda_client.c8.worker import after_job, camunda_worker

def found(**what):
    with open("found", "a") as file:
        file.write(json.dumps(what) + "\\n")
"""
ROOT = Path(__file__).parents[2]
Start = Callable[..., Program]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the tests out where the libraries are missing: skipped, each would need a line to say why."""
    is_test = collection_path.name.startswith("test_")
    return True if is_test and _missing() and os.environ.get("CI") != "true" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if (why := _missing()) is not None:
        terminalreporter.write_line(f"tests/libraries was left out: it {why}")


@functools.cache
def _missing() -> str | None:
    try:
        libraries(install=False)
    except MissingPartError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the libraries are; fetched first under ``CI=true``."""
    with needed():
        return libraries(install=os.environ.get("CI") == "true")


@pytest.fixture
def scene(folder: Path, engine: EngineProcess) -> Scene:
    """Jobs for one test; first of all asks for the libraries, so that nothing is started where they are missing."""
    return Scene(engine)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One PostgreSQL for all tests."""
    with ExitStack() as stack:
        with needed():
            server = stack.enter_context(databases.postgresql())
        yield server


@pytest.fixture
def database(postgresql: PostgreSQL) -> str:
    """The URL of a database for one test, with the function ``meet(n)``, in which n sessions must wait at once."""
    return postgresql.database(f"db-{rest.unique()}")


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The URL of one Redis for all tests; use keys of your own (the job type)."""
    with ExitStack() as stack:
        with needed():
            server = stack.enter_context(databases.redis())
        yield server


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """What lets a program find the libraries and this checkout, and ddtrace look for no agent."""
    return {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        "DD_TRACE_AGENT_URL": "http://127.0.0.1:9",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    }


@pytest.fixture
def start(scene: Scene, environment: dict[str, str], folder: Path, tmp_path: Path) -> Start:
    """Start a program: ``start(source, *options, launcher="ddtrace-run")``.

    The source is a module of handlers for ``camunda-client worker``, or with ``script=True`` a program of its own.
    """

    def begin(source: str, *options: str, launcher: str = "", script: bool = False, **more: str) -> Program:
        (tmp_path / "legacy.py").write_text(source if script else HEAD + source)
        worker = () if script else ("-m", "camunda_client", "worker")
        command = (*worker, "legacy.py", *options)
        if launcher:
            # It starts Python by the name; and is a Python script itself.
            command = (str(folder / "bin" / launcher), sys.executable, *command)
        settings = {
            "CAMUNDA_REST_ADDRESS": scene.camunda.base_url,
            "CAMUNDA_AUTH_STRATEGY": "NONE",
            "JOB_TYPE": scene.job_type,
        }
        return Program(*command, environment=environment | settings | more, cwd=tmp_path)

    return begin
