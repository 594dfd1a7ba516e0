"""Handlers under tracers that instrument the whole process, started by their own commands."""

from __future__ import annotations

import json
import re
import shlex
import signal
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from tests.libraries.conftest import HEAD, ROOT, Start
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.scene import Scene
from tests.parts.server import free_ports
from tests.parts.work import until

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


#: Keeps its spans in memory, and writes them down at its end.
TRACED = """
import atexit
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

@atexit.register
def write_down():
    for span in exporter.get_finished_spans():
        found(**json.loads(span.to_json()))
"""
INTERLEAVED = """
import logging
from opentelemetry.instrumentation.requests import RequestsInstrumentor
import requests
RequestsInstrumentor().instrument()
session = requests.Session()
url = os.environ["CAMUNDA_REST_ADDRESS"] + "/v2/topology"

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, max_jobs_active=200, retry_back_off=0)
def handler(job):
    time.sleep(0.3)
    assert session.get(url, timeout=30).ok
    logging.getLogger("shop").warning("asked")
    time.sleep(0.1)
    if job.variables["number"] % 10 == 0 and job.retries == 3:
        raise ValueError("not with password=hunter2")
"""


def trace_of(number: int) -> str:
    return f"{number + 1:032x}"


def test_two_hundred_interleaved_jobs_have_a_span_each_in_the_trace_of_their_process(
    scene: Scene, start: Start, tmp_path: Path
) -> None:
    for number in range(200):
        context = {"traceparent": f"00-{trace_of(number)}-{number + 1:016x}-01"}
        rest.start(scene.camunda.base_url, scene.process_id, {"number": number, **context})
    [port] = free_ports(1)
    with start(TRACED + INTERLEAVED, "--status-port", str(port)) as program:
        scene.completed_once(200)
        until(lambda: exemplars(port) != set(), "a trace is on /metrics")
        assert exemplars(port) <= {trace_of(number) for number in range(200)}
        program.send(signal.SIGTERM)
        assert program.end() == 0

    spans = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    jobs = {span["context"]["span_id"]: span for span in spans if span["name"] == f"process {scene.job_type}"}
    calls = [span for span in spans if span["name"] == "GET" and span["parent_id"] is not None]
    outcomes = Counter(span["attributes"]["camunda.job.outcome"] for span in jobs.values())
    assert outcomes == {"completed": 200, "failed": 20}
    # Each is in its own process's trace, a child of what that began with; and its call is its own child.
    assert {(span["context"]["trace_id"], span["parent_id"]) for span in jobs.values()} == {
        (f"0x{trace_of(number)}", f"0x{number + 1:016x}") for number in range(200)
    }
    assert {call["parent_id"] for call in calls} == set(jobs)
    assert all(jobs[call["parent_id"]]["context"]["trace_id"] == call["context"]["trace_id"] for call in calls)
    by_job = {(span["attributes"]["messaging.message.id"], span["context"]["trace_id"][2:]) for span in jobs.values()}
    lines = [json.loads(line) for line in program.lines if line.startswith('{"timestamp"')]
    ours = [line for line in lines if "job_key" in line]
    assert len([line for line in ours if line["event"] == "asked"]) == 220
    assert len([line for line in ours if line["event"] in ("job.completed", "job.failed")]) == 220
    assert {(line["job_key"], line["trace_id"]) for line in ours} == by_job
    assert {f"0x{line['span_id']}" for line in ours if line["logger"] != "urllib3.connectionpool"} == set(jobs)
    [failed, *_] = [span for span in jobs.values() if span["attributes"]["camunda.job.outcome"] == "failed"]
    assert failed["status"]["status_code"] == "ERROR"
    assert failed["attributes"]["camunda.job.retries_left"] == 2
    [event] = failed["events"]
    assert event["attributes"]["exception.type"] == "ValueError"
    assert "legacy.py" in event["attributes"]["exception.stacktrace"]
    assert "hunter2" not in (tmp_path / "found").read_text()


def exemplars(port: int) -> set[str]:
    """Return the traces that the page for Prometheus names."""
    headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return set(re.findall(r'trace_id="(\w+)"', answer.read().decode()))


TYPED = """
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(number: int) -> None:
    assert number == 4711
"""
NAMED = """
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, fetch_variables=["number"])
def handler(job):
    assert sorted(job.variables) == ["number", "traceparent"]
"""


