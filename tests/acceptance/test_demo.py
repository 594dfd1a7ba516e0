"""``camunda-client demo`` and ``camunda-client engine``, as processes, without Java."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.parts.programs import CAMUNDA_CLIENT, Program

ROOT = Path(__file__).parent.parent.parent
ORDER = ROOT / "examples" / "bpmn" / "order.bpmn"
HANDLERS = ROOT / "examples" / "order_process.py"


def address(program: Program) -> str:
    """Return the address that the engine printed."""
    program.wait_for("CAMUNDA_REST_ADDRESS=")
    found = re.search(r"^embedded Camunda \S+ on (http://127\.0\.0\.1:\d+)$", program.output, re.MULTILINE)
    assert found, program.output
    return found[1]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


# -- the demo -------------------------------------------------------------------------------------------------------
def test_the_demo_works_on_the_embedded_engine_without_java(tmp_path: Path) -> None:
    # No java, no mvn: nothing is on the path.
    environment = {"PATH": str(tmp_path), "JAVA_HOME": "", "TMPDIR": str(tmp_path)}

    code, output = Program.run(CAMUNDA_CLIENT, "demo", "--instances", "25", cwd=tmp_path, environment=environment)

    assert code == 0, output
    lines = output.splitlines()
    assert lines[0] == "starting the embedded Camunda …"
    assert any(re.search(r"░ +\d+/25 done, +\d+ priced, +\d+ in flight, +\d+\.\d s$", line) for line in lines)
    assert "25 instances, 50 jobs, all completed" in lines
    faster = re.search(r"times faster +([\d.]+)", output)
    assert faster
    assert float(faster[1]) > 2
    # While coverage is measured, sqlite3 is imported, and named.
    assert [line for line in lines if "WARNING" in line and "sqlite3" not in line] == []
    assert list(tmp_path.iterdir()) == []


def test_the_demo_leaves_no_process_when_it_is_interrupted(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    with Program(CAMUNDA_CLIENT, "demo", cwd=tmp_path, environment=environment) as demo:
        demo.wait_for("in flight")
        [log] = tmp_path.glob("c8-client-demo-*/engine.log")
        url = re.search(r"on (http://\S+)", log.read_text())
        assert url
        demo.send(signal.SIGINT)
        code = demo.end()

    assert code == 130, demo.output
    with pytest.raises(OSError, match="refused"):
        get(f"{url[1]}/v2/topology")
    assert list(tmp_path.iterdir()) == []


# -- the engine as a server -----------------------------------------------------------------------------------------
def test_the_engine_serves_deployed_models_to_commands_and_workers(tmp_path: Path) -> None:
    with Program(CAMUNDA_CLIENT, "engine", "--port", "0", "--deploy", ORDER, cwd=tmp_path) as engine:
        environment = {"CAMUNDA_REST_ADDRESS": address(engine)}
        started = Program.run(
            CAMUNDA_CLIENT, "start", "order", "--variables", '{"amount": 40}', cwd=tmp_path, environment=environment
        )
        with Program(CAMUNDA_CLIENT, "worker", HANDLERS, cwd=tmp_path, environment=environment) as worker:
            worker.wait_for("job.completed")
            worker.send(signal.SIGTERM)
            worked = worker.end()
        engine.send(signal.SIGTERM)
        code = engine.end()

    assert started[0] == 0, started[1]
    assert "charging 40" in worker.output
    assert (worked, code) == (0, 0)
    assert engine.lines[0] == "deployed process order of order.bpmn"


@pytest.mark.parametrize(("dialect", "key"), [("8.6", int), ("8.8", str)])
def test_the_engine_speaks_the_dialect_asked_for(tmp_path: Path, dialect: str, key: type) -> None:
    arguments = ("engine", "--port", "0", "--dialect", dialect, "--deploy", str(ORDER))
    with Program(CAMUNDA_CLIENT, *arguments, cwd=tmp_path) as engine:
        request = urllib.request.Request(
            f"{address(engine)}/v2/process-instances",
            json.dumps({"processDefinitionId": "order"}).encode(),
            {"Content-Type": "application/json"},
        )
        told = get(request)  # type: ignore[arg-type]

    assert isinstance(told["processInstanceKey"], key)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_engine_ends_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with Program(CAMUNDA_CLIENT, "engine", "--port", "0", cwd=tmp_path) as engine:
        assert get(f"{address(engine)}/v2/topology")["gatewayVersion"]
        engine.send(number)
        assert engine.end() == 0, engine.output


def test_the_engine_listens_on_loopback_only(tmp_path: Path) -> None:
    with Program(CAMUNDA_CLIENT, "engine", "--port", "0", cwd=tmp_path) as engine:
        port = int(address(engine).rpartition(":")[2])

        # Every address of 127/8 is ours on Linux, and the engine takes just one.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=10)


def test_what_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.bpmn").write_text("<x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcomes = [
            Program.run(CAMUNDA_CLIENT, "engine", *arguments, cwd=tmp_path)
            for arguments in (
                ("--port", str(port)),
                ("--port", "70000"),
                ("--port", "0", "--deploy", "nobody.bpmn"),
                ("--port", "0", "--deploy", "broken.bpmn"),
            )
        ]

    assert [code for code, _ in outcomes] == [2, 2, 2, 1]
    told = [output.splitlines()[-1] if "usage" in output else output for _, output in outcomes]
    assert f"can't listen on 127.0.0.1 port {port}" in told[0]
    assert "a port from 0 to 65535 is needed, not '70000'" in told[1]
    assert told[2] == "camunda-client: there is no file nobody.bpmn"
    assert "'broken.bpmn': " in told[3]
    assert all("Traceback" not in output for _, output in outcomes)


@pytest.mark.parametrize("command", [("engine", "--port", "0"), ("demo",)])
def test_a_missing_extra_is_one_line_with_the_remedy(tmp_path: Path, command: tuple[str, ...]) -> None:
    # As if it weren't there: for the import system None means that.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['SpiffWorkflow'] = None\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])

    code, output = Program.run(CAMUNDA_CLIENT, *command, cwd=tmp_path, environment={"PYTHONPATH": path})

    assert code == 2
    assert output == (
        "camunda-client: the embedded engine needs SpiffWorkflow, which is not installed: "
        "pip install 'c8-client[embedded]'"
    )
