"""The application of the original README, unchanged, against a Camunda that checks the tokens of a real Keycloak."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.keycloak import Keycloak
from tests.parts.programs import Program
from tests.parts.secured import SecuredCamunda
from tests.parts.work import start_many

APP = Path(__file__).with_name("seed_app.py")
JOB_TYPE = "a-camunda-job-type"
#: The second task's jobs are the test's: each stands for one that the application has completed.
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="seed" targetNamespace="tests">
  <bpmn:process id="seed-app-RUN" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:serviceTask id="work"><bpmn:extensionElements>
      <zeebe:taskDefinition type="a-camunda-job-type" retries="3"/>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="witness"/>
    <bpmn:serviceTask id="witness"><bpmn:extensionElements>
      <zeebe:taskDefinition type="witness-RUN"/>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="witness" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_readme_application_works_300_jobs_and_stops_cleanly(
    secured_camunda: SecuredCamunda, keycloak: Keycloak, tmp_path: Path, number: signal.Signals
) -> None:
    token, run, base_url = keycloak.token(), rest.unique(), secured_camunda.base_url
    rest.deploy_text(base_url, f"{run}.bpmn", PROCESS.replace("RUN", run), token=token)
    environment = {
        "CAMUNDA_CLIENT_ID": keycloak.client_id,
        "CAMUNDA_CLIENT_SECRET": keycloak.client_secret,
        "CAMUNDA_TOKEN_URL": keycloak.token_url,
        "CAMUNDA_API_BASE_URL": base_url,
    }

    with Program(APP, environment=environment, cwd=tmp_path) as app:
        keys = start_many(base_url, f"seed-app-{run}", 300, token)
        completed = _taken(base_url, f"witness-{run}", 300, token)
        # In the middle of more work, so that there is something to hand back.
        more = start_many(base_url, f"seed-app-{run}", 20, token)
        app.send(number)
        code = app.end()

    assert code == 0, app.output[-3000:]
    assert _instances(completed) == sorted(keys)
    assert {job["variables"].pop("number") for job in completed} == set(range(300))
    assert all(job["variables"] == {"output": "some output for the next task"} for job in completed)
    assert keycloak.client_secret not in app.output
    assert token not in app.output
    # Whatever is left is not locked: it is there for the next poll.
    done = rest.activate(base_url, f"witness-{run}", count=50, wait_s=-0.001, token=token)
    left = rest.activate(base_url, JOB_TYPE, count=50, wait_s=-0.001, token=token)
    assert _instances([*done, *left]) == sorted(more)
    for job in left:
        key = job["key"]
        assert rest.call(base_url, "POST", f"/v2/jobs/{key}/completion", {}, token=token)[0] == 204


def _taken(base_url: str, job_type: str, count: int, token: str) -> list[dict[str, Any]]:
    """Take that many jobs of a type, however many polls it needs."""
    taken: list[dict[str, Any]] = []
    while len(taken) < count:
        jobs = rest.activate(base_url, job_type, count=count, lease_s=3600, wait_s=20, token=token)
        assert jobs, f"{len(taken)} of {count} jobs of {job_type} came, and no other for 20 s"
        taken += jobs
    return taken


def _instances(jobs: Iterable[dict[str, Any]]) -> list[int]:
    return sorted(job["processInstanceKey"] for job in jobs)


def test_the_readme_application_ends_at_once_when_its_settings_are_missing(tmp_path: Path) -> None:
    with Program(APP, cwd=tmp_path) as app:
        assert app.end() == 1

    assert "camunda_client.error.ConfigurationError" in app.output
    assert "auth.selfManaged.clientId is None" in app.output
