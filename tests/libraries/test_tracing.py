"""Handlers under tracers that instrument the whole process, started by their own commands."""

from __future__ import annotations

import json
import signal

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Asks an HTTP server by requests, and says so.
ASKING = """
import requests
session = requests.Session()
url = os.environ["CAMUNDA_REST_ADDRESS"] + "/v2/topology"

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    assert session.get(url, timeout=30).ok
"""


def test_two_hundred_requests_under_ddtrace_run(scene: Scene, start: Start) -> None:
    """Its hook was installed once more in each greenlet, until handlers and the worker died of RecursionError."""
    scene.start(200)
    with start(ASKING, launcher="ddtrace-run") as program:
        scene.completed_once(200)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert scene.now("FAILED") == []
    assert "RecursionError" not in program.output
    assert "job.lost_track" not in program.output


@pytest.mark.parametrize("logs", ["none", "console"])
def test_jobs_under_opentelemetry_instrument(scene: Scene, start: Start, logs: str) -> None:
    """With its logs switched on nothing was on the console any more; at each end a raw traceback was."""
    exporters = {
        "OTEL_TRACES_EXPORTER": "console",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": logs,
        "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": str(logs != "none").lower(),
    }
    scene.start(50)
    with start(ASKING, launcher="opentelemetry-instrument", **exporters) as program:
        scene.completed_once(50)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert scene.now("FAILED") == []
    assert "Exception ignored" not in program.output
    assert "Traceback" not in program.output
    assert "shutdown.drained" in program.output
    assert program.output.count('"name": "GET"') >= 50
    ours = [json.loads(line) for line in program.lines if line.startswith('{"timestamp"')]
    assert len([line for line in ours if line["event"] == "job.completed"]) == 50
