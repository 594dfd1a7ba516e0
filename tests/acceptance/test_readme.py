"""The README's code, and what it refers to: each Python block is run as the file that its first line names."""

from __future__ import annotations

import re
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program

pytestmark = pytest.mark.needs("records")

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
#: Where blocks with a name are: the README, and the pages that continue it.
PAGES = README + "".join((ROOT / "docs" / page).read_text() for page in ("configuration.md", "worker.md"))
#: Lines that people read before they decide.
MOST_LINES = 200
TESTED = {"hello.py", "app.py", "calls.py", "errors.py", "scoring.py", "configure.py", "test_order_process.py"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def named_blocks() -> dict[str, str]:
    """Return the Python blocks that begin with the name of a file."""
    return {
        name: f"# {name}\n{text}"
        for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", PAGES, re.DOTALL | re.MULTILINE)
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's files, and the examples beside them."""
    for name, block in named_blocks().items():
        (tmp_path / name).write_text(block)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def jobs(camunda: EngineProcess, state: str, keys: list[int], count: int = 1) -> list[dict[str, Any]]:
    return camunda.wait_for_jobs(count, state, instances=keys)


def test_every_python_block_is_run_by_a_test() -> None:
    assert set(named_blocks()) == TESTED
    assert all(block.startswith("# ") for block in blocks("python"))


def test_it_says_first_what_the_thing_is_and_is_short() -> None:
    lines = README.splitlines()

    assert lines[2].startswith("A job worker and REST client")
    assert len(lines) <= MOST_LINES


def test_every_page_and_folder_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_come_first_and_exist() -> None:
    commands = re.findall(r"^make (\w+)", blocks("sh")[0], re.MULTILINE)

    assert commands == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{command}:", makefile, re.MULTILINE) for command in commands)


def test_the_first_worker_works_by_the_commands_below_it(camunda: EngineProcess, folder: Path) -> None:
    [block] = [block for block in blocks("sh") if "camunda-client worker" in block]
    lines = [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("camunda-client ")]
    environment = camunda.environment

    keys: list[int] = []
    for arguments in lines[:-1]:
        code, output = Program.run(CAMUNDA_CLIENT, *arguments, cwd=folder, environment=environment)
        assert code == 0, output
        keys += map(int, output.split()) if arguments[0] == "start" else []
    with Program(CAMUNDA_CLIENT, *lines[-1], cwd=folder, environment=environment) as worker:
        [completed] = jobs(camunda, "COMPLETED", keys)
        worker.wait_for("job.completed")
        worker.send(signal.SIGINT)
        assert worker.end() == 0

    assert completed["variables"] == {"greeting": "Hello, Ada!"}
    assert "workers.started" in worker.output


def test_the_test_is_the_one_among_the_examples() -> None:
    """That one is run, and timed, by test_plugin.py."""
    block = named_blocks()["test_order_process.py"]

    assert block.partition("\n")[2] == (ROOT / "examples" / "test_order_process.py").read_text()


def test_the_main_loop_works_and_ends(camunda: EngineProcess, folder: Path) -> None:
    rest.deploy_text(camunda.base_url, "own_main_loop.bpmn", (ROOT / "examples/bpmn/own_main_loop.bpmn").read_text())
    key = rest.start(camunda.base_url, "own-main-loop")

    with Program("app.py", cwd=folder, environment=camunda.environment) as app:
        [completed] = jobs(camunda, "COMPLETED", [key])
        app.wait_for(f"working for {key}")
        app.wait_for("job.completed")
        app.send(signal.SIGTERM)
        assert app.end() == 0

    assert completed["variables"] == {"output": "some output for the next task"}


def test_the_calls_do_what_they_say(camunda: EngineProcess, folder: Path) -> None:
    code, output = Program.run("calls.py", cwd=folder, environment=camunda.environment)

    assert code == 0, output
    started, refused = output.splitlines()
    assert refused.startswith("404 NOT_FOUND Command 'CANCEL' rejected with code 'NOT_FOUND'")
    [cancelled] = jobs(camunda, "CANCELED", [int(started.removeprefix("started "))])
    assert (cancelled["bpmnProcessId"], cancelled["variables"]) == ("hello", {})


def test_what_computes_is_worked_in_a_child(camunda: EngineProcess, folder: Path) -> None:
    word = rest.unique()
    process = (rest.RESOURCES / "one.bpmn").read_text().replace("t-${run}", "score").replace("${run}", word)
    rest.deploy_text(camunda.base_url, "one.bpmn", process)
    key = rest.start(camunda.base_url, f"one-{word}", {"size": 10})

    with Program(CAMUNDA_CLIENT, "worker", "scoring.py", cwd=folder, environment=camunda.environment) as worker:
        [completed] = jobs(camunda, "COMPLETED", [key])

    assert completed["variables"] == {"score": 285}
    assert "offload.started" in worker.output


def test_the_errors_become_what_the_table_says(camunda: EngineProcess, folder: Path) -> None:
    word = rest.unique()
    process = (rest.RESOURCES / "one.bpmn").read_text().replace("t-${run}", "reserve").replace("${run}", word)
    rest.deploy_text(camunda.base_url, "one.bpmn", process)
    modest, greedy, nothing = (
        rest.start(camunda.base_url, f"one-{word}", variables) for variables in ({"wanted": 3}, {"wanted": 300}, {})
    )

    environment = camunda.environment
    with Program(CAMUNDA_CLIENT, "worker", "errors.py", cwd=folder, environment=environment) as worker:
        [completed] = jobs(camunda, "COMPLETED", [modest])
        [thrown] = jobs(camunda, "ERROR_THROWN", [greedy])
        failed = jobs(camunda, "FAILED", [nothing], 3)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert completed["variables"] == {"reserved": 3}
    [once] = jobs(camunda, "FAILED", [modest])
    assert (once["retries"], once["retryBackoff"]) == (2, 200)
    assert once["errorMessage"].startswith("ServiceException: the stock is being counted")
    assert (thrown["errorCode"], thrown["errorMessage"]) == ("OUT_OF_STOCK", "300 are more than we have")
    assert [job["retries"] for job in failed] == [2, 1, 0]
    assert all(job["errorMessage"].startswith("KeyError: 'wanted'") for job in failed)


def test_the_configuration_is_taken_from_the_environment_or_refused(folder: Path) -> None:
    environment = {
        "CAMUNDA_CLIENT_ID": "worker",
        "CAMUNDA_CLIENT_SECRET": "never-to-be-seen",
        "CAMUNDA_TOKEN_URL": "http://127.0.0.1:9/token",
        "CAMUNDA_API_BASE_URL": "http://127.0.0.1:9",
    }

    code, output = Program.run("configure.py", cwd=folder, environment=environment)
    without = Program.run("configure.py", cwd=folder)

    assert code == 0
    assert "api.job.timeout  (ms, default: 10000)" in output
    assert "never-to-be-seen" not in output
    assert without[0] == 1
    assert "auth.selfManaged.clientId is None" in without[1]
