"""A gateway that is put into a state answers as was recorded of a Camunda 8.6.0 in that state."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Gateway
from tests.contract.dialects import OTHER_STATUS, SPOKEN

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "engine-states.json").read_text(encoding="utf-8")
)["faults"]
#: What stands for ``<key>`` in the recordings; one of them has a key that no partition owns.
KEY = "1"


@pytest.fixture
def gateway(dialect: str) -> Iterator[Gateway]:
    with Gateway(dialect=dialect) as running:
        yield running
    assert running.errors == []


@pytest.mark.parametrize("dialect", SPOKEN)
@pytest.mark.parametrize("state", RECORDED)
def test_a_state_is_answered_as_recorded(state: str, dialect: str, gateway: Gateway) -> None:
    recorded = RECORDED[state]
    method, path = recorded["request"].partition(" {")[0].replace("{key}", KEY).split(" ", 1)
    expected = json.loads(json.dumps(recorded["body"]).replace("<key>", KEY))
    status = OTHER_STATUS.get(dialect, {}).get(state, recorded["status"])
    gateway.faults.state(state)

    connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=30)
    connection.request(method, path, "{}", {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()

    assert answer.status == status
    if state in OTHER_STATUS.get(dialect, {}):
        expected |= {"title": "RESOURCE_EXHAUSTED"}
    assert body == {**expected, **({"status": status} if "status" in expected else {})}
    assert {name: answer.getheader(name) for name in recorded["headers"]} == recorded["headers"]
