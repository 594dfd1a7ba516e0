"""The application of the original README, unchanged, against a Camunda that checks the tokens of a real Keycloak."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from camunda_client.testing.real_camunda import RealCamunda
from tests.parts import rest
from tests.parts.keycloak import Keycloak
from tests.parts.programs import Program
from tests.parts.work import start_many

APP = Path(__file__).with_name("seed_app.py")
JOB_TYPE = "a-camunda-job-type"
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="seed" targetNamespace="tests">
  <bpmn:process id="seed-app" isExecutable="true">
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:serviceTask id="work"><bpmn:extensionElements>
      <zeebe:taskDefinition type="a-camunda-job-type" retries="3"/>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_readme_application_works_300_jobs_and_stops_cleanly(
    secured_camunda: RealCamunda, keycloak: Keycloak, tmp_path: Path, number: signal.Signals
) -> None:
    token = keycloak.token()
    rest.deploy_text(secured_camunda.base_url, "seed-app.bpmn", PROCESS, token=token)
    environment = {
        "CAMUNDA_CLIENT_ID": keycloak.client_id,
        "CAMUNDA_CLIENT_SECRET": keycloak.client_secret,
        "CAMUNDA_TOKEN_URL": keycloak.token_url,
        "CAMUNDA_API_BASE_URL": secured_camunda.base_url,
    }
    # The second of these tests finds what the first has left in the engine's records.
    before = {
        record["key"] for record in secured_camunda.records("JOB", "COMPLETED") if record["value"]["type"] == JOB_TYPE
    }

    with Program(APP, environment=environment, cwd=tmp_path) as app:
        keys = start_many(secured_camunda.base_url, "seed-app", 300, token)
        completed = secured_camunda.wait_for_records(
            len(before) + 300, "JOB", "COMPLETED", of=lambda value: value["type"] == JOB_TYPE, timeout_s=90
        )
        # In the middle of more work, so that there is something to hand back.
        start_many(secured_camunda.base_url, "seed-app", 20, token)
        app.send(number)
        code = app.end()

    assert code == 0, app.output[-3000:]
    ours = [record for record in completed if record["key"] not in before]
    assert {record["value"]["processInstanceKey"] for record in ours} >= set(keys)
    assert all(record["value"]["variables"] == {"output": "some output for the next task"} for record in ours)
    assert keycloak.client_secret not in app.output
    assert token not in app.output
    # Whatever is left is not locked: it is there for whoever asks.
    done = {record["value"]["processInstanceKey"] for record in secured_camunda.records("JOB", "COMPLETED")}
    created = {
        record["value"]["processInstanceKey"]
        for record in secured_camunda.records("JOB", "CREATED")
        if record["value"]["type"] == JOB_TYPE
    }
    left = rest.activate(secured_camunda.base_url, JOB_TYPE, count=50, wait_s=1, token=token)
    assert len(left) == len(created - done)
    for job in left:
        key = job["key"]
        assert rest.call(secured_camunda.base_url, "POST", f"/v2/jobs/{key}/completion", {}, token=token)[0] == 204


def test_the_readme_application_ends_at_once_when_its_settings_are_missing(tmp_path: Path) -> None:
    with Program(APP, cwd=tmp_path) as app:
        assert app.end() == 1

    assert "camunda_client.error.ConfigurationError" in app.output
    assert "auth.selfManaged.clientId is None" in app.output
