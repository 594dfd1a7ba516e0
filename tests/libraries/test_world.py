"""Real libraries that take an alarm, a signal, the exit or the import for themselves."""

from __future__ import annotations

import json
import signal
from pathlib import Path

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


#: By library: what stands in a handler's module, and how its work is limited to a second.
LIMITS = {
    "stopit": ("import stopit", "with stopit.ThreadingTimeout(1, swallow_exc=False): work(seconds)"),
    "stopit, by a signal": ("import stopit", "with stopit.SignalTimeout(1, swallow_exc=False): work(seconds)"),
    "func_timeout": ("import func_timeout", "func_timeout.func_timeout(1, work, (seconds,))"),
}


@pytest.mark.parametrize("library", LIMITS)
def test_a_limit_ends_the_work_that_it_is_around(scene: Scene, start: Start, tmp_path: Path, library: str) -> None:
    """By threads: the limit passed without effect, or the failed job's work went on beside its next try."""
    imports, limited = LIMITS[library]
    source = f"""
{imports}

def work(seconds):
    try:
        time.sleep(seconds)
        found(slept=seconds)
    finally:
        found(ended=seconds)

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, retry_back_off=600_000)
def handler(job):
    seconds = 5 if job.variables["number"] % 2 else 0.2
    {limited}
"""
    with start(source) as app:
        app.wait_for("workers.started")
        scene.start(20)
        failed = scene.jobs("FAILED", 10)
        scene.jobs("COMPLETED", 10)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert len(failed) == 10
    assert all("Timeout" in job["errorMessage"] or "TimedOut" in job["errorMessage"] for job in failed)
    lines = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    assert sorted(line["ended"] for line in lines if "ended" in line) == [0.2] * 10 + [5] * 10
    assert [line for line in lines if "slept" in line] == [{"slept": 0.2}] * 10
    assert "Exception in thread" not in app.output


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


#: By library: a logger whose thread reads a queue between processes, and what writes a line.
QUEUED = {
    "loguru": (
        "from loguru import logger\nlogger.remove()\nlogger.add(sys.stdout, format='{message}', enqueue=True)",
        "logger.info",
    ),
    "logging": (
        """
import logging, logging.handlers, multiprocessing
lines = multiprocessing.Queue()
logging.handlers.QueueListener(lines, logging.StreamHandler(sys.stdout)).start()
logger = logging.getLogger("shop")
logger.propagate = False
logger.addHandler(logging.handlers.QueueHandler(lines))
""",
        "logger.error",
    ),
}


@pytest.mark.parametrize("library", QUEUED)
def test_a_logger_may_queue_its_lines_for_a_thread(scene: Scene, start: Start, library: str) -> None:
    """The import froze for good: the thread is a greenlet, and read the queue's pipe in C. Some lines exceed a pipe."""
    begin, write = QUEUED[library]
    source = f"""
{begin}
{write}("Größe ж")
time.sleep(0)

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    {write}("x" * 20_000 + f" job {{job.variables['number']}}.")
    time.sleep(0.05)
"""
    scene.start(20)
    with start(source) as app:
        scene.completed_once(20)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert "Größe ж" in app.output
    assert [number for number in range(20) if f"x job {number}." not in app.output] == []
    assert "hub.blocked" not in app.output


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
