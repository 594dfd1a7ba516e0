"""What a worker's log leaves out and adds on request, with real jobs."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.parts.camunda import EngineProcess
from tests.parts.programs import Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.needs("records")

APP = """
import logging, time
from camunda_client.c8.worker import camunda_worker

@camunda_worker("{job_type}", request_timeout=400)
def work(job):
    logging.getLogger("shop").warning("asked for %d", job.variables["number"])
    time.sleep(0.05)
    if job.variables["number"] == 0:
        job.retries = 1
        raise ValueError("no money")
"""


def lines_of(program: Program, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in program.lines if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_summary_replaces_the_lines_of_jobs_that_go_well(
    engine: EngineProcess, tmp_path: Path, processes: str
) -> None:
    scene = Scene(engine)
    (tmp_path / "app.py").write_text(APP.format(job_type=scene.job_type))
    options = ("--summary", "1s", "--log-jobs", "failed", "--processes", processes)
    more = {"CAMUNDA_WORKER_FAILURE_LOG_LINES": "5", "CAMUNDA_LOG_MDC": "1"}
    with Program(
        "-m", "camunda_client", "worker", "app.py", *options, environment=engine.environment | more, cwd=tmp_path
    ) as program:
        program.wait_for("workers.started", int(processes))
        program.wait_for("jobs.summary")
        scene.start(20)
        scene.jobs("COMPLETED", 19)
        message = scene.incident()["errorMessage"]
        program.wait_for(lambda line: sum(one["completed"] for one in lines_of(program, "jobs.summary")) == 19)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert lines_of(program, "job.completed") == []
    [failed] = lines_of(program, "job.failed")
    assert failed["jobKey"] == failed["job_key"]
    assert failed["processInstanceKey"] == failed["process_instance_key"]
    assert message.startswith("ValueError: no money\n")
    assert message.endswith("last lines of its log:\n  warning asked for 0")
    assert sum(one.get("failed", 0) for one in lines_of(program, "jobs.summary")) == 1


TALKATIVE = """
import logging, os, time
import requests, structlog
from camunda_client.c8.worker import camunda_worker

@camunda_worker("{job_type}", request_timeout=400, max_jobs_active=300)
def work(job):
    number = job.variables["number"]
    session = requests.Session()
    for turn in range(3):
        time.sleep(0.1 + number % 7 / 50)
        structlog.get_logger("shop").info(f"structlog n={{number}} ", turn=turn)
        logging.getLogger("shop").info("stdlib n=%d ", number)
        session.get(os.environ["CAMUNDA_REST_ADDRESS"] + f"/v2/topology?n={{number}} ", timeout=30)
"""


@pytest.mark.long
def test_each_line_of_three_hundred_interleaved_handlers_has_its_job(engine: EngineProcess, tmp_path: Path) -> None:
    """Through structlog, the standard library, and a third party's logger: urllib3 names each request."""
    scene = Scene(engine)
    (tmp_path / "app.py").write_text(TALKATIVE.format(job_type=scene.job_type))
    environment = engine.environment | {"CAMUNDA_LOG_LEVEL": "DEBUG"}
    with Program("-m", "camunda_client", "worker", "app.py", environment=environment, cwd=tmp_path) as program:
        scene.start(300)
        scene.completed_once(300)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    lines = [json.loads(line) for line in program.lines if line.startswith("{")]
    keys: dict[str, set[str]] = {}
    for kind, text in (("structlog", "structlog n="), ("stdlib", "stdlib n="), ("urllib3", "/v2/topology?n=")):
        found = [line for line in lines if text in line["event"]]
        assert len(found) == 900, kind
        assert all(line.get("job_type") == scene.job_type for line in found), kind
        for line in found:
            keys.setdefault(line["event"].partition("n=")[2].split("%")[0].split()[0], set()).add(line["job_key"])
    assert len(keys) == 300
    assert all(len(of_one) == 1 for of_one in keys.values()), "no line has another's job"
    assert len(set.union(*keys.values())) == 300
