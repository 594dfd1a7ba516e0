"""Areas D and E, processes: signals, deaths and what they leave behind, seen from outside and at the engine."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gevent
import gevent.pool
import pytest

from camunda_client._process.stop_requests import ECHO_S
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.programs import Program
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import until, working

pytestmark = pytest.mark.slow

APP = Path(__file__).with_name("app.py")
COMPLETION = "POST .*/completion"
ACTIVATION = "POST .*/jobs/activation"
#: Seconds that Python takes to come to its end on a busy machine.
TEARDOWN_S = 2.0


def settings(scene: Scene, base_url: str = "", **more: str) -> dict[str, str]:
    return {
        "CAMUNDA_REST_ADDRESS": base_url or scene.camunda.base_url,
        "CAMUNDA_AUTH_STRATEGY": "NONE",
        "JOB_TYPE": scene.job_type,
        "PYTHONPATH": str(APP.parents[2]),
        **more,
    }


def worker(scene: Scene, base_url: str = "", drain_s: float = 20, **more: str) -> Program:
    """Start ``camunda-client worker app.py``."""
    command = ("-m", "camunda_client", "worker", APP, "--drain-timeout", str(drain_s))
    return Program(*command, environment=settings(scene, base_url, **more), cwd=APP.parent)


def wrapped(scene: Scene, prelude: str, *launcher: str) -> Program:
    """Start it by a program that first changes what a child inherits, or through another launcher."""
    command = [*launcher, sys.executable, "-m", "camunda_client", "worker", str(APP), "--drain-timeout", "10"]
    source = f"import os, resource, signal, sys; {prelude}; os.execvp(sys.argv[1], sys.argv[1:])"
    return Program("-c", source, *command, environment=settings(scene), cwd=APP.parent)


def start(scene: Scene, count: int, do: str = "sleep", seconds: float = 0.0) -> None:
    pool = gevent.pool.Pool(8)
    variables = {"do": do, "seconds": seconds}
    pool.map(lambda _: rest.start(scene.camunda.base_url, scene.process_id, variables), range(count))


def runs(*programs: Program) -> Counter[str]:
    """Count the executions by job key."""
    keys = re.findall(r"RUN (\d+)", "\n".join(program.output for program in programs))
    return Counter(keys)


def take_all(scene: Scene, count: int, patience_s: float = 10.0) -> tuple[list[dict[str, Any]], float]:
    """Take so many jobs as another worker would; return them and the longest wait for one."""
    found: list[dict[str, Any]] = []
    started_s = time.monotonic()
    while len(found) < count and time.monotonic() - started_s < patience_s:
        found += rest.activate(scene.camunda.base_url, scene.job_type, count=200, wait_s=1)
    return found, time.monotonic() - started_s


@pytest.mark.fault(105)
def test_an_idle_worker_that_stops_swallows_no_job(scene: Scene, proxy: FaultProxy) -> None:
    """Its open poll still brings one: given up, the poll would lock that job for its whole lease."""
    with worker(scene, proxy.base_url) as app:
        until(lambda: len(proxy.seen(ACTIVATION)) >= 3, "a longer poll is parked")
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        app.wait_for("shutdown.started")
        scene.start()
        [job], took_s = take_all(scene, 1)
        code = app.end()
        ended_s = time.monotonic()

    assert code == 0
    assert job["retries"] == 3
    assert took_s < 2
    assert runs(app) == {}
    assert ended_s - stopped_s < 3 + 2 + TEARDOWN_S, "request timeout and a little"
    assert "shutdown.drained" in app.output


@pytest.mark.fault(107)
def test_a_worker_that_stops_finishes_what_it_has(scene: Scene) -> None:
    start(scene, 5, seconds=2)
    with worker(scene) as app:
        app.wait_for("RUN", 5)
        app.send(signal.SIGTERM)
        code = app.end()

    assert code == 0
    scene.completed_once(5, timeout_s=5)
    assert set(runs(app).values()) == {1}
    assert '"completed":5' in app.output


@pytest.mark.fault(108)
def test_a_worker_that_may_not_wait_gives_its_jobs_back(scene: Scene) -> None:
    start(scene, 3, seconds=60)
    with worker(scene, drain_s=1) as app:
        app.wait_for("RUN", 3)
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - stopped_s

    jobs, waited_s = take_all(scene, 3)
    assert code == 1
    assert took_s < 1 + 3 + TEARDOWN_S
    assert "shutdown.forced" in app.output
    assert [job["retries"] for job in jobs] == [3, 3, 3]
    assert waited_s < 2


@pytest.mark.fault(109)
def test_a_report_that_hangs_does_not_hold_up_the_end(scene: Scene, proxy: FaultProxy) -> None:
    proxy.on(COMPLETION, broken.go_silent())
    start(scene, 1)
    with worker(scene, proxy.base_url, drain_s=1) as app:
        until(lambda: len(proxy.seen(COMPLETION)) == 1, "it reports")
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - stopped_s

    assert code == 1
    assert took_s < 1 + 3 + TEARDOWN_S
    assert '"abandoned":["' in app.output


@pytest.mark.fault(110)
def test_a_worker_without_an_engine_ends_at_once(scene: Scene, proxy: FaultProxy) -> None:
    proxy.refuse()
    with worker(scene, proxy.base_url, CAMUNDA_LOG_LEVEL="DEBUG") as app:
        app.wait_for("poll.failed", 6)  # so that it waits for a second or two between tries
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - stopped_s

    assert code == 0
    assert took_s < 1 + TEARDOWN_S


@pytest.mark.fault(112, 113)
@pytest.mark.parametrize(
    ("number", "do"), [(signal.SIGTERM, "burn"), (signal.SIGINT, "sleep"), (signal.SIGINT, "burn")]
)
def test_the_second_signal_ends_it_at_once(scene: Scene, number: signal.Signals, do: str) -> None:
    start(scene, 1, do, 30)
    with worker(scene) as app:
        app.wait_for("RUN")
        stopped_s = time.monotonic()
        code = app.insist(number)
        took_s = time.monotonic() - stopped_s

    assert code == 128 + number
    assert ECHO_S <= took_s < ECHO_S + 1.5


@pytest.mark.fault(113, 114)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_to_end_are_as_gentle(scene: Scene, number: signal.Signals) -> None:
    start(scene, 2, seconds=1)
    with worker(scene) as app:
        app.wait_for("RUN", 2)
        app.send(number)
        code = app.end()

    assert code == 0
    scene.completed_once(2, timeout_s=5)


@pytest.mark.fault(114)
def test_under_nohup_the_terminals_end_is_ignored(scene: Scene) -> None:
    with wrapped(scene, "signal.signal(signal.SIGHUP, signal.SIG_IGN)") as app:
        app.wait_for("workers.started")
        app.send(signal.SIGHUP)
        start(scene, 1)
        scene.completed_once()
        app.send(signal.SIGTERM)
        assert app.end() == 0


@pytest.mark.fault(115)
def test_usr1_shows_what_is_in_hand_and_changes_nothing(scene: Scene) -> None:
    start(scene, 2, seconds=2)
    with worker(scene) as app:
        app.wait_for("RUN", 2)
        app.send(signal.SIGUSR1)
        app.wait_for("job.in_hand", 2)
        scene.completed_once(2)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    told = next(line for line in app.lines if "job.in_hand" in line)
    assert '"stage":"running"' in told
    assert "app.py" in told
    assert '"seconds"' not in told, "variables are nobody's business"


@pytest.mark.fault(88, 116)
def test_what_a_killed_worker_had_is_worked_by_the_next(scene: Scene) -> None:
    start(scene, 25)
    start(scene, 25, seconds=2)
    with worker(scene, LEASE_MS="2000") as first:
        first.wait_for("RUN", 50)
        first.send(signal.SIGKILL)
        assert first.end() == -signal.SIGKILL
    with worker(scene, LEASE_MS="2000") as second:
        scene.completed_once(50)
        second.send(signal.SIGTERM)
        assert second.end() == 0

    counted = runs(first, second)
    assert len(counted) == 50
    assert max(counted.values()) <= 2
    assert max(runs(second).values()) == 1


@pytest.mark.fault(60)
def test_of_two_workers_with_one_job_one_completes_it(scene: Scene) -> None:
    """The first is frozen beyond its lease, as by a laptop's lid or a full machine, and goes on."""
    start(scene, 1, seconds=1)
    with worker(scene, LEASE_MS="1000") as first:
        first.wait_for("RUN")
        first.send(signal.SIGSTOP)
        with working(scene.camunda.base_url, {scene.job_type: lambda job: {"by": "second"}}):
            scene.jobs("COMPLETED")
        first.send(signal.SIGCONT)
        first.wait_for("job.gone")
        first.send(signal.SIGTERM)
        assert first.end() == 0

    [completed] = scene.completed_once()
    assert completed["variables"] == {"by": "second"}
    assert scene.now("FAILED") == []


