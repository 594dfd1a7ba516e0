"""Handlers in child processes: what they are promised, and what becomes of jobs whose process hangs or dies."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.scene import Scene
from tests.parts.server import free_ports
from tests.parts.work import until

pytestmark = [pytest.mark.slow, pytest.mark.needs("records"), pytest.mark.usefixtures("unmeasured_programs")]


ROOT = Path(__file__).parents[2]
APP = Path(__file__).with_name("offload_app.py")
Worker = Callable[..., Program]


@pytest.fixture
def scene(camunda: Any) -> Scene:
    return Scene(camunda)


@pytest.fixture
def worker(scene: Scene) -> Worker:
    """Start the application by the command, with these options and environment."""

    def start(*options: str, **environment: str) -> Program:
        settings = {
            **scene.camunda.environment,
            "JOB_TYPE": scene.job_type,
            "CAMUNDA_WORKER_OFFLOAD_PROCESSES": "1",
            "CAMUNDA_WORKER_OFFLOAD_THREADS": "2",
            "PYTHONPATH": str(ROOT),
        }
        return Program(CAMUNDA_CLIENT, "worker", APP, *options, environment=settings | environment, cwd=APP.parent)

    return start


def do(scene: Scene, what: str, **more: Any) -> int:
    """Start an instance whose job does this."""
    return rest.start(scene.camunda.base_url, scene.process_id, {"do": what, **more})


def also_deploy(scene: Scene, suffix: str) -> None:
    """Deploy a second process, whose job type is the scene's with something behind it."""
    rest.deploy(scene.camunda.base_url, "one.bpmn", run=f"{scene.run}-{suffix}")


def lines_of(program: Program, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in program.lines if line.startswith("{") and event in line]
    return [line for line in found if line["event"] == event]


def children(program: Program) -> set[int]:
    """Return the processes that have said that they are ready."""
    return {line["pid"] for line in lines_of(program, "offload.started")}


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.fault(330)
def test_a_job_and_its_result_pass_through_an_unpatched_child_unchanged(scene: Scene, worker: Worker) -> None:
    given = {"big": 2**62, "text": "ä\u2028\x00", "deep": [[{"a": None}], 1.5, True], "do": "say"}
    rest.start(scene.camunda.base_url, scene.process_id, given)
    with worker() as program:
        [job] = scene.completed_once()
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    said = job["variables"]
    assert said["given"] == given
    assert said["pid"] in children(program)
    assert (said["patched"], said["thread"], said["held"]) == ([], "threading", True)
    # Not ours for greenlets: it searched all objects at each job, for 15 ms beside 5 ms of a handler's.
    assert said["raises_in_threads"] == "ctypes"
    assert said["job"]["key"] == str(job["key"])


def test_each_line_of_a_child_has_its_job(scene: Scene, worker: Worker) -> None:
    keys = [do(scene, "say") for _ in range(40)]
    with worker(CAMUNDA_WORKER_OFFLOAD_PROCESSES="2", CAMUNDA_WORKER_OFFLOAD_THREADS="4") as program:
        scene.completed_once(len(keys))
        program.wait_for("job.completed", len(keys))

    for event in ("opened", "at work", "hook after completed", "job.completed"):
        assert {int(line["process_instance_key"]) for line in lines_of(program, event)} == set(keys), event


@pytest.mark.fault(330)
def test_a_traced_child_goes_on_after_its_first_job(scene: Scene, worker: Worker) -> None:
    """CPython 3.11 turned in circles at the first call after it, as it does where an exception was taken back."""
    do(scene, "say")
    with worker(TRACED="1", CAMUNDA_WORKER_OFFLOAD_THREADS="1", LIMIT_MS="1000") as program:
        scene.completed_once(1)
        do(scene, "loop")
        scene.incident()
        do(scene, "say")
        scene.jobs("COMPLETED", 2)

    assert len(children(program)) == 1
    assert not lines_of(program, "offload.killed")


@pytest.mark.fault(330)
def test_a_large_job_and_result_pass(scene: Scene, worker: Worker) -> None:
    """More than the socket holds, in both directions, many at once."""
    text = "x" * 1_000_000
    for _ in range(8):
        rest.start(scene.camunda.base_url, scene.process_id, {"do": "say", "text": text})
    with worker():
        completed = scene.completed_once(8)

    assert [job["variables"]["given"]["text"] == text for job in completed] == [True] * 8


