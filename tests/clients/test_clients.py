"""Other people's clients work 200 jobs on the embedded gateway and try what it offers; every exchange is described."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.clients.clients import CLIENTS, Client
from tests.clients.described import PACKAGE, violations
from tests.clients.exceptions import EXCHANGES, STEPS, Excuse
from tests.parts.camunda import EngineProcess
from tests.parts.need import needed
from tests.parts.programs import unmeasured
from tests.parts.proxy import respond
from tests.parts.recording import RecordingProxy
from tests.parts.rest import deploy_text, start

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
JOBS = 200
#: Seconds for a whole tour; the longest takes ten on a free machine.
PATIENCE_S = 180.0
TOURS = [
    pytest.param(client, dialect, id=f"{client.name.replace(' ', '-')}-on-{dialect}")
    for client in CLIENTS
    for dialect in client.dialects
]


def environment(proxy: RecordingProxy, dialect: str) -> dict[str, str]:
    clean = {name: value for name, value in unmeasured().items() if not name.startswith(("CAMUNDA_", "ZEEBE_"))}
    return clean | {
        "CAMUNDA_REST_ADDRESS": proxy.base_url,
        "CAMUNDA_AUTH_STRATEGY": "NONE",
        "CAMUNDA_TOKEN_URL": f"{proxy.base_url}/token",
        "TOUR_DIALECT": dialect,
    }


def tour(client: Client, proxy: RecordingProxy, dialect: str, command: list[str]) -> dict[str, str]:
    """Run a client's program to its end; return the steps with the error of each, empty for those that succeeded."""
    ended = subprocess.run(
        [*command, str(HERE)], env=environment(proxy, dialect), capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert ended.returncode == 0, f"{client.name} ended with {ended.returncode}: {ended.stderr[-2000:]}"
    return {line["step"]: line.get("error", "") for line in lines}


def application(proxy: RecordingProxy, engine: EngineProcess, dialect: str, command: list[str]) -> None:
    """Run a program that ends by being killed, until all jobs are completed."""
    proxy.on("POST /token", respond(200, {"access_token": "x", "expires_in": 3600}, "application/json"))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment(proxy, dialect), **quiet) as process:
        try:
            engine.wait_for_jobs(JOBS, "COMPLETED", job_type="work", timeout_s=PATIENCE_S / 2)
        finally:
            process.kill()


def excused(found: Iterable[str], excuses: Iterable[Excuse], client: str, dialect: str) -> tuple[list[str], list[str]]:
    """Return what no excuse is for, and the excuses that nothing needs."""
    here = [one for one in excuses if one.holds_for(client, dialect)]
    left = [what for what in found if not any(what.startswith(one.what) for one in here)]
    return left, [one.what for one in here if not any(what.startswith(one.what) for what in found)]


@pytest.mark.timeout(PATIENCE_S + 60)
@pytest.mark.parametrize(("client", "dialect"), TOURS)
def test_a_client_works_all_jobs_and_every_exchange_is_described(client: Client, dialect: str) -> None:
    with needed():
        command = client.command(install=os.environ.get("CI") == "true")
    with EngineProcess(dialect=dialect) as engine, RecordingProxy(engine.base_url) as proxy:
        steps: dict[str, str] = {}
        if client.program == "readme_app.py":
            deploy_text(engine.base_url, "tour.bpmn", (HERE / "tour.bpmn").read_text(encoding="utf-8"))
            for number in range(JOBS):
                start(engine.base_url, "work", {"number": number})
            application(proxy, engine, dialect, command)
        else:
            steps = tour(client, proxy, dialect, command)
        completed = engine.wait_for_jobs(JOBS, "COMPLETED", job_type="work", timeout_s=10)

    failed = {name: error for name, error in steps.items() if error}
    wrong, needless = excused(failed, STEPS, client.name, dialect)
    assert len(completed) == JOBS
    assert {name: failed[name] for name in wrong} == {}
    assert needless == []
    if dialect in PACKAGE:
        found = Counter(what for exchange in proxy.exchanges for what in violations(dialect, exchange))
        wrong, needless = excused(found, EXCHANGES, client.name, dialect)
        assert {what: found[what] for what in wrong} == {}
        assert needless == []