@pytest.mark.fault(87)
@pytest.mark.parametrize(("do", "code"), [("exit", 0), ("crash", -signal.SIGSEGV)])
def test_jobs_of_a_process_that_died_of_one_of_them_come_back(scene: Scene, events: Events, do: str, code: int) -> None:
    start(scene, 5, seconds=30)
    with worker(scene, LEASE_MS="1000") as app:
        app.wait_for("RUN", 5)
        start(scene, 1, do)
        assert app.end() == code

    with working(scene.camunda.base_url, {scene.job_type: lambda job: None}):
        scene.completed_once(6)


@pytest.mark.fault(95)
def test_a_thread_that_never_ends_does_not_hold_up_the_end(scene: Scene) -> None:
    start(scene, 1, "thread")
    with worker(scene, CAMUNDA_WORKER_EXIT_TIMEOUT="2000") as app:
        scene.completed_once()
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        code = app.end(20)

    assert code == 0
    assert time.monotonic() - stopped_s < 3 + TEARDOWN_S
    [line] = [line for line in app.lines if "shutdown.threads_left" in line]
    assert "app.py" in line, "where the thread is"


def rss_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@pytest.mark.fault(104)
def test_failures_leave_nothing_in_memory(scene: Scene) -> None:
    """Five hundred failures that had 200 kB at hand each would be 100 MB; those in flight at once are 20."""
    start(scene, 600, "leak")
    with worker(scene) as app:
        scene.jobs("FAILED", 100)
        early = rss_mb(app.process.pid)
        scene.jobs("FAILED", 600)
        late = rss_mb(app.process.pid)
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert late - early < 50