@pytest.mark.fault(330)
@pytest.mark.parametrize("what", ["throw", "give_up", "fail", "unfit", "leave"])
def test_what_a_handler_raises_there_comes_to_what_it_would_here(scene: Scene, worker: Worker, what: str) -> None:
    do(scene, what)
    with worker() as program:
        incident = scene.incident()
        program.wait_for("job.error_thrown" if what == "throw" else "job.failed")

    message = incident["errorMessage"]
    assert {
        "throw": "NO_STOCK",
        "give_up": "ServiceException: the stock is closed",
        "fail": "RuntimeError: could not read the order",
        "unfit": "lines[0].price is object",
        "leave": "SystemExit: 4",
    }[what] in message
    if what == "fail":
        assert re.search(r'File ".*offload_app.py", line \d+, in fail', message)
        assert "caused by KeyError: 'sku'" in message
        failed = lines_of(program, "job.failed")
        assert [(line["error"], line["retries_left"], line["attempt"]) for line in failed] == [
            ("RuntimeError", 2, 1), ("RuntimeError", 1, 2), ("RuntimeError", 0, 3),
        ]  # fmt: skip
        assert "in fail" in failed[-1]["exception"]
        [pid] = children(program)
        program.wait_for(f"hook heard RuntimeError retries=0 pid={pid}")


@pytest.mark.fault(331)
@pytest.mark.parametrize("what", ["loop", "wait_in_c", "hold"])
def test_a_handler_timeout_really_ends_a_handler_there(scene: Scene, worker: Worker, what: str, tmp_path: Path) -> None:
    """A loop ends by itself once struck; code in C takes its process with it. The job beside it loses no retry."""
    with worker(LIMIT_MS="1000") as program:
        do(scene, "say")
        scene.jobs("COMPLETED", 1)
        do(scene, what)
        incident = scene.incident()
        do(scene, "say")
        scene.jobs("COMPLETED", 2)

    assert incident["errorMessage"].startswith("HandlerTimedOut: ran longer than 1.0 s"), incident
    if what != "hold":
        assert f"in {what}" in incident["errorMessage"]
    heard = set(re.findall(r"hook heard HandlerTimedOut retries=0 pid=(\d+)", program.output))
    assert heard == ({str(*children(program))} if what == "loop" else {str(program.process.pid)})
    killed = lines_of(program, "offload.killed")
    assert len(killed) == (0 if what == "loop" else 3)
    assert lines_of(program, "offload.died") == []


@pytest.mark.fault(331)
def test_jobs_beside_one_that_hangs_run_again_and_lose_no_retry(scene: Scene, worker: Worker, tmp_path: Path) -> None:
    also_deploy(scene, "hangs")
    file = tmp_path / "go"
    with worker() as program:
        do(scene, "wait_for_file", file=str(file))
        program.wait_for("RUN")
        rest.start(scene.camunda.base_url, f"{scene.process_id}-hangs", {})
        program.wait_for("offload.killed")
        program.wait_for("RUN", 2)
        file.touch()
        [job] = scene.completed_once()

    first, second = [int(pid) for pid in re.findall(r"RUN \d+ BY (\d+)", program.output)]
    assert first != second
    assert job["variables"] | {"pid": second, "retries": 3} == job["variables"]
    assert lines_of(program, "offload.killed")[0]["run_again"] == [str(job["key"])]
    assert lines_of(program, "offload.died") == []


@pytest.mark.fault(332)
def test_a_crash_fails_the_job_that_crashed_and_no_other(scene: Scene, worker: Worker, tmp_path: Path) -> None:
    file = tmp_path / "go"
    with worker() as program:
        beside = do(scene, "wait_for_file", file=str(file))
        program.wait_for("RUN")
        do(scene, "crash")
        incident = scene.incident()
        file.touch()
        [job] = scene.jobs("COMPLETED")
        do(scene, "say")
        scene.jobs("COMPLETED", 2)

    assert (job["processInstanceKey"], job["variables"]["retries"]) == (beside, 3)
    message = incident["errorMessage"]
    assert message.startswith("HandlerProcessDied: the process that ran it ended meanwhile: SIGSEGV"), message
    assert re.search(r'note: File ".*offload_app.py", line \d+ in crash', message)
    died = lines_of(program, "offload.died")
    assert [line["cause"] for line in died] == ["SIGSEGV"] * 3
    assert any("in crash" in place for place in died[0]["place"])
    # Hooks in the child can't hear of it.
    assert f"hook heard HandlerProcessDied retries=0 pid={program.process.pid}" in program.output


