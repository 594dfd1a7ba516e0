"""Circuits, other caps, error maps and hooks mean the same to handlers of every kind: plain, async, in processes."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = [pytest.mark.slow, pytest.mark.needs("records"), pytest.mark.usefixtures("unmeasured_programs")]

ROOT = Path(__file__).parents[2]
HEAD = """
import asyncio, json, os, time
from camunda_client.c8.worker import (
    BpmnError, Incident, Resource, Retry, SqliteStore, after_job, camunda_worker, idempotent, on_failure
)
from camunda_client.error import CamundaBusinessException, ServiceException

def note(what, **facts):
    line = json.dumps({"what": what, "at": time.monotonic(), **facts}) + "\\n"
    file = os.open("notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)

@after_job
def after(job, outcome):
    note("after", key=job.job_key, kind=outcome.kind)

@on_failure
def failed(job, error, retries_left):
    note("failed", key=job.job_key, retries=retries_left, error=type(error).__name__)

TYPE = os.environ["JOB_TYPE"]
"""
#: The same handler of three kinds; ``work(job)`` does what a test wants.
KINDS = {
    "plain": """
@camunda_worker(TYPE, {options})
def handler(job):
    return work(job)
""",
    "async": """
@camunda_worker(TYPE, allow_async=True, {options})
async def handler(job):
    await asyncio.sleep(0)
    return work(job)
""",
    "process": """
@camunda_worker(TYPE, run_in="process", {options})
def handler(job):
    return work(job)
""",
}
every_kind = pytest.mark.parametrize("kind", KINDS)


class App:
    """A worker with one handler of a kind, and what it has noted."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder = scene, folder

    def program(self, kind: str, work: str, options: str) -> Program:
        (self.folder / "legacy.py").write_text(HEAD + work + KINDS[kind].format(options=options))
        settings = {
            **self.scene.camunda.environment,
            "JOB_TYPE": self.scene.job_type,
            "PYTHONPATH": str(ROOT),
            "CAMUNDA_WORKER_OFFLOAD_PROCESSES": "2",
            "CAMUNDA_WORKER_OFFLOAD_THREADS": "4",
        }
        command = ("-m", "camunda_client", "worker", "legacy.py")
        return Program(*command, environment=settings, cwd=self.folder)

    def notes(self, what: str) -> list[dict[str, Any]]:
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return [note for note in map(json.loads, lines) if note["what"] == what]


@pytest.fixture
def app(camunda: Any, tmp_path: Path) -> App:
    return App(Scene(camunda), tmp_path)


def finish(program: Program) -> None:
    program.send(signal.SIGTERM)
    assert program.end() == 0, program.output[-3000:]


@every_kind
def test_a_circuit_counts_what_a_handler_raises(app: App, kind: str) -> None:
    """It did not see failures of handlers in processes: all their retries were spent while the system was down."""
    app.scene.start(12)
    work = """
crm = Resource("crm", limit=10, opens_after=3, opens_on=ConnectionError, opens_for=300)

def work(job):
    note("run", key=job.job_key, retries=job.retries)
    if not os.path.exists("up"):
        raise ConnectionRefusedError("the system is down")
"""
    with app.program(kind, work, "resource=crm, retry_back_off=1") as program:
        program.wait_for("circuit.opened")
        until(lambda: len(app.notes("run")) > 4, "a job is tried in vain")
        (app.folder / "up").touch()
        app.scene.completed_once(12)
        program.wait_for("circuit.closed")
        finish(program)

    assert {job["retries"] for job in app.scene.now("FAILED")} == {3}
    assert {note["retries"] for note in app.notes("run")} == {3}
    # Hooks hear of each run once, and what it really came to.
    assert {note["retries"] for note in app.notes("failed")} == {3}
    failures = len(app.notes("run")) - 12
    assert Counter(note["kind"] for note in app.notes("after")) == {"completed": 12, "failed": failures}
    assert len(app.notes("failed")) == failures


@every_kind
def test_a_circuit_leaves_other_exceptions_and_spoken_words_alone(app: App, kind: str) -> None:
    for what in ("data", "says", "map"):
        rest.start(app.scene.camunda.base_url, app.scene.process_id, {"what": what})
    work = """
class Gone(ConnectionError): ...

class Says(ServiceException, ConnectionError): ...

crm = Resource("crm", opens_after=50, opens_on=ConnectionError)

def work(job):
    what = job.variables["what"]
    if what == "data":
        raise KeyError("amount")
    raise Says(message="give up", retries=0) if what == "says" else Gone("for good")
"""
    with app.program(kind, work, "resource=crm, retry_back_off=1, errors={Gone: Incident()}") as program:
        incidents = app.scene.camunda.wait_for_incidents(3, instances=None, process_id=app.scene.process_id)
        finish(program)

    assert sorted(incident["errorMessage"].partition(":")[0] for incident in incidents) == ["Gone", "KeyError", "Says"]
    assert sorted(job["retries"] for job in app.scene.now("FAILED")) == [0, 0, 0, 1, 2]


@every_kind
def test_caps_hold(app: App, kind: str) -> None:
    for number in range(40):
        rest.start(app.scene.camunda.base_url, app.scene.process_id, {"customer": number % 5})
    work = """
def work(job):
    note("begin", customer=job.variables["customer"])
    time.sleep(0.02)
    note("end", customer=job.variables["customer"])
"""
    options = 'resource="crm", limit=3, rate="20/s", per="customer"'
    with app.program(kind, work, options) as program:
        app.scene.completed_once(40)
        finish(program)

    begins, ends = app.notes("begin"), app.notes("end")
    events = sorted(
        [(note["at"], 1, note["customer"]) for note in begins] + [(n["at"], -1, n["customer"]) for n in ends]
    )
    now = most = 0
    running: Counter[int] = Counter()
    for _, step, customer in events:
        now += step
        running[customer] += step
        most = max(most, now)
        assert running[customer] <= 1
    assert most <= 3
    at = [note["at"] for note in begins]
    assert max(at) - min(at) >= 20 / 20 * 0.95


@every_kind
def test_what_a_handler_raises_is_mapped(app: App, kind: str) -> None:
    rest.start(app.scene.camunda.base_url, app.scene.process_id, {"what": "retry"})
    rest.start(app.scene.camunda.base_url, app.scene.process_id, {"what": "incident"})
    work = """
def work(job):
    raise TimeoutError("slow") if job.variables["what"] == "retry" else KeyError("amount")
"""
    options = "errors={TimeoutError: Retry(retries=1, back_off=1), KeyError: Incident()}"
    with app.program(kind, work, options) as program:
        incidents = app.scene.camunda.wait_for_incidents(2, instances=None, process_id=app.scene.process_id)
        finish(program)

    assert sorted(incident["errorMessage"].partition(":")[0] for incident in incidents) == ["KeyError", "TimeoutError"]
    assert sorted(job["retries"] for job in app.scene.now("FAILED")) == [0, 0, 1]


def test_a_result_is_kept_by_a_handler_in_a_process(app: App) -> None:
    """Four threads of each child use the store at once; a BPMN error is kept as well."""
    app.scene.start(30)
    work = """
store = SqliteStore("results.db")

@idempotent(store, key=lambda job: str(job.variables["number"] % 10))
def work(job):
    note("run", number=job.variables["number"])
    with_time = store.connection.execute("select 1").fetchone()
    return {"seen": job.variables["number"] % 10, "one": with_time[0]}
"""
    with app.program("process", work, "") as program:
        completed = app.scene.completed_once(30)
        finish(program)

    assert {job["variables"]["seen"] for job in completed} == set(range(10))
    assert len(app.notes("run")) >= 10