@pytest.mark.fault(37)
def test_running_out_of_descriptors_fails_jobs_and_not_the_worker(scene: Scene) -> None:
    start(scene, 20, "sockets", 0.5)
    with wrapped(scene, "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))") as app:
        failed = scene.jobs("FAILED")
        start(scene, 3)
        scene.jobs("COMPLETED", 3)
        assert app.process.poll() is None
        app.send(signal.SIGTERM)
        app.end()

    assert any("Too many open files" in job["errorMessage"] for job in failed)
    assert "poller.restarted" not in app.output


@pytest.mark.fault(119)
def test_an_applications_own_signal_handler_runs_when_the_command_has_drained(scene: Scene) -> None:
    start(scene, 1, "sleep", 2)
    with worker(scene, OWN_SIGTERM="1") as app:
        app.wait_for("RUN")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    scene.completed_once()
    assert app.output.index("shutdown.drained") < app.output.index("OWN SIGTERM")


@pytest.mark.fault(120)
def test_it_drains_as_process_1_of_a_container(scene: Scene) -> None:
    start(scene, 2, seconds=1)
    with wrapped(scene, "None", "unshare", "--fork", "--pid", "--kill-child") as app:
        until(lambda: "RUN" in app.output or app.process.poll() is not None, "it runs or may not")
        if "unshare failed" in app.output or "not permitted" in app.output:
            pytest.skip("needs unshare --pid, which this machine does not allow")
        app.wait_for("RUN", 2)
        children = Path(f"/proc/{app.process.pid}/task/{app.process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert app.end() == 0

    scene.completed_once(2, timeout_s=5)


@pytest.mark.fault(121)
def test_a_script_that_simply_ends_drains_first(scene: Scene) -> None:
    start(scene, 3, seconds=2)
    with Program(APP, environment=settings(scene), cwd=APP.parent) as app:
        assert app.end() == 0

    completed = scene.now("COMPLETED")
    assert len(completed) == len(runs(app)) == 3
    assert "shutdown.drained" in app.output


@pytest.mark.fault(79, 80)
@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("w(job_type='a')(lambda job: None)\nw(job_type='a')(lambda job: None)", 2, "has two handlers"),
        ("", 2, "no function decorated"),
        ("import not_there", 1, "No module named 'not_there'"),
        ("@w(job_type='a')\ndef handler(): pass", 1, "takes no parameter for the job"),
        ("@w(job_type='')\ndef handler(job): pass", 1, "needs a job type"),
    ],
    ids=["two for one type", "none", "import error", "no parameter", "no type"],
)
def test_what_cannot_work_is_refused_before_any_poll(
    scene: Scene, proxy: FaultProxy, tmp_path: Path, source: str, code: int, told: str
) -> None:
    file = tmp_path / "broken_app.py"
    file.write_text(f"from camunda_client.c8.worker import camunda_worker as w\n{source}\n")
    with Program(
        "-m", "camunda_client", "worker", file, environment=settings(scene, proxy.base_url), cwd=tmp_path
    ) as app:
        assert app.end() == code

    assert told in app.output
    assert proxy.requests == []


@pytest.mark.fault(107)
def test_a_thousand_jobs_interrupted_in_the_middle_are_each_worked_once(scene: Scene) -> None:
    """SIGTERM in the middle of 1,000 jobs of 300 ms: gone within the handler's time + 2 s, and nothing locked."""
    start(scene, 1000, seconds=0.3)
    with worker(scene) as app:
        app.wait_for("RUN", 300)
        app.send(signal.SIGTERM)
        stopped_s = time.monotonic()
        code = app.end()
        took_s = time.monotonic() - stopped_s

    done = len(scene.now("COMPLETED"))
    left, waited_s = take_all(scene, 1000 - done)
    assert code == 0
    assert took_s < 0.3 + 2 + TEARDOWN_S
    assert 300 <= done < 1000
    assert len(left) == 1000 - done
    assert waited_s < 1 + len(left) / 200, "nothing was locked: only taking them takes its time"
    assert {job["retries"] for job in left} == {3}
    assert set(runs(app).values()) == {1}
    assert not {job["key"] for job in left} & {int(key) for key in runs(app)}
