"""The examples, run by the very commands that each prints at its top, and judged by the engine's records."""

from __future__ import annotations

import ast
import itertools
import json
import re
import shlex
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from camunda_client.config import WorkerConfig
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.rest import call
from tests.parts.server import free_ports
from tests.parts.work import until

pytestmark = pytest.mark.needs("records")

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(
    (path for kind in ("py", "yaml") for path in (ROOT / "examples").glob(f"[0-9]*.{kind}")), key=lambda path: path.name
)


class Example:
    """One example: the commands of its docstring, the instances they started, and the worker."""

    def __init__(self, number: str, camunda: EngineProcess) -> None:
        [self.path] = [path for path in EXAMPLES if path.name.startswith(number)]
        self.camunda = camunda
        self._environment = {"CAMUNDA_API_BASE_URL": camunda.base_url}
        if "CAMUNDA_REST_ADDRESS" in self.path.read_text():
            self._environment = camunda.environment
        *before, self.last = commands(self.path)
        # Example 14 says a port, which may be taken here.
        [self.port] = free_ports(1)
        self.last = [word.replace("9464", str(self.port)) for word in self.last]
        self.keys: list[int] = []
        for command in before:
            if command[0] == "kubectl":
                continue
            code, output = Program.run(CAMUNDA_CLIENT, *command[1:], environment=self._environment, cwd=ROOT)
            assert code == 0, (command, output)
            if command[1] == "start":
                self.keys += map(int, output.split())

    def worker(self, command: Sequence[str] = (), cwd: Path = ROOT) -> Program:
        """Start its worker, by the last command of its docstring unless another is given."""
        first, *others = command or self.last
        program = [CAMUNDA_CLIENT] if first == "camunda-client" else []
        return Program(*program, *others, environment=self._environment, cwd=cwd)

    def jobs(self, state: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many jobs of our instances to have a state; return them."""
        return self.camunda.wait_for_jobs(count, state, instances=self.keys, timeout_s=60)


def head(path: Path) -> str:
    """Return an example's docstring; of a YAML file, its first comment."""
    text = path.read_text()
    if path.suffix == ".yaml":
        return "\n".join(line[2:] for line in itertools.takewhile(lambda line: line.startswith("#"), text.splitlines()))
    return ast.get_docstring(ast.parse(text)) or ""


def commands(path: Path) -> list[list[str]]:
    """Return the indented lines of an example's docstring that start something."""
    told = head(path)
    lines = [shlex.split(line) for line in told.splitlines() if line.startswith("    ")]
    return [line for line in lines if line[0] in ("camunda-client", "python", "pytest", "kubectl")]


def found(camunda: EngineProcess, what: str, **filters: str) -> list[dict[str, Any]]:
    """Return what a search finds."""
    items: list[dict[str, Any]] = call(camunda.base_url, "POST", f"/v2/{what}/search", {"filter": filters})[1]["items"]
    return items


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_says_what_how_and_what_to_expect(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) <= 60
    text = head(path)
    assert text.index("What you learn") < text.index("\nRun") < text.index("What you will see")
    if "needs no Camunda" not in text:
        assert [command[1] for command in commands(path)[:2]] == ["deploy", "start"]


def test_the_examples_are_numbered_and_listed_in_order() -> None:
    names = [path.name for path in EXAMPLES]
    listed = re.findall(r"^\| \[(.+)\]\(\1\)", (ROOT / "examples" / "README.md").read_text(), re.MULTILINE)

    assert names == sorted(names) == listed
    assert [int(name[:2]) for name in names] == list(range(1, 18))


def test_the_first_example_says_hello(camunda: EngineProcess) -> None:
    example = Example("01", camunda)

    with example.worker() as worker:
        [completed] = example.jobs("COMPLETED")
        worker.wait_for("job.completed")
        worker.send(signal.SIGINT)
        code = worker.end()

    assert completed["variables"] == {"greeting": "Hello, Ada!"}
    [line] = [json.loads(line) for line in worker.lines if "saying hello" in line]
    assert (line["event"], line["process_instance_key"]) == ("saying hello to Ada", str(example.keys[0]))
    assert code == 0
    assert "shutdown.drained" in worker.lines[-1]


def test_the_second_example_shows_what_each_exception_does(camunda: EngineProcess) -> None:
    example = Example("02", camunda)
    modest, greedy, nothing = example.keys

    with example.worker() as worker:
        [incident] = camunda.wait_for_incidents(1, instances=example.keys)
        completed = example.jobs("COMPLETED", 2)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    failed: dict[int, list[int]] = {key: [] for key in example.keys}
    for job in example.jobs("FAILED", 4):
        failed[job["processInstanceKey"]].append(job["retries"])
    assert failed == {modest: [2], greedy: [], nothing: [2, 1, 0]}, worker.output
    assert {job["processInstanceKey"]: (job["type"], job["variables"]) for job in completed} == {
        modest: ("charge-card", {"charged": True}),
        greedy: ("tell-customer", {}),
    }
    assert "more than 1000 can't be charged" in worker.output
    assert (incident["processInstanceKey"], incident["errorType"]) == (nothing, "JOB_NO_RETRIES")
    assert incident["errorMessage"].startswith("KeyError: 'amount'")


def test_the_third_example_waits_for_many_answers_at_once(camunda: EngineProcess) -> None:
    example = Example("03", camunda)

    with example.worker() as worker:
        completed = example.jobs("COMPLETED", 100)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert {job["variables"]["price"] for job in completed} == {42}
    # One after another, nobody would ever have asked before.
    assert max(job["variables"]["asked_at_once"] for job in completed) > 10


@pytest.mark.long
def test_the_fifth_example_computes_in_child_processes(camunda: EngineProcess) -> None:
    example = Example("05", camunda)

    with example.worker() as worker:
        completed = example.jobs("COMPLETED", 40)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert sorted(job["variables"]["prime"] for job in completed) == [False] * 20 + [True] * 20
    assert worker.process.pid not in {job["variables"]["pid"] for job in completed}
    assert "is divisible by 2" in worker.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_fifteenth_example_has_a_main_loop_of_its_own(camunda: EngineProcess, number: signal.Signals) -> None:
    example = Example("15", camunda)

    with example.worker() as worker:
        completed = example.jobs("COMPLETED", 20)
        worker.wait_for("job.completed", 20)
        worker.send(number)
        code = worker.end()

    assert {job["worker"] for job in completed} == {"c8-example-worker"}
    assert {job["variables"]["output"] for job in completed} == {"some output for the next task"}
    assert code == 0, worker.output[-3000:]


def test_the_eleventh_example_lets_a_listener_deny_and_correct(new_camunda: Callable[..., EngineProcess]) -> None:
    camunda = new_camunda(dialect="8.9")
    example = Example("11", camunda)

    with example.worker() as program:
        completed = example.jobs("COMPLETED", 3)
        code = program.end()

    assert code == 0, program.output[-3000:]
    assert [job["type"] for job in completed] == ["approval-begins", "approval-ends", "approval-ends"]
    assert "the clerk may not" in program.output
    assert "above 1000 only the boss may approve" in program.output
    assert "the boss may" in program.output
    [task] = found(camunda, "user-tasks")
    assert (task["state"], task["assignee"], task["priority"]) == ("COMPLETED", "boss", 90)
    assert task["candidateGroups"] == ["management"]


def test_the_twelfth_example_drives_an_ad_hoc_sub_process(new_camunda: Callable[..., EngineProcess]) -> None:
    camunda = new_camunda(dialect="8.9")
    example = Example("12", camunda)

    with example.worker() as worker:
        until(lambda: found(camunda, "process-instances")[0]["state"] == "COMPLETED", "the agent answers", 60)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert "turn 1: the tools are look-up-order, look-up-customer" in worker.output
    assert "turn 2: Order 5 is on its way to Ada." in worker.output
    variables = found(camunda, "variables", name="answer")
    assert {variable["value"] for variable in variables} == {'"Order 5 is on its way to Ada."'}


@pytest.mark.long
def test_the_tenth_example_spares_the_systems_behind_its_handlers(camunda: EngineProcess) -> None:
    example = Example("10", camunda)

    with example.worker() as worker:
        completed = example.jobs("COMPLETED", 120)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    sessions = [job["variables"]["sessions"] for job in completed if job["type"] != "notify-carrier"]
    assert len(sessions) == 80
    assert 1 < max(sessions) <= 4
    assert "circuit.opened" in worker.output
    assert {job["retries"] for job in camunda.jobs("FAILED", instances=example.keys)} == {1}
    assert camunda.incidents(instances=example.keys) == []


def test_the_sixteenth_example_undoes_what_was_booked(camunda: EngineProcess) -> None:
    example = Example("16", camunda)

    with example.worker() as worker:
        completed = example.jobs("COMPLETED", 4)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert {job["type"] for job in completed[:2]} == {"book-hotel", "book-flight"}
    assert {job["type"] for job in completed[2:]} == {"cancel-hotel", "cancel-flight"}
    assert "hotel H-1 is cancelled" in worker.output
    assert "flight F-1 is cancelled" in worker.output


def test_the_sixth_example_charges_what_fits_and_names_what_does_not(camunda: EngineProcess) -> None:
    example = Example("06", camunda)
    good, bad = example.keys

    with example.worker() as worker:
        [completed] = example.jobs("COMPLETED")
        [incident] = camunda.wait_for_incidents(1, instances=example.keys)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    receipt = {"order": "A-1", "total": "6.00", "note": None, "instance": str(good)}
    assert (completed["processInstanceKey"], completed["variables"]) == (good, {"receipt": receipt})
    assert (incident["processInstanceKey"], incident["errorType"]) == (bad, "JOB_NO_RETRIES")
    assert "lines[0].price (Input should be a valid decimal, got 'cheap')" in incident["errorMessage"]
    assert len(example.jobs("FAILED")) == 1


def test_the_seventh_example_maps_functions_that_know_nothing_of_camunda(camunda: EngineProcess) -> None:
    example = Example("07", camunda)
    good, empty, odd = example.keys

    with example.worker() as worker:
        [completed] = example.jobs("COMPLETED")
        incidents = camunda.wait_for_incidents(2, instances=example.keys)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert (completed["processInstanceKey"], completed["variables"]) == (good, {"invoiceNumber": "R26-1", "gross": 150})
    messages = {incident["processInstanceKey"]: incident["errorMessage"] for incident in incidents}
    assert "EmptyOrder: order A-2 has no lines" in messages[empty]
    assert (
        "order.discount (Input should be a valid number, unable to parse string as a number, got 'much')"
        in messages[odd]
    )
    assert len(example.jobs("FAILED", 2)) == 2


def test_the_eighth_example_works_as_it_did_for_camunda_7(camunda: EngineProcess) -> None:
    example = Example("08", camunda)
    good, bad = example.keys

    with example.worker() as worker:
        [completed] = example.jobs("COMPLETED")
        [incident] = camunda.wait_for_incidents(1, instances=example.keys)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0

    assert (completed["processInstanceKey"], completed["worker"]) == (good, "credit")
    assert completed["variables"] == {"approved": True, "checked_by": "check-credit"}
    assert incident["processInstanceKey"] == bad
    assert "no amount\nof Ben" in incident["errorMessage"]
    assert [job["retries"] for job in example.jobs("FAILED", 3)] == [2, 1, 0]


def test_the_ninth_example_passes() -> None:
    code, output = Program.run("-m", "pytest", *commands(EXAMPLES[8])[0][1:], "-p", "no:cacheprovider", cwd=ROOT)

    assert code == 0, output
    assert "3 passed" in output


@pytest.mark.long
def test_the_thirteenth_example_hands_over_from_one_pod_to_the_next(camunda: EngineProcess, tmp_path: Path) -> None:
    """The manifest's own command and handlers stand for its pods; Kubernetes itself is not there."""
    example = Example("13", camunda)
    handlers, deployment = yaml.safe_load_all(example.path.read_text())
    (tmp_path / "handlers.py").write_text(handlers["data"]["handlers.py"])
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    ports = free_ports(2)
    old, new = (
        example.worker([word.replace("9464", str(port)) for word in container["command"]], tmp_path) for port in ports
    )

    def answers(port: int, probe: str) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}{container[probe]['httpGet']['path']}", timeout=30).ok
        except requests.ConnectionError:
            return False

    with old:
        until(lambda: answers(ports[0], "readinessProbe"), "the old pod is ready", 60)
        with new:
            until(lambda: answers(ports[1], "startupProbe"), "the new pod is ready", 60)
            assert answers(ports[1], "livenessProbe")
            old.send(signal.SIGTERM)
            assert old.end() == 0, old.output
            completed = example.jobs("COMPLETED", 40)
            new.send(signal.SIGTERM)
            assert new.end() == 0, new.output

    assert "shutdown.drained" in old.output
    assert len({job["key"] for job in completed}) == 40
    assert camunda.jobs("TIMED_OUT", instances=example.keys) == camunda.jobs("FAILED", instances=example.keys) == []
    assert (
        pod["terminationGracePeriodSeconds"] > WorkerConfig().drain_timeout / 1000 + WorkerConfig().exit_timeout / 1000
    )


@pytest.mark.long
def test_the_fourteenth_example_shows_what_its_processes_do(camunda: EngineProcess) -> None:
    example = Example("14", camunda)
    page = f"http://127.0.0.1:{example.port}"

    def types() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{page}/types", timeout=30).json()["types"]
        return found

    with example.worker() as worker:
        worker.wait_for("workers.started", 2)
        assert "<html" in requests.get(page, timeout=30).text
        until(lambda: len(requests.get(f"{page}/health", timeout=30).json()["processes"]) == 2, "both are seen", 60)
        example.jobs("COMPLETED", 100)
        until(lambda: all(one["completed"] for one in types()), "each type has worked", 60)
        assert {one["job_type"] for one in types()} == {"reserve-stock", "write-invoice", "notify-carrier"}
        worker.send(signal.SIGTERM)
        assert worker.end() == 0
