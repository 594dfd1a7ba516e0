"""Real libraries that take an alarm, a signal, the exit or the import for themselves."""

from __future__ import annotations

import signal

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow


def test_timeout_decorator_ends_the_job_that_it_is_around(scene: Scene, start: Start) -> None:
    source = """
import timeout_decorator

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, retry_back_off=600_000)
@timeout_decorator.timeout(1)
def handler(job):
    time.sleep(60 if job.variables["number"] % 2 else 0.2)
"""
    with start(source) as app:
        app.wait_for("workers.started")
        scene.start(20)
        failed = scene.jobs("FAILED", 10)
        scene.jobs("COMPLETED", 10)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert all("Timed Out" in job["errorMessage"] for job in failed)


@pytest.mark.parametrize("at_once", [1, 20])
def test_bare_alarms_end_their_own_handlers(scene: Scene, start: Start, at_once: int) -> None:
    """The exception landed in the hub and ended the worker, or each ``alarm(0)`` switched off the others' alarms."""
    source = f"""
import signal

class Спешка(Exception): pass

def too_long(*_):
    raise Спешка("took too long")

signal.signal(signal.SIGALRM, too_long)

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, max_jobs_active={at_once}, retry_back_off=600_000)
def handler(job):
    signal.alarm(1)
    try:
        time.sleep(60 if job.variables["number"] % 4 == 0 else 0.2)
    finally:
        signal.alarm(0)
"""
    with start(source) as app:
        app.wait_for("workers.started")
        scene.start(12)
        failed = scene.jobs("FAILED", 3)
        completed = scene.jobs("COMPLETED", 9)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert {job["errorMessage"].splitlines()[0] for job in failed} == {"Спешка: took too long"}
    assert len(failed) == 3
    assert len(completed) == 9


def test_the_command_drains_under_ddtrace_run(scene: Scene, start: Start) -> None:
    """Its handler of SIGTERM flushes and lets the default end the process: 0 of 5 jobs were finished."""
    source = """
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    os.write(1, b"RUN\\n")
    time.sleep(3)
"""
    with start(source, launcher="ddtrace-run") as app:
        app.wait_for("workers.started")
        scene.start(5)
        app.wait_for("RUN", 5)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    scene.completed_once(5)


def test_loguru_that_is_to_queue_its_lines_is_named_at_the_import(scene: Scene, start: Start) -> None:
    source = """
from loguru import logger
logger.add(sys.stderr, enqueue=True)
logger.info("a line")
time.sleep(0)

@camunda_worker(os.environ["JOB_TYPE"])
def handler(job): pass
"""
    with start(source) as app:
        app.wait_for("has not ended after 10 s")

    [line] = [line for line in app.lines if "has not ended after 10 s" in line]
    assert "legacy.py" in line
    assert "enqueue=False" in line


def test_an_exporter_whose_server_is_silent_has_the_exit_timeout(scene: Scene, start: Start) -> None:
    source = """
import socket
silent = socket.create_server(("127.0.0.1", 0))
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address, timeout=60)))
trace.set_tracer_provider(provider)

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    with trace.get_tracer("test").start_as_current_span("job"):
        pass
"""
    with start(source, "--exit-timeout", "2") as app:
        scene.start(1)
        scene.completed_once()
        app.send(signal.SIGTERM)
        app.wait_for("shutdown.drained")
        assert app.end(40) == 0

    assert "shutdown.exit_timed_out" in app.output
    assert "opentelemetry" in app.output.partition("shutdown.exit_timed_out")[2]


SHARED = {
    "aiohttp": (
        "session = session or aiohttp.ClientSession()",
        "async with session.get(url) as answer: text = await answer.text()",
    ),
    "httpx": ("session = session or httpx.AsyncClient()", "text = (await session.get(url)).text"),
}


@pytest.mark.parametrize("library", list(SHARED))
def test_async_handlers_share_a_client(scene: Scene, start: Start, library: str) -> None:
    begin, ask = SHARED[library]
    source = f"""
import asyncio, {library}
url = os.environ["CAMUNDA_REST_ADDRESS"] + "/v2/topology"
session = None

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, allow_async=True)
async def handler(job):
    global session
    {begin}
    {ask}
    await asyncio.sleep(0.2)
    return {{"size": len(text)}}
"""
    with start(source) as app:
        app.wait_for("workers.started")
        scene.start(100)
        completed = scene.completed_once(100)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert all(job["variables"]["size"] > 10 for job in completed)
    assert "hub.blocked" not in app.output
