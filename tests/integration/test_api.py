"""How long a call of the API may take, on servers that answer late or never."""

from __future__ import annotations

import json
import time

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import CreateProcessInstanceRequest
from camunda_client.error import ConnectionFailed
from tests.parts.configured import configured
from tests.parts.raw import Connection, answer, raw_server

#: Milliseconds; a server that is later than that is too late for calls that wait for nothing.
LIMIT = {"timeout": 200}


def late(connection: Connection) -> None:
    """Answer, but later than the limit."""
    connection.gone.wait(0.4)
    connection.send(answer(json.dumps({"processInstanceKey": 7})))


@pytest.mark.slow
@pytest.mark.parametrize("request_timeout", [0, 60_000])
def test_starting_an_instance_takes_no_longer_than_configured(request_timeout: int) -> None:
    """Every creation was given 20 s more than its request timeout, as if its end were awaited."""
    request = CreateProcessInstanceRequest(processDefinitionId="order", requestTimeout=request_timeout)
    with raw_server(Connection.hold) as server, configured(server.base_url, api=LIMIT):
        begun = time.monotonic()
        with pytest.raises(ConnectionFailed) as caught:
            api.create_process_instance(request)
        took_s = time.monotonic() - begun

    assert (caught.value.reason, caught.value.maybe_applied) == ("timeout", True)
    assert took_s < 5


@pytest.mark.slow
def test_waiting_for_an_instances_end_may_take_longer_than_configured() -> None:
    request = CreateProcessInstanceRequest(processDefinitionId="order", awaitCompletion=True)
    with raw_server(late) as server, configured(server.base_url, api=LIMIT):
        assert api.create_process_instance(request).process_instance_key == "7"
