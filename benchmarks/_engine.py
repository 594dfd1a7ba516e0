"""A real Camunda with work waiting in it, and its own count of what was done."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from camunda_client.testing.real_camunda import RealCamunda

_BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="{name}" isExecutable="true">
    <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="work"/>
    <bpmn:serviceTask id="work">
      <bpmn:extensionElements><zeebe:taskDefinition type="{name}"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="e"/><bpmn:endEvent id="e"/>
  </bpmn:process>
</bpmn:definitions>"""
_BOUNDARY = "c8-client-benchmark"
#: About a kilobyte.
VARIABLES = {
    "orderId": "A-2026-004711",
    "customer": {"id": 88213, "name": "Ada Lovelace", "vip": True},
    "items": [{"sku": f"X-{number}", "count": number, "price": 19.99} for number in range(12)],
    "note": "n" * 450,
}


class Engine:
    """One Camunda 8.6.0 for all measurements of a run."""

    def __init__(self, camunda: RealCamunda, grpc_port: int) -> None:
        self.url = camunda.base_url
        self.grpc = f"127.0.0.1:{grpc_port}"
        self.pid = camunda.pid
        self._management_url = camunda.management_url
        self._numbers = count(1)

    def deploy(self) -> str:
        """Deploy a process of one service task and return its name, which is its job type too."""
        name = f"bench-{next(self._numbers)}"
        part = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="resources"; filename="{name}.bpmn"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n{_BPMN.format(name=name)}\r\n--{_BOUNDARY}--\r\n"
        )
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        self.request("POST", "/v2/deployments", part.encode(), kind)
        return name

    def start(self, name: str, number: int) -> None:
        """Start instances, whose jobs then wait for a worker."""
        body = json.dumps({"processDefinitionId": name, "variables": VARIABLES}).encode()

        def some(share: int) -> None:
            connection = self.connection()
            for _ in range(share):
                self.on(connection, "POST", "/v2/process-instances", body)
            connection.close()

        ways = 8
        with ThreadPoolExecutor(ways) as pool:
            list(pool.map(some, [number // ways + (way < number % ways) for way in range(ways)]))

    def completed(self, name: str) -> int:
        """Return how many jobs of a type the engine says are completed."""
        with urllib.request.urlopen(f"{self._management_url}/actuator/prometheus", timeout=30) as answer:
            text = answer.read().decode()
        wanted = [
            line
            for line in text.splitlines()
            if line.startswith("zeebe_job_events_total{") and f'type="{name}"' in line and 'action="completed"' in line
        ]
        return sum(int(float(line.rpartition(" ")[2])) for line in wanted)

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection for :meth:`on`."""
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def on(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> Any:
        """Return a request's answer; again after a refusal for load, as that says nothing was done."""
        for _ in range(200):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status < 400:
                return json.loads(text) if text else None
            if answer.status not in (429, 503):
                break
        raise RuntimeError(f"{method} {path} was answered with {answer.status}: {text[:500]!r}")

    def request(self, method: str, path: str, body: bytes, kind: str = "application/json") -> Any:
        """Return the answer of one request on a connection of its own."""
        asked = urllib.request.Request(self.url + path, body, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def engine(heap_mb: int = 512) -> Iterator[Engine]:
    """Run an engine; its gRPC port is chosen here, because peers need it."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"ZEEBE_BROKER_GATEWAY_NETWORK_PORT": str(port)}
    with RealCamunda(heap_mb=heap_mb, environment=settings) as camunda:
        yield Engine(camunda, port)
