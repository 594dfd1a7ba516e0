"""Areas D and E: what libraries do to the process that all jobs share: its alarm, its signals, its end, its imports."""

from __future__ import annotations

import re
import signal
import time
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


# Each waits at the end: an exporter whose server is away, a pool with a task, threads that know gevent and that don't.
HOOKS = {
    "exporter": "import atexit; atexit.register(lambda: time.sleep(60))",
    "blocking": 'import atexit; atexit.register(lambda: os.system("exec sleep 60 >/dev/null 2>&1"))',
    "pool": "from concurrent.futures import ThreadPoolExecutor as P; pool = P(); pool.submit(time.sleep, 60)",
    "thread": "threading.Thread(target=lambda: time.sleep(60)).start()",
    "handler": "signal.signal(signal.SIGTERM, lambda *_: time.sleep(60))",
}


@pytest.mark.fault(283)
@pytest.mark.parametrize("hook", list(HOOKS))
def test_exit_hooks_of_libraries_have_a_limit(scene: Scene, tmp_path: Path, hook: str) -> None:
    """A drained worker stayed until something killed it."""
    source = f"{HOOKS[hook]}\n{SLOW.format(deed='pass')}"
    with worker(scene, tmp_path, source, "--exit-timeout", "2") as app:
        scene.start(1)
        app.wait_for("RUN")
        app.send(signal.SIGTERM)
        app.wait_for("shutdown.drained")
        drained_s = time.monotonic()
        assert app.end(30) == 0
        took_s = time.monotonic() - drained_s

    assert took_s < 20
    scene.completed_once()
    end = app.output.partition("shutdown.drained")[2]
    assert "shutdown.exit_timed_out" in end or "shutdown.threads_left" in end
    if hook != "pool":
        assert "legacy.py" in end, "it says who held it up"


@pytest.mark.fault(283)
def test_exit_hooks_have_a_limit_in_each_of_several_processes(scene: Scene, tmp_path: Path) -> None:
    source = f"{HOOKS['blocking']}\n{SLOW.format(deed='pass')}"
    with worker(scene, tmp_path, source, "--processes", "2", "--exit-timeout", "2") as app:
        app.wait_for("workers.started", 2)
        app.send(signal.SIGTERM)
        assert app.end(30) == 0

    assert app.output.count("shutdown.exit_timed_out") == 2
    assert "process.killed" not in app.output


@pytest.mark.fault(284)
def test_exit_hooks_that_end_in_time_all_run(scene: Scene, tmp_path: Path) -> None:
    """Where a thread is left, and where a pool has work to finish."""
    source = """
import atexit
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
def say(what, after_s=0.0):
    time.sleep(after_s)
    os.write(1, f"{what}\\n".encode())
atexit.register(say, "FLUSHED", 0.5)
pool.submit(say, "POOLED", 1.5)
threading.Thread(target=say, args=("THREAD", 1.0)).start()
""" + SLOW.format(deed="pass")
    with worker(scene, tmp_path, source) as app:
        app.wait_for("workers.started")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert "POOLED" in app.output
    assert "THREAD" in app.output
    assert "FLUSHED" in app.output
    assert "shutdown.threads_left" not in app.output


# By kind: the module's text, and what is said of it.
FROZEN = {
    "logger": (
        "lines = os.pipe()\n"
        "threading.Thread(target=lambda: print(os.read(lines[0], 1)), daemon=True).start()\n"
        "time.sleep(0)\n",
        "a deadlock",
    ),
    "pipe": ("from gevent.monkey import get_original\nget_original('os', 'read')(os.pipe()[0], 1)\n", "blocks"),
}
LOCKED = """
import ctypes
def lock_for_good():
    c = ctypes.PyDLL(None)
    mutex = ctypes.create_string_buffer(64)
    c.pthread_mutex_lock(mutex)
    c.pthread_mutex_lock(mutex)
"""


@pytest.mark.fault(285)
@pytest.mark.parametrize("kind", list(FROZEN))
def test_an_import_that_stands_still_is_named_and_ended(scene: Scene, tmp_path: Path, kind: str) -> None:
    """Not a line was written, and nothing ended it."""
    source, why = FROZEN[kind]
    limited = {"CAMUNDA_WORKER_BLOCKED_LIMIT": "12000"}
    with worker(scene, tmp_path, source + SLOW.format(deed="pass"), **limited) as app:
        app.wait_for("has not ended")
        assert app.end(60) == 1

    [line] = [line for line in app.lines if "has not ended after 10 s" in line]
    assert "legacy.py" in line
    assert why in line
    assert "the process ends (worker.blockedLimit)" in app.output


