"""The Camundas that other tests stand on: they start, tell what happened, die, come back, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.camunda import ADDRESS, Camunda, EngineProcess, PartFailedError
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import until

ROOT = Path(__file__).parents[2]
#: Starts a server, tells its pid, and ends when told to, without a word about the server.
OWNER = """
from pathlib import Path
from camunda_client.cli._server_process import ServerProcess, inherited_environment
server = ServerProcess("sleeper", ["/bin/sleep", "600"], inherited_environment(), Path("log"))
print(server.pid, flush=True)
input()
"""


def test_its_version_is_one_that_the_library_supports(camunda: Camunda) -> None:
    assert (8, 6) <= camunda.version < (9,)


def test_a_job_is_worked_on_the_shared_engine(engine: EngineProcess) -> None:
    run = rest.unique()
    rest.deploy(engine.base_url, "one.bpmn", run=run)
    instance = rest.start(engine.base_url, f"one-{run}", {"amount": 3})

    (job,) = rest.activate(engine.base_url, f"t-{run}")
    status, _ = rest.call(engine.base_url, "POST", f"/v2/jobs/{job['key']}/completion", {"variables": {"paid": 1}})

    assert (status, job["processInstanceKey"], job["variables"]) == (204, instance, {"amount": 3})
    [completed] = engine.jobs("COMPLETED", job_type=f"t-{run}")
    assert (completed["key"], completed["variables"]) == (job["key"], {"paid": 1})
    told = engine.instance(instance, "COMPLETED")
    assert (told["state"], told["variables"]) == ("COMPLETED", {"amount": 3, "paid": 1})


def test_the_engine_itself_tells_what_became_of_a_job(engine: EngineProcess) -> None:
    run = rest.unique()
    rest.deploy(engine.base_url, "one.bpmn", run=run)
    instance = rest.start(engine.base_url, f"one-{run}")
    (job,) = rest.activate(engine.base_url, f"t-{run}")
    failure = {"retries": 0, "errorMessage": "no luck"}
    rest.call(engine.base_url, "POST", f"/v2/jobs/{job['key']}/failure", failure)

    [incident] = engine.wait_for_incidents(1, process_id=f"one-{run}")

    assert (incident["jobKey"], incident["errorMessage"]) == (job["key"], "no luck")
    assert incident["processInstanceKey"] == instance
    with pytest.raises(PartFailedError, match=f"0 of 1 jobs .*COMPLETED.*t-{run}.* after 0.1 s"):
        engine.wait_for_jobs(1, "COMPLETED", job_type=f"t-{run}", timeout_s=0.1)


def test_an_engine_of_a_tests_own_is_slow_late_or_in_trouble_at_will(
    new_camunda: Callable[..., EngineProcess],
) -> None:
    camunda = new_camunda()
    run = rest.unique()
    rest.deploy(camunda.base_url, "one.bpmn", run=run)
    rest.start(camunda.base_url, f"one-{run}")
    rest.activate(camunda.base_url, f"t-{run}", lease_s=60)

    camunda.advance(61)
    with camunda.in_trouble("broker_unreachable"):
        refused, _ = rest.call(camunda.base_url, "POST", "/v2/jobs/1/completion", {})
    answered, _ = rest.call(camunda.base_url, "GET", "/v2/topology")

    assert len(camunda.jobs("TIMED_OUT", job_type=f"t-{run}")) == 1
    assert (refused, answered) == (503, 200)


def test_a_killed_engine_comes_back_on_its_port_with_its_instances(new_camunda: Callable[..., EngineProcess]) -> None:
    camunda = new_camunda(data=True)
    run = rest.unique()
    rest.deploy(camunda.base_url, "one.bpmn", run=run)
    instance = rest.start(camunda.base_url, f"one-{run}")
    url, first_pid = camunda.base_url, camunda.pid

    camunda.kill()
    with pytest.raises(OSError, match="refused"):
        rest.call(url, "GET", "/v2/topology")
    camunda.start()

    assert camunda.base_url == url
    assert camunda.pid != first_pid
    (job,) = rest.activate(url, f"t-{run}")
    assert job["processInstanceKey"] == instance
    assert [job["key"] for job in camunda.jobs("CREATED", job_type=f"t-{run}")] == [job["key"]]


@pytest.mark.parametrize("patched", [True, False], ids=["patched", "unpatched"])
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "ended"])
def test_no_server_outlives_its_owner(patched: bool, killed: bool, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ("from gevent import monkey; monkey.patch_all()\n" if patched else "") + OWNER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path,
    ) as owner:  # fmt: skip
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        os.kill(server, 0)

        if killed:
            owner.kill()
        else:
            owner.communicate(b"end\n", timeout=20)

        _wait_until_gone(server, timeout_s=10)
    assert owner.returncode == (-signal.SIGKILL if killed else 0)


def test_an_engine_that_cannot_start_shows_the_end_of_its_log(new_camunda: Callable[..., EngineProcess]) -> None:
    with pytest.raises(PartFailedError, match=r"before it was ready(.|\n)*unknown dialect 'many'"):
        new_camunda(dialect="many")


def test_a_camunda_that_is_given_is_tested_too_by_the_library_s_own_settings(tmp_path: Path) -> None:
    """What needs more than it can do is skipped with one line, and nothing else is configured by its settings."""
    tests = [
        "tests/acceptance/test_api_on_camunda.py::test_an_incident_is_resolved_once_the_job_has_retries_again",
        "tests/acceptance/test_api_on_camunda.py::test_a_completed_job_is_gone",
    ]
    with Program(CAMUNDA_CLIENT, "engine", "--port", "0", cwd=tmp_path) as given:
        given.wait_for("CAMUNDA_REST_ADDRESS=")
        address = given.output.partition("CAMUNDA_REST_ADDRESS=")[2].split()[0]
        environment = {
            ADDRESS: address,
            "CAMUNDA_AUTH_STRATEGY": "BASIC",
            "CAMUNDA_BASIC_AUTH_USERNAME": "demo",
            "CAMUNDA_BASIC_AUTH_PASSWORD": "demo",
        }
        code, output = Program.run(
            "-m", "gevent.monkey", "--module", "pytest", "-p", "no:cacheprovider", *tests,
            environment=environment, cwd=ROOT,
        )  # fmt: skip

    assert code == 0, output
    assert "3 passed, 1 skipped" in output
    assert f"needs a Camunda with records, which {address} has not" in output
    assert "1 tests ran on the Camunda of CAMUNDA_TEST_REST_ADDRESS" in output


def _wait_until_gone(pid: int, timeout_s: float) -> None:
    def is_gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        return state == "Z"  # ended; its new parent has not looked yet

    try:
        until(is_gone, f"process {pid} has ended", timeout_s)
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        raise
