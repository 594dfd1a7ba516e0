"""Several worker processes under one parent: they share the work, are replaced, drain together and are seen as one."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import gevent
import pytest

from camunda_client._process.stop_requests import ECHO_S
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import start_many, until

pytestmark = pytest.mark.needs("records")

APP = """
import os, time
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type="t-{run}", max_jobs_active=100)
def work(job: ActivatedJob) -> dict:
    {body}
    return {{"pid": os.getpid(), "number": job.variables["number"]}}
"""
WAIT_FOR_GO = "while not os.path.exists('go'): time.sleep(0.05)"
#: For workers that need no engine to show what they do.
NOWHERE = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9"}


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


class App:
    def __init__(self, camunda: EngineProcess, folder: Path, body: str = "time.sleep(0.02)") -> None:
        self.run = rest.unique()
        self.camunda = camunda
        rest.deploy(camunda.base_url, "one.bpmn", run=self.run)
        path = folder / "app.py"
        path.write_text(APP.format(run=self.run, body=body))
        self.port = free_port()
        self.program = Program(
            "-m", "camunda_client", "worker", path, "--processes", "2", "--status-port", str(self.port),
            environment=camunda.environment, cwd=folder,
        )  # fmt: skip

    def get(self, path: str) -> tuple[int, str]:
        return get(f"http://127.0.0.1:{self.port}{path}")

    def take_one(self, camunda: EngineProcess) -> None:
        """Return when both are alive and one of them works a job."""
        until(self.is_alive, "both are alive")
        start_many(camunda.base_url, f"one-{self.run}", 1)
        until(lambda: '"in_flight": 1' in self.get("/health")[1], "one works")

    def is_alive(self) -> bool:
        return self.get("/health")[0] == 200

    def pids(self) -> list[int]:
        started = [json.loads(line) for line in self.program.lines if '"process.started"' in line]
        return [line["pid"] for line in started]

    def completed(self, count: int) -> list[dict[str, int]]:
        jobs = self.camunda.wait_for_jobs(count, "COMPLETED", job_type=f"t-{self.run}", timeout_s=90)
        return [job["variables"] for job in jobs]


@pytest.mark.long
def test_two_processes_share_a_thousand_jobs_and_none_is_worked_twice(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path)
    with app.program as program:
        until(app.is_alive, "both are alive")
        start_many(camunda.base_url, f"one-{app.run}", 1000)
        done = app.completed(1000)

        assert len(done) == 1000
        assert {result["number"] for result in done} == set(range(1000))
        assert {result["pid"] for result in done} == set(app.pids())
        assert len({job["key"] for job in camunda.jobs("COMPLETED", job_type=f"t-{app.run}")}) == 1000
        line = f'camunda_jobs_completed_total{{job_type="t-{app.run}"}} 1000.0'
        until(lambda: line in app.get("/metrics")[1], "metrics are summed up")

        program.send(signal.SIGTERM)
        assert program.end() == 0
    assert camunda.jobs("TIMED_OUT", job_type=f"t-{app.run}") == []


def test_a_process_that_is_killed_is_replaced_and_health_tells(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path)
    with app.program as program:
        until(app.is_alive, "both are alive")
        os.kill(app.pids()[0], signal.SIGKILL)
        program.wait_for('"process.died"')
        program.wait_for('"process.started"', 3)
        until(app.is_alive, "both are alive again")

        program.send(signal.SIGINT)
        assert program.end() == 0
    assert not any(re.search(r"Traceback", line) for line in program.lines)


def test_a_stopped_process_is_not_alive_and_a_second_signal_ends_all(camunda: EngineProcess, tmp_path: Path) -> None:
    app = App(camunda, tmp_path, body="time.sleep(3600)")
    with app.program as program:
        until(app.is_alive, "both are alive")
        os.kill(app.pids()[1], signal.SIGSTOP)
        until(lambda: app.get("/health")[0] == 503, "the silent one is missed")
        os.kill(app.pids()[1], signal.SIGCONT)
        until(app.is_alive, "it is back")

        start_many(camunda.base_url, f"one-{app.run}", 5)
        until(lambda: '"in_flight": 5' in app.get("/health")[1] or '"in_flight": 4' in app.get("/health")[1]
              or app.get("/health")[1].count('"in_flight": 0') < 2, "they work")  # fmt: skip
        program.send(signal.SIGTERM)
        program.wait_for('"processes.stopping"')
        program.wait_for('"shutdown.started"', 2)
        assert program.insist(signal.SIGTERM) == 128 + signal.SIGTERM
    for pid in app.pids():
        # Well before the end of their drain, which ends them as well.
        until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), "no worker is left", patience_s=10)


def test_signals_to_all_of_a_control_group_drain_all(camunda: EngineProcess, tmp_path: Path) -> None:
    """systemd signals parent and workers; these took what the parent passed on for a second signal, and were gone."""
    app = App(camunda, tmp_path, body=WAIT_FOR_GO)
    with app.program as program:
        app.take_one(camunda)
        for pid in (program.process.pid, *app.pids()):
            os.kill(pid, signal.SIGTERM)
        program.wait_for('"processes.stopping"')
        program.wait_for('"shutdown.started"', 2)
        # What the parent passes on may come at any later time, when no worker takes it for an echo any more.
        gevent.sleep(ECHO_S)
        for pid in app.pids():
            with suppress(ProcessLookupError):  # the idle one may have ended
                os.kill(pid, signal.SIGTERM)
        (tmp_path / "go").touch()
        assert program.end() == 0

    assert '"process.died"' not in program.output
    assert len(app.completed(1)) == 1


def test_a_question_to_the_parent_is_answered_by_those_who_work(camunda: EngineProcess, tmp_path: Path) -> None:
    """SIGUSR1 ended the parent."""
    app = App(camunda, tmp_path, body=WAIT_FOR_GO)
    with app.program as program:
        app.take_one(camunda)
        program.send(signal.SIGUSR1)
        program.wait_for('"job.in_hand"')
        (tmp_path / "go").touch()
        program.send(signal.SIGTERM)
        assert program.end() == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_question_to_one_that_still_imports_does_not_end_it(tmp_path: Path, processes: str) -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGUSR1)\n" + APP.format(run="none", body="pass")
    (tmp_path / "app.py").write_text(source)
    command = ("-m", "camunda_client", "worker", "app.py", "--processes", processes)
    with Program(*command, cwd=tmp_path, environment=NOWHERE) as program:
        program.wait_for('"workers.started"', int(processes))
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert '"process.died"' not in program.output


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_question_in_the_first_moments_does_not_end_it(tmp_path: Path, processes: str) -> None:
    """It did, until all imports were through; those of several processes died of it even before their first line."""
    (tmp_path / "app.py").write_text(APP.format(run="none", body="pass"))
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def ask():\n"
        "    os.kill(os.getpid(), signal.SIGUSR1)\n"
        "    os.write(1, b'asked\\n')\n"
        "class AtTheFirstImport:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'argparse': ask()\n"
        "sys.meta_path.insert(0, AtTheFirstImport())\n"
        "if '--status-fd' in sys.orig_argv: ask()\n"
    )
    search = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    command = ("-m", "camunda_client", "worker", "app.py", "--processes", processes)
    with Program(*command, cwd=tmp_path, environment={**NOWHERE, "PYTHONPATH": search}) as program:
        program.wait_for('"workers.started"', int(processes))
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert program.lines.count("asked") == {"1": 1, "2": 1 + 2 * 2}[processes]
    assert '"process.died"' not in program.output


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("import nowhere_to_be_found", 1, "ModuleNotFoundError"),
        ("x = 1", 2, "no function decorated with @camunda_worker"),
        ("import sys; print('leaving'); sys.exit(5)", 5, "leaving"),
        ("import sys; print('leaving'); sys.exit(0)", 0, "leaving"),
    ],
)
def test_what_cannot_start_is_not_started_again_and_again(tmp_path: Path, source: str, code: int, says: str) -> None:
    (tmp_path / "app.py").write_text(source)
    with Program("-m", "camunda_client", "worker", "app.py", "--processes", "2", cwd=tmp_path) as program:
        assert program.end() == code

    assert says in program.output
    assert program.output.count('"process.started"') == 2


@pytest.mark.long
def test_a_replacement_that_cannot_start_leaves_the_others_at_work(tmp_path: Path) -> None:
    """It stopped all: one process died, a password store was away for a moment, and nobody worked any more."""
    source = "import os\nif os.path.exists('away'): raise ConnectionError('away')\n" + APP.format(
        run="none", body="pass"
    )
    (tmp_path / "app.py").write_text(source)
    port = str(free_port())
    command = ("-m", "camunda_client", "worker", "app.py", "--processes", "2", "--status-port", port)
    with Program(*command, cwd=tmp_path, environment=NOWHERE) as program:
        until(lambda: get(f"http://127.0.0.1:{port}/health")[1].count('"running": true') == 2, "both run")
        (tmp_path / "away").touch()
        os.kill(json.loads(program.lines[0])["pid"], signal.SIGKILL)
        program.wait_for('"process.died"', 3)  # killed, and could not start twice
        (tmp_path / "away").unlink()
        program.wait_for('"workers.started"', 3)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert program.output.count("shutdown.drained") == 2


@pytest.mark.long
def test_health_lists_every_process_with_its_state(tmp_path: Path) -> None:
    """Whoever was starting, or waiting to be replaced, was not there at all."""
    source = (
        "import os, time\nwhile not os.path.exists('go'): time.sleep(0.05)\n"
        "if os.path.exists('away'): raise ConnectionError('away')\n" + APP.format(run="none", body="pass")
    )
    (tmp_path / "app.py").write_text(source)
    port = str(free_port())

    def states() -> list[str]:
        status, text = get(f"http://127.0.0.1:{port}/health")
        assert status in (0, 503), "none has a Camunda to work for"
        return [one["state"] for one in json.loads(text)["processes"]] if text else []

    command = ("-m", "camunda_client", "worker", "app.py", "--processes", "2", "--status-port", port)
    with Program(*command, cwd=tmp_path, environment=NOWHERE) as program:
        until(lambda: states() == ["starting", "starting"], "both start")
        (tmp_path / "go").touch()
        until(lambda: states() == ["running", "running"], "both run")
        (tmp_path / "away").touch()
        pids = [json.loads(line)["pid"] for line in program.lines if '"process.started"' in line]
        os.kill(pids[0], signal.SIGKILL)
        os.kill(pids[1], signal.SIGSTOP)
        program.wait_for('"process.died"', 2)  # killed, and could not start again
        until(lambda: states() == ["waiting", "silent"], "one waits and one says nothing")
        os.kill(pids[1], signal.SIGCONT)
        program.send(signal.SIGTERM)
        program.end()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_working_directory_is_no_place_to_import_from(tmp_path: Path, processes: str) -> None:
    """Several processes had it before the standard library: a queue.py there was their end."""
    (tmp_path / "queue.py").write_text("raise RuntimeError('the wrong queue')")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "app.py").write_text("import queue\n" + APP.format(run="none", body="pass"))
    command = (CAMUNDA_CLIENT, "worker", "handlers/app.py", "--processes", processes)
    with Program(*command, cwd=tmp_path, environment=NOWHERE) as program:
        program.wait_for('"workers.started"', int(processes))
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert "the wrong queue" not in program.output


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_unknown_wish_about_patching_is_no_traceback(tmp_path: Path, processes: str) -> None:
    (tmp_path / "app.py").write_text(APP.format(run="none", body="pass"))
    command = ("-m", "camunda_client", "worker", "app.py", "--processes", processes)
    code, output = Program.run(*command, cwd=tmp_path, environment={"CAMUNDA_CLIENT_PATCH": "yes"})

    assert code == 2
    assert "camunda-client: CAMUNDA_CLIENT_PATCH='yes' is unknown" in output
    assert "Traceback" not in output


def test_a_status_port_that_is_taken_is_one_clear_error(tmp_path: Path) -> None:
    import socket

    (tmp_path / "app.py").write_text("x = 1")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = str(sock.getsockname()[1])
        with Program("-m", "camunda_client", "worker", "app.py", "--status-port", port, cwd=tmp_path) as program:
            assert program.end() == 2

    assert len(program.lines) == 1
    assert f"--status-port {port}" in program.output


@pytest.mark.parametrize("port", ["99999", "0", "-1", "web"])
def test_what_is_no_status_port_is_one_clear_error(tmp_path: Path, port: str) -> None:
    code, output = Program.run("-m", "camunda_client", "worker", "app.py", f"--status-port={port}", cwd=tmp_path)

    assert code == 2
    assert output.splitlines()[-1].endswith(f"--status-port: a port from 1 to 65535 is needed, not '{port}'")
