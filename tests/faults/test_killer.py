"""Area D: a job whose handler ends its process, with a parent that survives it."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.test_process import settings
from tests.parts import rest
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = pytest.mark.slow

HANDLERS = """
import ctypes, os, signal, time
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type=os.environ["JOB_TYPE"], timeout=500, request_timeout=400)
def killer(job):
    os.write(1, b"RUN %d\\n" % int(job.job_key))
    if not os.path.exists("fixed"):
        time.sleep(0.05)
        {deed}

@camunda_worker(job_type=os.environ["OTHER_TYPE"], timeout=500, request_timeout=400)
def innocent(job):
    time.sleep(0.02)
"""


@pytest.mark.fault(185)
@pytest.mark.parametrize(
    ("deed", "cause"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os._exit(0)", "exit code 0"),
    ],
    ids=["killed", "segfault", "exit"],
)
def test_a_job_that_ends_its_process_becomes_an_incident_and_the_others_are_worked(
    scene: Scene, tmp_path: Path, deed: str, cause: str
) -> None:
    """It ran 13 times in 25 s, without an incident, and all other types waited with it."""
    other = Scene(scene.camunda)
    (tmp_path / "app.py").write_text(HANDLERS.format(deed=deed))
    command = ("-m", "camunda_client", "worker", "app.py", "--processes", "2", "--drain-timeout", "5")
    environment = settings(scene, OTHER_TYPE=other.job_type)
    scene.start()
    with Program(*command, environment=environment, cwd=tmp_path) as app:
        app.wait_for("RUN")
        other.start(20)
        incident = scene.incident()
        other.completed_once(20)
        runs = Counter(re.findall(r"RUN (\d+)", app.output))

        (tmp_path / "fixed").touch()
        base_url, job_key = scene.camunda.base_url, incident["jobKey"]
        answers = [
            rest.call(base_url, "PATCH", f"/v2/jobs/{job_key}", {"changeset": {"retries": 3}}),
            rest.call(base_url, "POST", f"/v2/incidents/{incident['key']}/resolution", {}),
        ]
        assert [status for status, _ in answers] == [204, 204], answers
        until(lambda: len(scene.now("COMPLETED")) == 1, "it runs again once its incident is resolved", 15)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert cause in incident["errorMessage"]
    assert "3 times" in incident["errorMessage"]
    assert max(runs.values()) == 3
    assert "job.condemned" in app.output
