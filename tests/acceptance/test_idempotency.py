"""A worker is killed in the middle of a job: with ``@idempotent``, what the job did is there once."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.parts.camunda import EngineProcess
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = pytest.mark.needs("records")

APP = """
import os, signal, sqlite3
from camunda_client.c8.worker import SqliteStore, after_job, camunda_worker, idempotent

store = SqliteStore("results.db")

def die(moment):
    if os.environ["DIES"] == moment and not os.path.exists("died"):
        open("died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)

@camunda_worker(job_type={job_type!r}, timeout=1500)
@idempotent(store)
def charge(job):
    store.connection.execute("create table if not exists charges (job_key text)")
    store.connection.execute("insert into charges values (?)", (job.job_key,))
    with open("runs", "a") as runs:
        runs.write("x")
    die("before the commit")
    return {{"receipt": job.job_key}}

after_job(lambda job, outcome: die("after the commit"))
"""


@pytest.mark.parametrize(("moment", "runs"), [("before the commit", 2), ("after the commit", 1)])
def test_the_effect_of_a_killed_job_is_there_once(
    camunda: EngineProcess, tmp_path: Path, moment: str, runs: int
) -> None:
    scene = Scene(camunda)
    (tmp_path / "app.py").write_text(APP.format(job_type=scene.job_type))
    environment = {**camunda.environment, "DIES": moment}
    scene.start(1)

    with Program("-m", "camunda_client", "worker", "app.py", environment=environment, cwd=tmp_path) as killed:
        until((tmp_path / "died").exists, "the worker is in the middle")
        killed.end()
    with Program("-m", "camunda_client", "worker", "app.py", environment=environment, cwd=tmp_path) as worker:
        [completed] = scene.jobs("COMPLETED")
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    with sqlite3.connect(tmp_path / "results.db") as connection:
        charged = connection.execute("select job_key from charges").fetchall()
    assert charged == [(str(completed["key"]),)]
    assert completed["variables"] == {"receipt": str(completed["key"])}
    assert len((tmp_path / "runs").read_text()) == runs
    assert os.path.exists(tmp_path / "died")
