"""Processes with conditional start events are started by request, from 8.9 on."""

from __future__ import annotations

from pathlib import Path

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.parts.rest import call

MODEL = Path(__file__).parents[3] / "models" / "documented" / "conditional_start.bpmn"
PATH = "/v2/conditionals/evaluation"


@pytest.mark.parametrize("dialect", ["8.9", "8.10"])
def test_conditions_are_evaluated_by_request(dialect: str) -> None:
    engine = Engine(dialect=dialect)
    key = engine.deploy(MODEL).processes[0].key

    with Gateway(engine) as gateway:
        status, answer = call(gateway.base_url, "POST", PATH, {"variables": {"amount": 200, "urgent": True}})
        _, none = call(gateway.base_url, "POST", PATH, {"variables": {}, "processDefinitionKey": str(key)})
        refused = [
            call(gateway.base_url, "POST", PATH, body)[0]
            for body in ({}, {"variables": {}, "variable": {}}, {"variables": {}, "processDefinitionKey": "1"})
        ]

    assert status == 200
    assert {one["processDefinitionKey"] for one in answer["processInstances"]} == {str(key)}
    assert [one["processInstanceKey"] for one in answer["processInstances"]] == [
        str(one.process_instance_key) for one in engine.instances
    ]
    assert (answer["tenantId"], none["processInstances"]) == ("<default>", [])
    assert refused == [400, 400, 404]


def test_releases_before_8_9_have_no_such_request() -> None:
    with Gateway(Engine(dialect="8.8")) as gateway:
        status, _ = call(gateway.base_url, "POST", PATH, {"variables": {}})

    assert status == 404