@pytest.mark.fault(332)
@pytest.mark.parametrize(("what", "cause"), [("die", "exit code 7"), ("wait_in_c", "SIGKILL")])
def test_a_process_that_ends_fails_its_own_jobs_and_is_replaced(
    scene: Scene, worker: Worker, what: str, cause: str
) -> None:
    with worker(CAMUNDA_WORKER_OFFLOAD_PROCESSES="2", CAMUNDA_WORKER_OFFLOAD_THREADS="1") as program:
        do(scene, what)
        if what == "wait_in_c":
            for count in (1, 2, 3):
                # As the kernel does that runs out of memory.
                program.wait_for("RUN", count)
                pids = re.findall(r"RUN \d+ BY (\d+)", program.output)
                os.kill(int(pids[-1]), signal.SIGKILL)
        incident = scene.incident()
        for _ in range(4):
            do(scene, "say")
        scene.jobs("COMPLETED", 4)

    assert cause in incident["errorMessage"]
    assert [line["retries_left"] for line in lines_of(program, "job.failed")] == [2, 1, 0]
    assert len(lines_of(program, "offload.died")) == 3


def test_the_deaths_of_children_are_counted_and_shown(scene: Scene, worker: Worker) -> None:
    [port] = free_ports(1)
    with worker("--status-port", str(port)):
        do(scene, "say")
        scene.jobs("COMPLETED")
        until(lambda: 'died_total{cause="SIGSEGV"} 0.0' in said(port, "metrics"), "it is counted from zero")
        do(scene, "crash_once")
        scene.jobs("COMPLETED", 2)
        until(lambda: 'died_total{cause="SIGSEGV"} 1.0' in said(port, "metrics"), "the death was counted")
        [process] = json.loads(said(port, "readyz"))["processes"]

    assert process["children_died"] == 1


