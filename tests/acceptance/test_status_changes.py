"""Job types paused, drained and capped through the status port, and its answers held to its schema."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.cli._status._schema import ENDPOINTS
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import Program
from tests.parts.server import free_ports
from tests.parts.work import start_many, until

pytestmark = pytest.mark.needs("records")
pytest.importorskip("prometheus_client")

TOKEN = "0123456789abcdef01234567"
APP = """
import os, time
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type="t-{run}", max_jobs_active=4, timeout=60000)
def work(job):
    while not os.path.exists("go"):
        time.sleep(0.05)
    return {{}}
"""


class Workers:
    def __init__(self, camunda: EngineProcess, folder: Path, processes: int, *more: str) -> None:
        self.run, self.folder, self.camunda = rest.unique(), folder, camunda
        self.job_type = f"t-{self.run}"
        rest.deploy(camunda.base_url, "one.bpmn", run=self.run)
        (folder / "app.py").write_text(APP.format(run=self.run))
        (folder / "token").write_text(TOKEN)
        [self.port] = free_ports(1)
        self.program = Program(
            "-m", "camunda_client", "worker", folder / "app.py", "--status-port", str(self.port),
            "--processes", str(processes), "--admin-token-file", folder / "token", *more,
            environment=camunda.environment, cwd=folder,
        )  # fmt: skip

    def start(self, instances: int) -> None:
        start_many(self.camunda.base_url, f"one-{self.run}", instances)

    def ask(self, path: str, change: dict[str, Any] | None = None) -> tuple[int, Any]:
        body = None if change is None else json.dumps(change).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def row(self) -> dict[str, Any]:
        return next(iter(self.ask("/types")[1].get("types", [])), {})


@pytest.fixture
def workers(camunda: EngineProcess, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(camunda, tmp_path, 2)
    with workers.program:
        until(lambda: workers.ask("/readyz")[0] == 200, "they work", look_every_s=0.1)
        yield workers
        (tmp_path / "go").touch()
        workers.program.send(signal.SIGTERM)
        workers.program.end()


@pytest.mark.long
def test_a_type_is_capped_drained_and_resumed_in_all_processes_and_in_those_to_come(workers: Workers) -> None:
    mine = workers.job_type
    assert workers.ask("/types", {"job_type": mine, "max_jobs_active": 1}) == (200, {"changed": [mine], "unheard": []})
    workers.start(5)
    until(lambda: workers.row()["in_flight"] == 2, "one in each process")
    until(lambda: workers.row()["cap"] == 2, "it says so")

    assert workers.ask("/types", {"action": "drain"})[0] == 200
    until(lambda: workers.row()["state"] == "draining", "it drains")
    (workers.folder / "go").touch()
    until(lambda: workers.row()["state"] == "drained", "it has drained")
    assert workers.row()["completed"] == 2
    assert workers.row()["alive"]

    process = workers.ask("/health")[1]["processes"][0]
    os.kill(process["pid"], signal.SIGKILL)
    until(lambda: workers.ask("/health")[1]["processes"][0].get("pid") not in (None, process["pid"]), "it is replaced")
    until(lambda: workers.ask("/readyz")[0] == 200, "the new one works", look_every_s=0.1)
    until(lambda: workers.row()["cap"] == 2, "with the cap")
    assert workers.row()["state"] == "drained"
    assert workers.row()["completed"] == 1, "what the killed one had counted went with it"

    assert workers.ask("/types", {"job_type": mine, "action": "resume", "max_jobs_active": 3})[0] == 200
    until(lambda: workers.row()["completed"] == 4, "the other three are worked")
    until(lambda: (workers.row()["state"], workers.row()["cap"]) == ("running", 6), "it says so")


def test_what_is_paused_finishes_and_begins_nothing(workers: Workers) -> None:
    workers.start(3)
    until(lambda: workers.row()["in_flight"] == 3, "three are in hand")
    assert workers.ask("/types", {"action": "pause"})[0] == 200
    workers.start(3)
    (workers.folder / "go").touch()

    until(lambda: workers.row()["completed"] == 3 and workers.row()["in_flight"] == 0, "three are finished")
    until(lambda: workers.row()["state"] == "paused", "it says so")
    assert workers.ask("/types", {"action": "resume"})[0] == 200
    until(lambda: workers.row()["completed"] == 6, "the others follow")


def test_a_type_that_is_not_there_is_named(workers: Workers) -> None:
    status, answer = workers.ask("/types", {"job_type": "nothing-like-it", "action": "pause"})

    assert status == 400
    assert "nothing-like-it" in answer["error"]
    assert workers.job_type in answer["error"]
    assert workers.ask("/types", {"action": "stop"})[0] == 400
    assert workers.ask("/types", {"max_jobs_active": 0})[0] == 400


def test_every_answer_is_as_the_schema_says(workers: Workers) -> None:
    workers.start(1)
    until(lambda: workers.ask("/jobs")[1]["count"] == 1, "a job is in hand")
    [job] = workers.ask("/jobs")[1]["jobs"]
    paths = {"GET /jobs/KEY": f"/jobs/{job['job_key']}"}
    for name, model in ENDPOINTS.items():
        if name.startswith("GET"):
            status, answer = workers.ask(paths.get(name, name.removeprefix("GET ")))
            assert status == 200
            model.model_validate(answer, strict=True)
    ENDPOINTS["refusal"].model_validate(workers.ask("/jobs/1")[1])
    ENDPOINTS["POST /types answer"].model_validate(workers.ask("/types", {"action": "resume"})[1])

    schema = workers.ask("/schema.json")[1]
    for place in schema["endpoints"].values():
        assert place["$ref"].removeprefix("#/$defs/") in schema["$defs"]
    assert set(schema["endpoints"]) == set(ENDPOINTS)


def test_variables_are_shown_of_single_jobs_and_only_on_request(
    workers: Workers, camunda: EngineProcess, tmp_path: Path
) -> None:
    workers.start(1)
    until(lambda: workers.ask("/jobs")[1]["count"] == 1, "a job is in hand")
    [job] = workers.ask("/jobs")[1]["jobs"]
    assert "variables" not in workers.ask(f"/jobs/{job['job_key']}")[1]

    (tmp_path / "other").mkdir()
    showing = Workers(camunda, tmp_path / "other", 1, "--show-variables")
    with showing.program:
        until(lambda: showing.ask("/readyz")[0] == 200, "they work", look_every_s=0.1)
        showing.start(1)
        until(lambda: showing.ask("/jobs")[1]["count"] == 1, "a job is in hand")
        [job] = showing.ask("/jobs")[1]["jobs"]
        assert "variables" not in job
        shown = showing.ask(f"/jobs/{job['job_key']}")[1]
        assert shown["variables"]["number"] == 0
        ENDPOINTS["GET /jobs/KEY"].model_validate(shown, strict=True)
        (showing.folder / "go").touch()


@pytest.mark.parametrize(
    "options", [("--show-variables",), ("--admin-token-file", "token"), ("--status-port", "1", "--admin-remote")]
)
def test_options_that_would_do_nothing_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, output = Program.run("-m", "camunda_client", "worker", "app.py", *options, cwd=tmp_path)

    assert code == 2
    assert "needs --" in output
