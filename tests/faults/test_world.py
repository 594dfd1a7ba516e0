"""Areas D and E: what libraries do to the process that all jobs share: its alarm, its signals, its end, its imports."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.test_process import settings
from tests.parts.programs import Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

HEAD = "import os, signal, threading, time\nfrom camunda_client.c8.worker import camunda_worker\n"


def worker(scene: Scene, folder: Path, source: str, *options: str, drain_s: float = 20, **more: str) -> Program:
    """Start ``camunda-client worker`` with an application."""
    path = folder / "legacy.py"
    path.write_text(HEAD + source)
    command = ("-m", "camunda_client", "worker", path, "--drain-timeout", str(drain_s), *options)
    return Program(*command, environment=settings(scene, **more), cwd=folder)


# A decorator as applications copy it, and as timeout-decorator does it.
LIMITED = """
class TookTooLong(Exception): pass

def limited(handler):
    def too_long(*_): raise TookTooLong("took too long")
    def call(job):
        before = signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            return handler(job)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return call

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, retry_back_off=600_000)
@limited
def handler(job):
    {deed}
"""
WAITS = 'time.sleep(60 if job.variables["number"] % 2 else 0.1)'
COMPUTES = 'while job.variables["number"] % 2: pass'


@pytest.mark.fault(280)
@pytest.mark.parametrize("deed", [WAITS, COMPUTES], ids=["waits", "computes"])
def test_a_time_out_by_sigalrm_ends_its_own_handler_only(scene: Scene, tmp_path: Path, deed: str) -> None:
    """The exception came up in the hub and ended the worker; and each handler's end cancelled the others' time-outs."""
    with worker(scene, tmp_path, LIMITED.format(deed=deed)) as app:
        app.wait_for("workers.started")
        scene.start(20 if deed is WAITS else 4)
        half = 10 if deed is WAITS else 2
        failed = scene.jobs("FAILED", half)
        scene.jobs("COMPLETED", half)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert len(scene.now("FAILED")) == len(scene.now("COMPLETED")) == half
    assert all("TookTooLong: took too long" in job["errorMessage"] for job in failed)
    [line] = [line for line in app.lines if "signal.alarm_used" in line]
    assert "legacy.py" in line
    assert "handler_timeout" in line


FLUSH = """
def flush(number, frame):
    os.write(1, b"FLUSHED\\n")
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
"""
SLOW = """
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    {deed}
    os.write(1, b"RUN\\n")
    time.sleep(2)
"""
TAKE = "signal.signal(signal.SIGTERM, flush)"


@pytest.mark.fault(281)
@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_librarys_handler_of_sigterm_runs_after_the_drain(
    scene: Scene, tmp_path: Path, when: str, processes: str
) -> None:
    """It killed the process at once, with all jobs in hand: what tracers install to flush."""
    first, later = (f"\n{TAKE}\n", "pass") if when == "before" else ("", TAKE)
    with worker(scene, tmp_path, FLUSH + first + SLOW.format(deed=later), "--processes", processes) as app:
        app.wait_for("workers.started", int(processes))
        scene.start(3)
        app.wait_for("RUN", 3)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    scene.completed_once(3)
    drained = next(number for number, line in enumerate(app.lines) if "shutdown.drained" in line)
    assert any("FLUSHED" in line for line in app.lines[drained:])
    assert any("signal.chained" in line for line in app.lines) == (when == "before")


@pytest.mark.fault(282)
def test_a_signal_that_will_not_drain_is_named_at_the_start(scene: Scene, tmp_path: Path) -> None:
    source = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLOW.format(deed="pass")
    with worker(scene, tmp_path, source) as app:
        app.wait_for("signal.not_taken")
        app.wait_for("workers.started")
        app.send(signal.SIGINT)
        assert app.end() == 0

    [line] = [line for line in app.lines if "signal.not_taken" in line]
    assert "SIGTERM" in line