def said(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.long
@pytest.mark.fault(332)
def test_jobs_end_right_among_others_that_crash_hang_and_fail(scene: Scene, worker: Worker) -> None:
    """Whatever its neighbours do, a job is completed with all its retries; the others are incidents."""
    also_deploy(scene, "hangs")
    deeds = [*["say"] * 60, *["crash"] * 3, "fail", "leave", "unfit"]
    # Mixed, and the same each time.
    deeds = [deeds[number * 31 % len(deeds)] for number in range(len(deeds))]
    with worker(CAMUNDA_WORKER_OFFLOAD_PROCESSES="2", CAMUNDA_WORKER_OFFLOAD_THREADS="4") as program:
        for number, deed in enumerate(deeds):
            do(scene, deed)
            if number % 22 == 0:
                rest.start(scene.camunda.base_url, f"{scene.process_id}-hangs", {})
        completed = scene.jobs("COMPLETED", 60, timeout_s=120)
        incidents = scene.camunda.wait_for_incidents(6, process_id=scene.process_id, timeout_s=120)
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert len({job["key"] for job in completed}) == len(completed) == 60
    assert {job["variables"]["job"]["retries"] for job in completed} == {3}
    kinds = sorted(incident["errorMessage"].partition(":")[0] for incident in incidents)
    assert kinds == [*["HandlerProcessDied"] * 3, "RuntimeError", "SystemExit", "UnfitResult"]
    assert not any(map(is_alive, children(program)))


@pytest.mark.fault(333)
@pytest.mark.parametrize("what", ["wait_in_c", "hold"])
def test_a_child_does_not_outlive_a_worker_that_is_killed(scene: Scene, worker: Worker, what: str) -> None:
    with worker() as program:
        do(scene, what)
        program.wait_for("RUN")
        pids = children(program)
        program.send(signal.SIGKILL)
        program.end()
        until(lambda: not any(map(is_alive, pids)), "the child is gone")

    assert pids


@pytest.mark.fault(334)
def test_a_drain_waits_for_children_and_signals_to_them_are_not_heeded(
    scene: Scene, worker: Worker, tmp_path: Path
) -> None:
    """As systemd does, which signals every process of a service."""
    file = tmp_path / "go"
    do(scene, "wait_for_file", file=str(file))
    with worker() as program:
        program.wait_for("RUN")
        pids = children(program)
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            for pid in pids:
                os.kill(pid, number)
        program.send(signal.SIGTERM)
        program.wait_for("shutdown.started")
        file.touch()
        code = program.end()

    scene.completed_once()
    assert code == 0, program.output
    assert not any(map(is_alive, pids))


@pytest.mark.fault(334)
def test_a_drain_hands_back_at_once_what_waits_for_a_thread(scene: Scene, worker: Worker, tmp_path: Path) -> None:
    file = tmp_path / "go"
    for _ in range(2):
        do(scene, "wait_for_file", file=str(file))
    with worker(CAMUNDA_WORKER_OFFLOAD_THREADS="1") as program:
        program.wait_for("RUN")
        scene.camunda.wait_for_jobs(2, "ACTIVATED", job_type=scene.job_type)
        program.send(signal.SIGUSR1)
        program.wait_for("jobs.in_hand")
        program.send(signal.SIGTERM)
        program.wait_for("job.returned")
        file.touch()
        assert program.end() == 0, program.output

    [pid] = children(program)
    assert {line["stack"][0] for line in lines_of(program, "job.in_hand")} == {
        f"child process {pid}, thread jobs-0",
        "waits for a thread of a child process",
    }
    [drained] = lines_of(program, "shutdown.drained")
    assert (drained["completed"], drained["handed_back"]) == (1, 1)
    assert [job["retries"] for job in scene.now("FAILED")] == [3], "it was handed back"


@pytest.mark.fault(331)
def test_the_end_of_a_drain_ends_what_hangs_in_a_child(scene: Scene, worker: Worker) -> None:
    do(scene, "hold")
    with worker("--drain-timeout", "0.5") as program:
        program.wait_for("RUN")
        pids = children(program)
        program.send(signal.SIGTERM)
        assert program.end() == 1, program.output

    assert not any(map(is_alive, pids))
    [forced] = lines_of(program, "shutdown.forced")
    assert len(forced["interrupted"]) == 1
    assert [job["retries"] for job in scene.jobs("FAILED")] == [3], "it was handed back"


@pytest.mark.fault(331)
def test_a_lost_job_ends_its_handler_there_if_that_asked_for_it(scene: Scene, worker: Worker) -> None:
    also_deploy(scene, "lost")
    key = rest.start(scene.camunda.base_url, f"{scene.process_id}-lost")
    with worker() as program:
        program.wait_for("HELD True")
        rest.call(scene.camunda.base_url, "POST", f"/v2/process-instances/{key}/cancellation", {})
        program.wait_for("job.abandoned")
        program.wait_for("HELD False")
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert lines_of(program, "offload.killed") == lines_of(program, "job.failed") == []


@pytest.mark.long
@pytest.mark.fault(332)
def test_jobs_are_left_to_other_workers_while_no_child_can_be_started(
    scene: Scene, start: Start, tmp_path: Path
) -> None:
    """They were kept, with their leases extended, for as long as that took."""
    source = HANDLER + "if os.path.exists('broken'): raise OSError('no model file')"
    with start(source, str(CAMUNDA_CLIENT), "worker") as program:
        program.wait_for("workers.started")
        (tmp_path / "broken").touch()
        [pid] = children(program)
        os.kill(pid, signal.SIGKILL)
        program.wait_for("no model file")
        scene.start()
        [failed] = scene.jobs("FAILED")
        program.wait_for("job.failed")
        (tmp_path / "broken").unlink()
        scene.completed_once()
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert failed["retries"] == 3, "it has lost none"
    [line] = lines_of(program, "job.failed")[:1]
    assert "this worker has no child process to run the handler in" in line["exception"]
    assert "OSError: no model file" in line["exception"]


@pytest.mark.fault(335)
def test_c_code_that_blocks_a_child_holds_up_no_other_type(scene: Scene, worker: Worker) -> None:
    also_deploy(scene, "beside")
    with worker() as program:
        do(scene, "hold", seconds=2)
        program.wait_for("RUN")
        for _ in range(20):
            rest.start(scene.camunda.base_url, f"{scene.process_id}-beside", {})
        scene.camunda.wait_for_jobs(20, "COMPLETED", job_type=f"{scene.job_type}-beside", timeout_s=60)
        scene.jobs("COMPLETED")
        program.wait_for("job.completed", 21)

    assert lines_of(program, "hub.blocked") == lines_of(program, "lease.lost") == []
    took_s = {line["job_type"]: line["duration_s"] for line in lines_of(program, "job.completed")}
    assert took_s[scene.job_type] >= 2
    assert took_s[f"{scene.job_type}-beside"] < 1


@pytest.mark.long
def test_each_of_several_workers_has_children(scene: Scene, worker: Worker) -> None:
    for _ in range(20):
        do(scene, "say")
    with worker("--processes", "2") as program:
        scene.completed_once(20)
        program.wait_for("offload.started", 2)
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert len(children(program)) == 2
    assert not any(map(is_alive, children(program)))


# -- what a child imports -------------------------------------------------------------------------------------------
HEAD = """
import os, sys
from camunda_client.c8.worker import add_job_worker, camunda_worker, register_workers, start_camunda_workers
from camunda_client.config import initialize_config
JOB_TYPE = os.environ["JOB_TYPE"]
"""
HANDLER = """
@camunda_worker(JOB_TYPE, run_in="process")
def work(job):
    from camunda_client.patching import patched_modules
    return {"patched": patched_modules(), "name": __name__}
"""
START = """
initialize_config()
register_workers()
start_camunda_workers()
import threading
threading.Event().wait()
"""
GUARDED = 'if __name__ == "__main__":' + START.replace("\n", "\n    ")
Start = Callable[..., Program]


@pytest.fixture
def start(scene: Scene, tmp_path: Path) -> Start:
    """Start a program of this source, with ``camunda-client worker`` before its name if asked."""

    def begin(source: str, *command: str, **environment: str) -> Program:
        (tmp_path / "legacy.py").write_text(HEAD + source)
        settings = {
            **scene.camunda.environment,
            "JOB_TYPE": scene.job_type,
            "CAMUNDA_WORKER_OFFLOAD_PROCESSES": "1",
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        }
        return Program(*command, "legacy.py", environment=settings | environment, cwd=tmp_path)

    return begin


@pytest.mark.parametrize("first", ["", "from gevent import monkey; monkey.patch_all()\n"], ids=["plain", "patched"])
def test_a_program_with_its_own_loop_has_children_that_import_it_as_no_main(
    scene: Scene, start: Start, first: str
) -> None:
    scene.start()
    with start(first + HANDLER + GUARDED) as program:
        [job] = scene.completed_once()
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert job["variables"] | {"patched": [], "name": "__mp_main__"} == job["variables"]


def test_a_handler_of_another_module_is_found_there(scene: Scene, start: Start, tmp_path: Path) -> None:
    (tmp_path / "others.py").write_text(
        "class Work:\n    @staticmethod\n    def on(job):\n        return {'at': __name__}"
    )
    source = f"""
def main():
    import others
    add_job_worker(JOB_TYPE, others.Work.on, run_in="process")
    {START.replace(chr(10), chr(10) + "    ")}
if __name__ == "__main__":
    main()
"""
    scene.start()
    with start(source):
        [job] = scene.completed_once()

    assert job["variables"]["at"] == "others"


INSIDE = f"def main():{HANDLER.replace(chr(10), chr(10) + '    ')}{START.replace(chr(10), chr(10) + '    ')}"
REFUSALS = {
    "starts": (HANDLER + START, "call start_camunda_workers() under if __name__ == '__main__'"),
    "inside": (INSIDE + "\nif __name__ == '__main__':\n    main()", "decorate it at module level"),
    "raises": (
        HANDLER + "if __name__ != '__main__': raise OSError('no model file')\n" + GUARDED,
        "OSError: no model file",
    ),
    "patches": (
        "from gevent import monkey; monkey.patch_socket()\n" + HANDLER + GUARDED,
        "came up patched by gevent",
    ),
}


@pytest.mark.fault(336)
@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_child_can_not_import_is_said_at_the_start(start: Start, case: str) -> None:
    source, reason = REFUSALS[case]
    with start(source) as program:
        code = program.end()

    assert code == 1
    assert "handlers with run_in='process' have no child process to run in" in program.output
    assert reason in program.output


@pytest.mark.fault(336)
def test_the_command_says_so_in_one_line(start: Start) -> None:
    source = HANDLER + "if os.environ.get('CAMUNDA_CLIENT_CHILD'): raise OSError('no model file')"
    with start(source, str(CAMUNDA_CLIENT), "worker") as program:
        code = program.end()

    assert code == 2
    assert re.search(r"^camunda-client: handlers with run_in='process'.*no model file", program.output, re.MULTILINE)


def test_the_configuration_can_move_a_type(scene: Scene, start: Start) -> None:
    scene.start()
    source = HANDLER.replace(', run_in="process"', "")
    with start(source, str(CAMUNDA_CLIENT), "worker", CAMUNDA_WORKER_RUN_IN="process"):
        [job] = scene.completed_once()

    assert job["variables"]["patched"] == []


THREADS = """
import threading
from camunda_client import log

log.configure_if_unconfigured()
logger = log.get_logger("mine")

def write(number):
    for line in range(200):
        logger.info("thing.happened", number=number, line=line, text="x" * (number * 900 + line))

threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_lines_of_threads_that_nothing_has_patched_leave_in_one_piece(tmp_path: Path) -> None:
    """As those of handlers in child processes do."""
    (tmp_path / "logs.py").write_text(THREADS)

    code, output = Program.run("logs.py", cwd=tmp_path, environment={"PYTHONPATH": str(ROOT)})

    assert code == 0
    lines = [json.loads(line) for line in output.splitlines()]
    assert sorted((line["number"], line["line"]) for line in lines) == [(n, i) for n in range(8) for i in range(200)]
    assert all(len(line["text"]) == line["number"] * 900 + line["line"] for line in lines)
