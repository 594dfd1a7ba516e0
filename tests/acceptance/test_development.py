"""``worker --reload`` and ``--capture-print``, as processes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import start_many

pytestmark = pytest.mark.needs("records")

APP = """
import logging, sys
from camunda_client.c8.worker import camunda_worker

@camunda_worker({job_type!r})
def handler(job):
    {body}
"""


@pytest.fixture
def run(camunda: EngineProcess) -> str:
    run = rest.unique()
    rest.deploy(camunda.base_url, "one.bpmn", run=run)
    return run


def write(folder: Path, run: str, body: str) -> None:
    """Write the handlers' file at once, as editors do."""
    (folder / "new").write_text(APP.format(job_type=f"t-{run}", body=body))
    os.replace(folder / "new", folder / "app.py")


def test_a_change_starts_the_worker_again_and_an_error_waits_for_the_next(
    camunda: EngineProcess, tmp_path: Path, run: str
) -> None:
    write(tmp_path, run, "return {'version': 1}")

    with Program(CAMUNDA_CLIENT, "worker", "app.py", "--reload", environment=camunda.environment, cwd=tmp_path) as it:
        start_many(camunda.base_url, f"one-{run}", 1)
        camunda.wait_for_jobs(1, "COMPLETED", job_type=f"t-{run}")
        write(tmp_path, run, "return (")
        it.wait_for("SyntaxError")
        it.wait_for("reload: the worker has ended with 1; it starts again when a file changes")
        write(tmp_path, run, "return {'version': 3}")
        start_many(camunda.base_url, f"one-{run}", 1)
        jobs = camunda.wait_for_jobs(2, "COMPLETED", job_type=f"t-{run}")
        it.send(signal.SIGTERM)
        code = it.end()

    assert code == 0, it.output
    assert sorted(job["variables"]["version"] for job in jobs) == [1, 3]
    assert it.output.count("reload: app.py changed") == 2
    assert it.output.count("shutdown.drained") == 2


BODY = """print("first", job.variables["number"])
    print("second", end="")
    logging.getLogger("own").warning("logged")
    sys.stderr.write("to stderr\\n")
    sys.stdout.writelines(["\\nthird\\n", "rest"])
    return {"tty": sys.stdout.isatty()}"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_handlers_print_is_logged_with_the_job(
    camunda: EngineProcess, tmp_path: Path, run: str, processes: str
) -> None:
    write(tmp_path, run, BODY)
    (tmp_path / "app.py").write_text((tmp_path / "app.py").read_text() + "\nprint('at import')\n")
    arguments = ["worker", "app.py", "--capture-print", "--processes", processes]

    with Program(CAMUNDA_CLIENT, *arguments, environment=camunda.environment, cwd=tmp_path) as worker:
        start_many(camunda.base_url, f"one-{run}", 3)
        jobs = camunda.wait_for_jobs(3, "COMPLETED", job_type=f"t-{run}")
        worker.wait_for("job.completed", 3)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    lines = [json.loads(line) for line in worker.lines if '"job.printed"' in line]
    for job in jobs:
        mine = [line["text"] for line in lines if line["job_key"] == str(job["key"])]
        assert [text.split()[0] for text in mine] == ["first", "second", "third", "rest"]
    assert "at import" in worker.lines
    assert "to stderr" in worker.lines
    assert not any(line.startswith(("first", "second", "third")) for line in worker.lines)
