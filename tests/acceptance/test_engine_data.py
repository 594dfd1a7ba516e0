"""``camunda-client engine --data DIR``: killed in the middle of work, and back on its data and its port."""

from __future__ import annotations

import random
import signal
import socket
from collections import Counter
from pathlib import Path

import gevent
import pytest

from camunda_client.embedded import Engine
from tests.parts import rest
from tests.parts.programs import CAMUNDA_CLIENT, Program, unmeasured
from tests.parts.work import until

MODEL = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>
    <bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>
    </bpmn:serviceTask><bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/><bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>
  </bpmn:process></bpmn:definitions>"""
#: Each run leaves two lines in the handlers' own file: one when it begins, one when it ends.
WORKER = """
import os, time
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

FILE = os.open({file!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

@camunda_worker(job_type="work", timeout={lease_ms}, max_jobs_active={slots})
def work(job: ActivatedJob) -> dict[str, int]:
    os.write(FILE, f"begun {{job.job_key}}\\n".encode())
    time.sleep(0.2)
    os.write(FILE, f"done {{job.job_key}}\\n".encode())
    return {{"by": os.getpid()}}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def engine_of(data: Path, port: int) -> Program:
    # A Python that measures coverage writes its figures at its end, and this one is killed.
    program = Program(CAMUNDA_CLIENT, "engine", "--port", str(port), "--data", data, environment=unmeasured())
    program.wait_for("export CAMUNDA_REST_ADDRESS")
    return program


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def survives(tmp_path: Path, *, jobs: int, away_s: float, torn: bytes) -> None:
    """Let one worker process do the jobs of an engine that is killed meanwhile; nothing may be done twice."""
    data, port, file = tmp_path / "data", free_port(), tmp_path / "handled"
    (tmp_path / "work.py").write_text(WORKER.format(file=str(file), lease_ms=15_000, slots=max(10, jobs // 10)))
    address = f"http://127.0.0.1:{port}"

    def done() -> int:
        return sum(line.startswith("done") for line in lines_of(file))

    with engine_of(data, port) as first:
        rest.deploy_text(address, "p.bpmn", MODEL)
        for number in range(jobs):
            rest.call(
                address, "POST", "/v2/process-instances", {"processDefinitionId": "p", "variables": {"n": number}}
            )
        with Program(
            CAMUNDA_CLIENT, "worker", "work.py", cwd=tmp_path, environment={"CAMUNDA_REST_ADDRESS": address}
        ) as worker:
            until(lambda: done() >= jobs // 3, "a third is done", 90)
            first.process.kill()
            first.end()
            with (data / "commands.log").open("ab") as log:
                log.write(torn)
            gevent.sleep(away_s)
            with engine_of(data, port) as second:
                until(lambda: done() >= jobs, "all are done", 90)
                worker.send(signal.SIGTERM)
                assert worker.end() == 0
                second.send(signal.SIGTERM)
                assert second.end() == 0
                if torn:
                    assert f"its {len(torn)} bytes were cut off" in second.output

    engine = Engine(data=data)
    assert Counter(history.state for history in engine.instances) == {"COMPLETED": jobs}
    assert {history.variables["by"] for history in engine.instances} == {worker.process.pid}
    runs = Counter(lines_of(file))
    assert len(runs) == 2 * jobs
    assert [line for line, times in runs.items() if times > 1] == [], "no handler ran again"


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("torn", [b"", b"4f1c2a00 [1767225600000,450359"], ids=["whole", "torn"])
def test_an_engine_killed_in_the_middle_of_its_jobs_comes_back_and_nothing_is_done_twice(
    tmp_path: Path, torn: bytes
) -> None:
    survives(tmp_path, jobs=150, away_s=1.0, torn=torn)


@pytest.mark.soak
@pytest.mark.parametrize("torn", [b"", b"4f1c2a00 [1767225600000,450359"], ids=["whole", "torn"])
def test_an_engine_is_killed_in_the_middle_of_a_thousand_jobs(tmp_path: Path, torn: bytes) -> None:
    survives(tmp_path, jobs=1000, away_s=5.0, torn=torn)


#: Works on its own, with a snapshot every 50 commands, and notes what it was answered.
ALONE = """
import sys
from camunda_client.embedded import Engine
from camunda_client.embedded.data import _storage

_storage.SNAPSHOT_EVERY = 50
engine = Engine(data=sys.argv[1])
engine.deploy(("p.bpmn", open(sys.argv[2]).read()))
notes = open(sys.argv[3], "a", buffering=1)
print("works", flush=True)
while True:
    history = engine.create_instance("p", {"so": "far"})
    print(history.process_instance_key, "ACTIVE", file=notes)
    [job] = engine.activate("work")
    engine.complete(job.key)
    print(job.process_instance_key, "COMPLETED", file=notes)
"""


@pytest.mark.slow
def test_what_was_answered_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text(ALONE)
    (tmp_path / "p.bpmn").write_text(MODEL)
    chance, answered = random.Random(8), {}
    for _ in range(6):
        with Program(
            tmp_path / "alone.py", tmp_path / "data", tmp_path / "p.bpmn", tmp_path / "notes", environment=unmeasured()
        ) as alone:
            alone.wait_for("works")
            more = len(lines_of(tmp_path / "notes")) + chance.randrange(150)
            until(lambda more=more: len(lines_of(tmp_path / "notes")) >= more, "so much was answered, then it is hit")
            alone.process.kill()
            alone.end()
        answered |= dict(
            line.split() for line in lines_of(tmp_path / "notes") if line.endswith(("ACTIVE", "COMPLETED"))
        )
        engine = Engine(data=tmp_path / "data")
        try:
            states = {str(history.process_instance_key): history.state for history in engine.instances}
        finally:
            engine.close()
        lost = {key: state for key, state in answered.items() if states[key] != state and state == "COMPLETED"}
        assert lost == {}
        assert answered.keys() <= states.keys()
        assert len(states) - len(answered) <= 6, "at most one a time was not noted any more"


def test_the_command_says_what_a_directory_holds_and_what_a_command_did(tmp_path: Path) -> None:
    engine = Engine(data=tmp_path / "data")
    engine.deploy(("p.bpmn", MODEL))
    engine.create_instance("p", {"amount": 12})

    code, output = Program.run(CAMUNDA_CLIENT, "engine", "--data", tmp_path / "data", "--port", "0")
    assert (code, f"{tmp_path / 'data'} is in use by another engine" in output) == (2, True)

    code, output = Program.run(CAMUNDA_CLIENT, "engine", "--data", tmp_path / "data", "--until", "3")
    assert code == 0
    assert 'create_instance ["p", {"amount": 12}, null, null, "<default>", []]' in output
    assert "active now: t" in output
    assert "'work' of t: ACTIVATABLE" in output

    code, output = Program.run(CAMUNDA_CLIENT, "engine", "--until", "3")
    assert (code, "add --data DIR" in output) == (2, True)
    code, output = Program.run(CAMUNDA_CLIENT, "engine", "--data", tmp_path / "data", "--until", "812")
    assert (code, "there is no command 812" in output) == (2, True)