@pytest.mark.fault(285)
def test_an_import_that_waits_for_a_network_is_named_and_left_alone(scene: Scene, tmp_path: Path) -> None:
    source = "import socket\na, b = socket.socketpair()\na.settimeout(13)\ntry: a.recv(1)\nexcept TimeoutError: pass\n"
    limited = {"CAMUNDA_WORKER_BLOCKED_LIMIT": "3000"}
    with worker(scene, tmp_path, source + SLOW.format(deed="pass"), **limited) as app:
        app.wait_for("workers.started")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    [line] = [line for line in app.lines if "has not ended after 10 s" in line]
    assert re.search(r"legacy\.py:\d+ in legacy waits at ", line)


@pytest.mark.long
@pytest.mark.fault(285)
@pytest.mark.parametrize("kind", list(FROZEN))
def test_doctor_says_where_an_import_hangs(tmp_path: Path, kind: str) -> None:
    source, why = FROZEN[kind]
    (tmp_path / "legacy.py").write_text(HEAD + source)
    code, output = Program.run("-m", "camunda_client", "doctor", "--import-timeout", "2", "legacy.py", cwd=tmp_path)

    assert code == 1
    [line] = [line for line in output.splitlines() if "its import has not ended" in line]
    assert line.startswith("wrong")
    assert "legacy.py:" in line
    assert why in line


@pytest.mark.fault(286)
@pytest.mark.parametrize("where", ["handler", "import"])
def test_a_process_that_nothing_of_python_can_end_is_ended(scene: Scene, tmp_path: Path, where: str) -> None:
    """Only the parent of --processes could, and only at a stop."""
    at_import, deed = ("lock_for_good()", "pass") if where == "import" else ("", "lock_for_good()")
    scene.start(1)
    source = LOCKED + at_import + SLOW.format(deed=deed)
    with worker(scene, tmp_path, source, CAMUNDA_WORKER_BLOCKED_LIMIT="2000") as app:
        assert app.end(60) == 1

    assert re.search(r"legacy\.py\", line \d+ in lock_for_good", app.output), "its last words are where it was"


SQLITE = """
import gevent, sqlite3
connection = sqlite3.connect("t.db")
connection.execute("create table if not exists t(i)")
connection.close()

def write(timeout=5):
    connection = sqlite3.connect("t.db", timeout=timeout)
    try:
        with connection:
            connection.execute("insert into t values (1)")
            time.sleep(0.05)
    finally:
        connection.close()

def write_again():
    while True:
        try:
            return write(timeout=0)
        except sqlite3.OperationalError:
            time.sleep(0.02)

@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, {options})
def handler(job):
    {deed}
"""
REMEDIES = {
    "max_jobs_active": SQLITE.format(options="max_jobs_active=1", deed="write()"),
    "process": SQLITE.format(options="run_in='process'", deed="write()"),
    "threadpool": SQLITE.format(options="", deed="gevent.get_hub().threadpool.apply(write)"),
    "timeout=0": SQLITE.format(options="", deed="write_again()"),
}


@pytest.mark.long
@pytest.mark.fault(287)
def test_a_deadlock_over_a_lock_is_called_one(scene: Scene, tmp_path: Path) -> None:
    """It said "keep its statements short": they are."""
    scene.start(5)
    with worker(scene, tmp_path, SQLITE.format(options="", deed="write()"), drain_s=1) as app:
        app.wait_for("hub.blocked")
        app.send(signal.SIGKILL)
        app.end()

    [blocked] = [line for line in app.lines if '"hub.blocked"' in line][:1]
    assert "a deadlock" in blocked
    [module] = [line for line in app.lines if "patch.blocking_module" in line]
    for line in (blocked, module):
        assert "max_jobs_active=1" in line
    assert "timeout=0" in module
    assert "run_in='process'" in blocked
    assert "run_in='process'" in module


@pytest.mark.fault(287)
@pytest.mark.parametrize("remedy", list(REMEDIES))
def test_what_is_said_against_that_deadlock_helps(scene: Scene, tmp_path: Path, remedy: str) -> None:
    scene.start(20)
    with worker(scene, tmp_path, REMEDIES[remedy]) as app:
        scene.completed_once(20)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert "hub.blocked" not in app.output
