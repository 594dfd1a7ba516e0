"""Caps hold over all worker processes of one command, also when one of them is killed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import Program
from tests.parts.work import start_many, until

pytestmark = pytest.mark.needs("records")

APP = """
import os, time
from camunda_client.c8.worker import camunda_worker

def note(what):
    with open("notes", "a") as file:
        file.write(f"{{time.monotonic()}} {{what}} {{os.getpid()}}\\n")

@camunda_worker(job_type="t-{run}", {options})
def work(job):
    note("begin")
    {body}
    note("end")
"""


class App:
    def __init__(self, camunda: EngineProcess, folder: Path, options: str, body: str, count: int) -> None:
        self.run, self.folder, self.camunda = rest.unique(), folder, camunda
        rest.deploy(camunda.base_url, "one.bpmn", run=self.run)
        start_many(camunda.base_url, f"one-{self.run}", count)
        path = folder / "app.py"
        path.write_text(APP.format(run=self.run, options=options, body=body))
        self.program = Program(
            "-m", "camunda_client", "worker", path, "--processes", "2", environment=camunda.environment, cwd=folder
        )

    def notes(self) -> list[tuple[float, str, int]]:
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return sorted((float(at), what, int(pid)) for at, what, pid in map(str.split, lines))

    def completed(self, count: int) -> None:
        self.camunda.wait_for_jobs(count, "COMPLETED", job_type=f"t-{self.run}", timeout_s=90)

    def pids(self) -> list[int]:
        return [json.loads(line)["pid"] for line in self.program.lines if '"process.started"' in line]


def most_at_once(notes: list[tuple[float, str, int]]) -> int:
    now = most = 0
    for _, what, _ in notes:
        now += 1 if what == "begin" else -1
        most = max(most, now)
    return most


def test_two_processes_share_a_bulkhead(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path, 'resource="oracle", limit=4', "time.sleep(0.05)", 100)

    with app.program as program:
        app.completed(100)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert most_at_once(app.notes()) == 4
    assert {pid for _, _, pid in app.notes()} == set(app.pids())
    assert camunda.jobs("TIMED_OUT", job_type=f"t-{app.run}") == []


def test_two_processes_share_a_rate(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path, 'rate="20/s"', "pass", 80)

    with app.program:
        app.completed(80)

    starts = [at for at, what, _ in app.notes() if what == "begin"]
    assert max(sum(start <= at < start + 0.95 for at in starts) for start in starts) <= 20
    assert starts[-1] - starts[0] >= 60 / 20 * 0.95


def test_what_a_killed_process_had_in_hand_is_free_again(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path, 'limit=2, per="number"', "time.sleep(3600 if os.path.exists('hang') else 0)", 10)
    (tmp_path / "hang").touch()

    with app.program:
        until(lambda: len(app.notes()) == 2, "two jobs are in hand")
        (tmp_path / "hang").unlink()
        for pid in {pid for _, _, pid in app.notes()}:
            os.kill(pid, signal.SIGKILL)
        app.completed(10)