@pytest.mark.parametrize("handler", [TYPED, NAMED], ids=["typed", "named"])
def test_the_trace_is_fetched_where_a_handler_names_its_variables(
    handler: str, scene: Scene, start: Start, tmp_path: Path
) -> None:
    """Its job began a trace of its own: only what the handler named was brought."""
    variables = {"number": 4711, "other": "big", "traceparent": f"00-{trace_of(1)}-{2:016x}-01"}
    rest.start(scene.camunda.base_url, scene.process_id, variables)
    with start(TRACED + handler) as program:
        scene.completed_once(1)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    [span] = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    assert (span["context"]["trace_id"], span["parent_id"]) == (f"0x{trace_of(1)}", f"0x{2:016x}")


ALONE = """
import logging
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import run_handler
from camunda_client.error import CamundaBusinessException
from camunda_client.integrations import opentelemetry
opentelemetry.install()

def work(job):
    if job.variables["do"] == "throw":
        raise CamundaBusinessException("NO_MONEY", "not enough")
    if job.variables["do"] == "fail":
        raise OSError("https://user:hunter2@shop.example is away")
    return object() if job.variables["do"] == "unfit" else {}

for number, do in enumerate(("complete", "throw", "fail", "unfit"), 1):
    headers = {"traceparent": f"00-{number:032x}-{number:016x}-01"}
    job = {"jobKey": str(number), "type": "pay", "retries": 3, "variables": {"do": do}, "customHeaders": headers}
    run_handler(work, ActivatedJob.model_validate(job))
"""


def test_a_span_says_what_its_job_came_to_and_no_secret(start: Start, tmp_path: Path) -> None:
    with start(HEAD + TRACED + ALONE, script=True) as program:
        assert program.end() == 0, program.output

    spans = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    said = [(s["attributes"]["camunda.job.outcome"], s["status"]["status_code"], s["parent_id"]) for s in spans]
    assert said == [
        ("completed", "UNSET", "0x0000000000000001"),
        ("error_thrown", "UNSET", "0x0000000000000002"),
        ("failed", "ERROR", "0x0000000000000003"),
        ("failed", "ERROR", "0x0000000000000004"),
    ]
    assert [span["kind"] for span in spans] == ["SpanKind.CONSUMER"] * 4
    assert {span["attributes"]["messaging.system"] for span in spans} == {"camunda"}
    assert spans[1]["attributes"]["camunda.error.code"] == "NO_MONEY"
    assert spans[2]["attributes"]["error.type"] == "OSError"
    assert "hunter2" not in json.dumps(spans)


LOGURU = """
from camunda_client.c8.worker import around_job
from loguru import logger
logger.remove()
logger.add(lambda line: found(line=line.record["extra"]), format="{message}")

@around_job
def mine(job):
    found(hook=job.job_key, span_id=format(trace.get_current_span().get_span_context().span_id, "016x"))
    yield

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    logger.info("working")
"""


def test_loguru_and_hooks_have_the_span_too(scene: Scene, start: Start, tmp_path: Path) -> None:
    scene.start(5)
    with start(TRACED + LOGURU) as program:
        scene.completed_once(5)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    found = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    lines = {(one["line"]["job_key"], one["line"]["span_id"]) for one in found if "line" in one}
    spans = [one for one in found if "context" in one]
    assert lines == {(one["attributes"]["messaging.message.id"], one["context"]["span_id"][2:]) for one in spans}
    assert len(lines) == 5
    assert {(one["hook"], one["span_id"]) for one in found if "hook" in one} == lines


def test_the_tracing_example_traces_its_call(camunda: EngineProcess, environment: dict[str, str]) -> None:
    [path] = (ROOT / "examples").glob("13_*.py")
    settings = environment | camunda.environment
    *before, last = [
        shlex.split(line) for line in path.read_text().splitlines() if line.startswith("    camunda-client")
    ]
    for command in before:
        code, output = Program.run(CAMUNDA_CLIENT, *command[1:], environment=settings, cwd=ROOT)
        assert code == 0, output
    with Program(CAMUNDA_CLIENT, *last[1:], environment=settings, cwd=ROOT) as worker:
        worker.wait_for("job.completed")
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert worker.output.count('"trace_id": "0x0af7651916cd43dd8448eb211c80319c"') == 2
    assert '"name": "process ask-price"' in worker.output
    assert '"trace_id":"0af7651916cd43dd8448eb211c80319c"' in worker.output
