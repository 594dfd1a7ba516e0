"""``camunda-client worker`` under signals: how it ends, with which exit code, and what it leaves at the engine."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from camunda_client._process.stop_requests import ECHO_S
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import start_many

pytestmark = pytest.mark.needs("records")

APP = """
import os, time
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type=os.environ["JOB_TYPE"], max_jobs_active=10)
def handler(job):
    print("working", flush=True)
    {body}
"""
#: Ignores SIGHUP, as nohup does, and becomes the program.
NOHUP = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
#: Has a stdout whose reader is gone, and becomes the program.
UNREAD = """
import os, sys
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(reader)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Scene:
    """A process of one task, a worker for it whose handler does ``body``, and the engine to ask afterwards."""

    def __init__(self, camunda: EngineProcess, folder: Path, body: str) -> None:
        self.url = camunda.base_url
        self.camunda = camunda
        self.word = rest.unique()
        self.job_type = f"t-{self.word}"
        self.folder = folder
        rest.deploy(self.url, "one.bpmn", run=self.word)
        (folder / "app.py").write_text(APP.format(body=body))

    def worker(self, *options: str, before: tuple[str, ...] = ()) -> Program:
        environment = {**self.camunda.environment, "JOB_TYPE": self.job_type}
        command = (*before, CAMUNDA_CLIENT, "worker", "app.py", *options)
        return Program(*command, cwd=self.folder, environment=environment)

    def start(self, count: int) -> None:
        start_many(self.url, f"one-{self.word}", count)

    def told(self, state: str) -> set[int]:
        return {job["key"] for job in self.camunda.jobs(state, job_type=self.job_type)}

    def left(self) -> list[int]:
        """Return the jobs that whoever asks gets at once: those that nobody has locked."""
        found: list[int] = []
        while jobs := rest.activate(self.url, self.job_type, count=100, wait_s=0.5):
            found += [int(job["key"]) for job in jobs]
        return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_busy_worker_with_0_and_leaves_no_job_locked(
    camunda: EngineProcess, tmp_path: Path, number: signal.Signals
) -> None:
    scene = Scene(camunda, tmp_path, "time.sleep(0.5)")
    scene.start(40)

    with scene.worker() as worker:
        worker.wait_for("working", 15)
        worker.send(number)
        code = worker.end()

    assert code == 0, worker.output[-3000:]
    assert worker.lines[-1].count("shutdown.drained") == 1
    done = scene.told("COMPLETED")
    assert 10 <= len(done) < 40
    assert set(scene.left()) == scene.told("CREATED") - done


def test_a_handler_that_outlasts_the_drain_costs_exit_code_1_and_no_job(camunda: EngineProcess, tmp_path: Path) -> None:
    scene = Scene(camunda, tmp_path, "time.sleep(3600)")
    scene.start(3)

    with scene.worker("--drain-timeout", "0.3") as worker:
        worker.wait_for("working", 3)
        worker.send(signal.SIGTERM)
        code = worker.end()

    assert code == 1
    assert "shutdown.forced" in worker.lines[-1]
    assert set(scene.left()) == scene.told("CREATED")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_a_draining_worker_at_once(
    camunda: EngineProcess, tmp_path: Path, number: signal.Signals
) -> None:
    scene = Scene(camunda, tmp_path, "time.sleep(3600)")
    scene.start(1)

    with scene.worker() as worker:
        worker.wait_for("working")
        worker.send(signal.SIGTERM)
        worker.wait_for("shutdown.started")
        sent = time.monotonic()
        code = worker.insist(number)

    assert code == 128 + number
    assert time.monotonic() - sent < 5


def test_the_second_signal_ends_a_worker_whose_handler_never_yields(camunda: EngineProcess, tmp_path: Path) -> None:
    scene = Scene(camunda, tmp_path, "while True: pass")
    scene.start(1)

    with scene.worker() as worker:
        worker.wait_for("working")
        # Nothing tells that the first has arrived: the hub is blocked.
        code = worker.insist(signal.SIGTERM)

    assert code == 128 + signal.SIGTERM


@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM])
def test_a_hangup_is_never_the_second_signal(camunda: EngineProcess, tmp_path: Path, first: signal.Signals) -> None:
    """Kernel and shell both send one when a terminal is closed; a worker ended at once then, every second time."""
    scene = Scene(camunda, tmp_path, f"time.sleep({ECHO_S} + 1)")
    scene.start(1)

    with scene.worker() as worker:
        worker.wait_for("working")
        worker.send(first)
        worker.wait_for("shutdown.started")
        code = worker.insist(signal.SIGHUP)  # until it has drained, which is more than a second

    assert code == 0, worker.output[-3000:]
    assert len(scene.told("COMPLETED")) == 1


@pytest.mark.usefixtures("unmeasured_programs")
def test_under_nohup_a_hangup_is_ignored(camunda: EngineProcess, tmp_path: Path) -> None:
    scene = Scene(camunda, tmp_path, "pass")

    with scene.worker(before=("-c", NOHUP)) as worker:
        worker.wait_for("workers.started")
        worker.send(signal.SIGHUP)
        scene.start(1)
        worker.wait_for("job.completed")
        worker.send(signal.SIGTERM)
        code = worker.end()

    assert code == 0
    assert "workers.started" in worker.lines[0], "the command itself must not import anything too early"
    assert len(scene.told("COMPLETED")) == 1


def test_a_module_that_starts_the_workers_itself_is_stopped_as_well(camunda: EngineProcess, tmp_path: Path) -> None:
    scene = Scene(camunda, tmp_path, "time.sleep(0.2)")
    with (tmp_path / "app.py").open("a") as app:
        app.write(
            "from camunda_client import config\nfrom camunda_client.c8.worker import *\n"
            "config.initialize_config(); register_workers(); start_camunda_workers()\n"
        )
    scene.start(20)

    with scene.worker() as worker:
        worker.wait_for("working", 12)
        worker.send(signal.SIGINT)
        code = worker.end()

    assert code == 0, worker.output[-3000:]
    assert set(scene.left()) == scene.told("CREATED") - scene.told("COMPLETED")


@pytest.mark.parametrize("thread", ["", "threading.Thread(target=time.sleep, args=(3600,)).start()"])
def test_a_worker_ends_as_it_should_when_nobody_reads_what_it_prints(tmp_path: Path, thread: str) -> None:
    """What was printed could not be flushed: it hung if a handler had left a thread, and ended with 120 if not."""
    source = f"import os, threading, time\nprint('unread')\n{thread}\n" + APP.format(body="pass")
    (tmp_path / "app.py").write_text(source)
    environment = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9", "JOB_TYPE": "cli", "PYTHONUNBUFFERED": ""}

    with Program("-c", UNREAD, CAMUNDA_CLIENT, "worker", "app.py", cwd=tmp_path, environment=environment) as worker:
        worker.wait_for("workers.started")
        worker.send(signal.SIGTERM)
        code = worker.end()

    assert code == 0
    assert "Traceback" not in worker.output
    assert ("shutdown.threads_left" in worker.output) == bool(thread)


def test_a_worker_outlives_an_engine_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP.format(body="pass"))
    environment = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9", "JOB_TYPE": "cli"}

    with Program(CAMUNDA_CLIENT, "worker", "app.py", cwd=tmp_path, environment=environment) as worker:
        worker.wait_for("poll.failed")
        worker.send(signal.SIGTERM)
        code = worker.end()

    assert code == 0
    assert worker.output.count("poll.failed") == 1
    assert "127.0.0.1:9" in worker.output
