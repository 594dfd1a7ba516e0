"""Area E: processes whose hub is blocked, frozen or well, and how they end all the same."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from camunda_client._process.last_resort import GRACE_S
from tests.faults.test_process import TEARDOWN_S, settings, start
from tests.parts.programs import Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow


def worker(scene: Scene, folder: Path, deed: str, *options: str, **more: str) -> Program:
    """Start ``camunda-client worker`` with a handler that does ``deed``."""
    path = folder / "hurtful.py"
    path.write_text(
        "import ctypes, os, re, time\n"
        "from camunda_client.c8.worker import camunda_worker\n"
        '@camunda_worker(job_type=os.environ["JOB_TYPE"], request_timeout=400)\n'
        "def handler(job):\n"
        '    os.write(1, b"RUN %d\\n" % int(job.job_key))\n'
        f"    {deed}\n"
    )
    command = ("-m", "camunda_client", "worker", path, "--drain-timeout", "1", *options)
    return Program(*command, environment=settings(scene, **more), cwd=folder)


REGEX = 're.match("(a+)+$", "a" * 64 + "b")'
LOOP = "while True: pass"
PROGRAM = 'os.system("exec sleep 20 >/dev/null 2>&1")'
#: C code that never lets go of the interpreter's lock, as no signal interrupts it: a mutex locked twice.
LOCKED = "c = ctypes.PyDLL(None); m = ctypes.create_string_buffer(64); c.pthread_mutex_lock(m); c.pthread_mutex_lock(m)"


@pytest.mark.long
@pytest.mark.fault(176)
@pytest.mark.parametrize("deed", [REGEX, LOOP, PROGRAM], ids=["regex", "loop", "os.system"])
def test_the_drains_deadline_holds_whatever_a_handler_does(scene: Scene, tmp_path: Path, deed: str) -> None:
    """A handler that never yields kept the process for ever."""
    start(scene, 1)
    with worker(scene, tmp_path, deed) as app:
        app.wait_for("RUN")
        app.send(signal.SIGTERM)
        told_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - told_s

    assert code == 1
    assert took_s < 1 + GRACE_S + TEARDOWN_S
    assert "hurtful.py" in app.output, "its last words are where it was"


@pytest.mark.fault(177)
def test_a_parent_kills_what_outlives_the_drains_deadline(scene: Scene, tmp_path: Path) -> None:
    """It waited for ever."""
    start(scene, 1)
    with worker(scene, tmp_path, LOCKED, "--processes", "2") as app:
        app.wait_for("RUN")
        app.send(signal.SIGTERM)
        told_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - told_s

    assert code == 128 + signal.SIGKILL
    assert took_s < 1 + GRACE_S + 2 + TEARDOWN_S
    assert "process.killed" in app.output


@pytest.mark.fault(178)
@pytest.mark.parametrize("deed", [LOOP, PROGRAM], ids=["loop", "os.system"])
def test_a_process_whose_hub_does_not_come_back_ends_itself(scene: Scene, tmp_path: Path, deed: str) -> None:
    start(scene, 1)
    with worker(scene, tmp_path, deed, CAMUNDA_WORKER_BLOCKED_LIMIT="2000") as app:
        app.wait_for("RUN")
        code = app.end(20)

    assert code == 1
    assert "the process ends" in app.output
    assert re.search(r"hurtful\.py:6 in handler", app.output)


@pytest.mark.fault(179)
def test_a_frozen_process_is_not_taken_for_a_blocked_hub(scene: Scene, tmp_path: Path) -> None:
    """After 30 s it said hub.blocked, for 0.001 s."""
    start(scene, 1)
    with worker(scene, tmp_path, "pass") as app:
        # The watching threads run by then; a freeze before their first look has no beginning.
        app.wait_for("job.completed")
        os.kill(app.process.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(app.process.pid, signal.SIGCONT)
        app.wait_for("process.frozen")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    [line] = [line for line in app.lines if "process.frozen" in line]
    found = re.search(r'frozen_s"?[=:](\d\.\d+)', line)
    assert found is not None
    assert 2.5 < float(found[1]) < 5
    assert "hub.blocked" not in app.output


@pytest.mark.fault(179)
def test_a_blocked_hub_is_told_of_with_its_length(scene: Scene, tmp_path: Path) -> None:
    start(scene, 1)
    with worker(scene, tmp_path, "ctypes.PyDLL(None).sleep(2)") as app:
        app.wait_for("hub.blocked")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    lengths_s = [float(found) for found in re.findall(r'hub\.blocked.*?blocked_s"?[=:](\d+\.\d+)', app.output)]
    # A busy machine may block it for a moment more.
    assert [length_s for length_s in lengths_s if 1.5 < length_s < 4], lengths_s
    assert re.search(r'hub\.blocked.*"handler":"hurtful\.handler".*run_in=\'process\'', app.output), (
        "and who, and what to do"
    )
    assert "process.frozen" not in app.output
