"""Work by hand on the command line: one job in the foreground, lists of jobs and incidents, incidents resolved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.camunda import EngineProcess
from tests.parts.scene import Scene

APP = """
from camunda_client.c8.worker import camunda_worker
from camunda_client.error import CamundaBusinessException

@camunda_worker(job_type={job_type!r}, retry_back_off=1)
def handler(job):
    number = job.variables["number"]
    {body}
    return {{"doubled": 2 * number}}
"""


class Shop:
    """Jobs of one type on an engine that has searches, and a file with their handler."""

    def __init__(self, engine: EngineProcess, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.scene = Scene(engine)
        self.handles("pass")

    def handles(self, body: str) -> None:
        (self.folder / "app.py").write_text(APP.format(job_type=self.scene.job_type, body=body))

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command; return its exit code, and what it printed on stdout and on stderr."""
        done = subprocess.run(
            [sys.executable, "-m", "camunda_client", *arguments],
            input=typed, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder,
            env={**os.environ, **self.engine.environment},
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def jobs(self, *arguments: str) -> list[dict[str, Any]]:
        code, output, errors = self.run("jobs", "list", "--type", self.scene.job_type, "--json", *arguments)
        assert code == 0, errors
        return sorted(json.loads(output), key=lambda job: int(job["jobKey"]))


@pytest.fixture(scope="module")
def searchable() -> Iterator[EngineProcess]:
    """An engine that speaks as Camunda 8.9 does, with searches."""
    with EngineProcess(dialect="8.9") as engine:
        yield engine


@pytest.fixture
def shop(searchable: EngineProcess, tmp_path: Path) -> Shop:
    return Shop(searchable, tmp_path)


def test_a_job_of_a_type_is_worked_and_reported(shop: Shop) -> None:
    shop.scene.start(1)

    code, output, _ = shop.run("job", "run", "--file", "app.py")

    [completed] = shop.scene.jobs("COMPLETED")
    assert code == 0
    assert completed["variables"] == {"doubled": 0}
    assert f"job {completed['key']} of type {shop.scene.job_type}" in output
    assert "reported completion after" in output
    assert '"doubled": 0' in output


def test_the_job_of_a_key_is_worked_and_the_others_are_there_as_before(shop: Shop) -> None:
    shop.scene.start(5)
    before = shop.jobs()
    chosen = before[3]["jobKey"]

    code, output, errors = shop.run("job", "run", chosen, "--file", "app.py")

    assert (code, errors.count("Traceback")) == (0, 0), errors
    assert f"job {chosen} " in output
    [completed] = shop.scene.jobs("COMPLETED")
    assert str(completed["key"]) == chosen
    code, _, errors = shop.run("job", "run", before[0]["jobKey"], "--file", "app.py")
    assert code == 0, errors
    assert {job["retries"] for job in shop.jobs()} == {3}


def test_a_dry_run_shows_what_would_be_reported_and_reports_nothing(shop: Shop) -> None:
    shop.handles("raise CamundaBusinessException('DECLINED', 'no', {'a': number})")
    shop.scene.start(1)

    code, output, _ = shop.run("job", "run", "--dry", "--file", "app.py")

    assert code == 0
    assert "would report error after" in output
    assert '"errorCode": "DECLINED"' in output
    assert output.endswith("handed back: nothing was reported\n")
    assert {job["retries"] for job in shop.scene.now("FAILED")} == {3}
    shop.handles("pass")
    assert shop.run("job", "run", "--file", "app.py")[0] == 0


def test_a_handler_that_fails_fails_the_job_and_the_command(shop: Shop) -> None:
    shop.handles("raise KeyError('amount')")
    shop.scene.start(1)

    code, output, _ = shop.run("job", "run", "--file", "app.py")

    assert code == 1
    assert "reported failure after" in output
    assert [job["retries"] for job in shop.scene.jobs("FAILED")] == [2]


def test_the_debugger_stops_at_the_first_line_and_where_it_raises(shop: Shop) -> None:
    shop.handles("amount = number / 0")
    shop.scene.start(1)

    code, output, _ = shop.run("job", "run", "--pdb", "--file", "app.py", typed="p job.retries\nc\np number\nc\n")

    assert code == 1
    assert "-> number = job.variables" in output
    assert "(Pdb) 3" in output
    assert "ZeroDivisionError" in output
    assert "-> amount = number / 0" in output
    assert "(Pdb) 0" in output
    assert [job["retries"] for job in shop.scene.jobs("FAILED")] == [2]


def test_who_leaves_the_debugger_has_the_job_handed_back(shop: Shop) -> None:
    shop.scene.start(1)

    code, output, _ = shop.run("job", "run", "--pdb", "--file", "app.py", typed="q\n")

    assert code == 1, output
    assert "handed back: the handler did not get to its end" in output
    assert [job["retries"] for job in shop.scene.jobs("FAILED")] == [3]


@pytest.mark.long
def test_what_can_t_be_run_is_one_line(shop: Shop) -> None:
    code, _, errors = shop.run("job", "run", "--type", "no-such-type", "--file", "app.py")
    assert (code, "app.py has no handler for jobs of type 'no-such-type'" in errors) == (2, True)

    code, _, errors = shop.run("job", "run", "2251799813685999", "--file", "app.py")
    assert (code, "Camunda's search has no job 2251799813685999" in errors) == (2, True)

    code, _, errors = shop.run("job", "run", "--file", "app.py")
    assert (code, f"there is no job of type '{shop.scene.job_type}' to work\n" in errors) == (1, True)

    (shop.folder / "two.py").write_text(APP.format(job_type="a", body="pass") + APP.format(job_type="b", body="pass"))
    code, _, errors = shop.run("job", "run", "--file", "two.py")
    assert (code, "two.py has 2 handlers; name a job's KEY, or --type: a, b" in errors) == (2, True)


@pytest.mark.long
def test_incidents_are_listed_and_resolved(shop: Shop) -> None:
    shop.handles("raise KeyError('amount')")
    shop.scene.start(1)
    for _ in range(3):
        assert shop.run("job", "run", "--file", "app.py")[0] == 1
    incident = shop.scene.incident()
    process = ("--process", shop.scene.process_id)

    code, output, _ = shop.run("incidents", "list", *process)
    head, row = output.splitlines()
    key = row.split()[0]

    assert code == 0
    assert head.split() == ["incident", "error", "process/element", "instance", "job", "message"]
    assert "JOB_NO_RETRIES" in output
    assert "KeyError: 'amount'" in output
    assert key == str(incident["key"])
    job_key = shop.jobs()[0]["jobKey"]
    code, _, errors = shop.run("job", "run", job_key, "--file", "app.py")
    assert (code, f"job {job_key} has no retries left, and an incident" in errors) == (2, True)

    code, output, errors = shop.run("incidents", "resolve", key, "--retries", "2")
    assert (code, output) == (0, f"{key} resolved, job {job_key} has 2 tries\n"), errors
    assert shop.run("incidents", "list", *process) == (0, "", "no incidents found\n")
    shop.handles("pass")
    code, _, errors = shop.run("job", "run", job_key, "--file", "app.py")
    assert code == 0, errors


def test_lists_say_when_there_is_more(shop: Shop) -> None:
    shop.scene.start(4)

    code, output, errors = shop.run("jobs", "list", "--type", shop.scene.job_type, "--limit", "3")

    assert code == 0
    head, *rows = output.splitlines()
    assert head.split() == ["job", "type", "state", "retries", "process/element", "instance", "error"]
    assert [row.split()[1:4] for row in rows] == [[shop.scene.job_type, "CREATED", "3"]] * 3
    assert errors == "there are more than 3 jobs: --limit N shows more\n"
