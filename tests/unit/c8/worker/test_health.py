from __future__ import annotations

from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._health import ClusterWatch


class Gateway:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked = Event()

    def topology(self) -> Answer:
        self.asked.set()
        return Answer(status=200, body=self.body)


@pytest.mark.parametrize(
    "body", [b'{"brokers":["x"]}', b'{"brokers":7}', b'{"brokers":[{"partitions":[1]}]}', b"<html>"]
)
def test_what_is_no_topology_shows_no_leader(body: bytes) -> None:
    """It ended the watch: the worker was said to be as alive as before for good, whatever became of the cluster."""
    gateway: Any = Gateway(body)
    watch = ClusterWatch(gateway)

    looking = gevent.spawn(watch.run)
    assert gateway.asked.wait(5)
    gevent.sleep(0)

    assert watch.leader is False
    watch.stop()
    looking.get(timeout=5)
