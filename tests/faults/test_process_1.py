"""Area E: the worker as process 1 of a container, where signals have no defaults and orphans become its children."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.test_process import settings, start
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = pytest.mark.slow

HANDLER = """
import os, subprocess, time
from camunda_client.c8.worker import camunda_worker
print("IMPORTS", flush=True)
{at_import}

@camunda_worker(job_type=os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    # The shell ends before what it has started: an orphan.
    subprocess.run(["sh", "-c", "sleep 0.2 &"])
    return {{"code": subprocess.run(["sh", "-c", "exit 7"]).returncode}}
"""


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@contextmanager
def process_1(scene: Scene, folder: Path, *options: str, at_import: str = "") -> Iterator[tuple[Program, int]]:
    """Run ``camunda-client worker`` as process 1 of a namespace; give the program, and that one's number outside."""
    path = folder / "app.py"
    path.write_text(HANDLER.format(at_import=at_import))
    source = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
    launcher = ("unshare", "--fork", "--pid", "--kill-child")
    command = ("-m", "camunda_client", "worker", str(path), "--drain-timeout", "5", *options)
    with Program("-c", source, *launcher, sys.executable, *command, environment=settings(scene), cwd=folder) as app:
        until(lambda: "IMPORTS" in app.output or app.process.poll() is not None, "it runs or may not")
        if "unshare failed" in app.output or "not permitted" in app.output:
            pytest.skip("needs unshare --pid, which this machine does not allow")
        yield app, children(app.process.pid)[0]


@pytest.mark.fault(183)
@pytest.mark.parametrize("options", [(), ("--processes", "2")], ids=["one", "two"])
def test_a_signal_during_the_imports_ends_it(scene: Scene, tmp_path: Path, options: tuple[str, ...]) -> None:
    """The kernel has no default for process 1: the signal was lost, and the worker began to work."""
    with process_1(scene, tmp_path, *options, at_import="time.sleep(3)") as (app, pid):
        os.kill(pid, signal.SIGTERM)
        assert app.end(2.5) in (0, 128 + signal.SIGTERM)

    assert "workers.started" not in app.output


@pytest.mark.fault(184)
@pytest.mark.parametrize("options", [(), ("--processes", "2")], ids=["one", "two"])
def test_orphans_of_handlers_are_let_go_and_no_status_is_stolen(
    scene: Scene, tmp_path: Path, options: tuple[str, ...]
) -> None:
    start(scene, 20)
    with process_1(scene, tmp_path, *options) as (app, pid):
        completed = scene.completed_once(20)
        until(lambda: len(children(pid)) == len(options) // 2 + 1, "no orphan is left", 10)
        assert not any(map(is_zombie, children(pid)))
        os.kill(pid, signal.SIGTERM)
        assert app.end() == 0

    assert {job["variables"]["code"] for job in completed} == {7}
