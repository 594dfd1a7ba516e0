"""The Camunda that a benchmark runs against, with work waiting in it, and its own count of what was done.

By default that is the embedded engine in a process of its own. ``--camunda URL`` names another one, whoever runs it;
how to authenticate there comes from the environment, as for every program that uses this package.
"""

from __future__ import annotations

import argparse
import http.client
import ipaddress
import json
import os
import re
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from _children import own_environment

from camunda_client.c8.auth import get_c8_api_headers
from camunda_client.config import initialize_config
from camunda_client.error import ConfigurationError, ServiceException

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
#: Shape of the embedded engine's answers: clients older and newer than 8.8 read this one.
_DIALECT = "8.8"
#: Seconds that a Camunda's search may lag behind its engine.
_LAG_S = 15.0
#: About a kilobyte.
VARIABLES = {
    "orderId": "A-2026-004711",
    "customer": {"id": 88213, "name": "Ada Lovelace", "vip": True},
    "items": [{"sku": f"X-{number}", "count": number, "price": 19.99} for number in range(12)],
    "note": "n" * 450,
}


class Server:
    """One Camunda for all measurements of a run."""

    def __init__(self, url: str, grpc: str | None, kind: str, counted: Callable[[str], int | None] | None) -> None:
        """Prepare requests, with the authentication that the environment asks for.

        Args:
            url: Base address, with or without a slash or ``/v2`` at its end.
            grpc: ``host:port`` for clients that speak gRPC; they are left out without it.
            kind: ``embedded``, or ``given`` for one at ``--camunda``: its owner knows what it is.
            counted: Returns how many instances of a process have completed; the server's search is asked without it.
        """
        self.url = url.rstrip("/").removesuffix("/v2")
        self.grpc = grpc
        self.kind = kind
        self._place = urlsplit(self.url)
        self._counted = counted or self._searched
        initialize_config({"api": {"baseUrl": self.url}})
        # Processes at somebody's Camunda outlive this run, and the next one must not meet them.
        self._run = uuid.uuid4().hex[:8]
        self._numbers = count(1)
        self.version = str(self.request("GET", "/v2/topology").get("gatewayVersion"))

    def describe(self) -> dict[str, str]:
        """Return what results say of it. Whose machine it is on, they don't say unless it is this one."""
        address = {"address": self.url} if loopback(self._place.hostname or "") else {}
        return {"kind": self.kind, "version": self.version, **address}

    @property
    def label(self) -> str:
        """What result files on it are named after."""
        return "embedded" if self.kind == "embedded" else re.sub(r"[^\w.-]", "_", self.version)

    def environment(self) -> dict[str, str]:
        """Return the environment of clients: this one, with the address and what raw clients send as authorization."""
        authorization = get_c8_api_headers().get("Authorization", "")
        return {**os.environ, "CAMUNDA_REST_ADDRESS": self.url, "BENCHMARK_AUTHORIZATION": authorization}

    def deploy(self) -> str:
        """Deploy a process of one service task and return its name, which is its job type too."""
        name = f"bench-{self._run}-{next(self._numbers)}"
        part = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="resources"; filename="{name}.bpmn"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n{_BPMN.format(name=name)}\r\n--{_BOUNDARY}--\r\n"
        )
        self.request("POST", "/v2/deployments", part.encode(), f"multipart/form-data; boundary={_BOUNDARY}")
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

    def completed(self, name: str, expected: int) -> int | None:
        """Return how many jobs of a type the engine says are completed; ``None`` if it can't be asked."""
        end_s = time.monotonic() + _LAG_S
        while (found := self._counted(name)) is not None and found < expected and time.monotonic() < end_s:
            if self.kind == "embedded":
                break  # it counts what is, and nothing lags
            time.sleep(0.5)
        return found

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection for :meth:`on`."""
        if self._place.scheme == "https":
            return http.client.HTTPSConnection(self._place.netloc, timeout=60, context=ssl.create_default_context())
        return http.client.HTTPConnection(self._place.netloc, timeout=60)

    def on(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> Any:
        """Return a request's answer; sent again after a refusal for load, which says that nothing was done.

        Raises:
            RefusedError: It was answered with anything else but success.
        """
        for _ in range(200):
            headers = {**get_c8_api_headers(), "Content-Type": kind, "Accept": "application/json"}
            connection.request(method, self._place.path + path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status < 400:
                return json.loads(text) if text else None
            if answer.status not in (429, 503):
                break
            time.sleep(0.05)
        raise RefusedError(f"{method} {path} was answered with {answer.status}: {text[:500]!r}")

    def request(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """Return the answer of one request on a connection of its own."""
        connection = self.connection()
        try:
            return self.on(connection, method, path, body, kind)
        finally:
            connection.close()

    def _searched(self, name: str) -> int | None:
        asked = {"filter": {"type": name, "state": "COMPLETED"}, "page": {"limit": 1}}
        try:
            found = self.request("POST", "/v2/jobs/search", json.dumps(asked).encode())
            return int(found["page"]["totalItems"])
        except (RefusedError, LookupError, TypeError, ValueError):
            return None  # before 8.8 there is no such search


class RefusedError(RuntimeError):
    """The server refused a request of the benchmark's own; the text has its answer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the command line say which Camunda."""
    parser.add_argument(
        "--camunda",
        metavar="URL",
        help="run against this Camunda (authentication as usual, by CAMUNDA_* in the environment) instead of the "
        "embedded engine; it keeps the processes deployed there",
    )
    parser.add_argument("--grpc", type=_host_and_port, metavar="HOST:PORT", help="its gRPC address, for pyzeebe")


@contextmanager
def server(url: str | None, grpc: str | None) -> Iterator[Server]:
    """Yield the Camunda at ``url``, or an embedded engine that lives as long as the block."""
    if url is not None:
        yield _given(url, grpc)
        return
    if grpc is not None:
        raise SystemExit("--grpc belongs to --camunda: the embedded engine speaks no gRPC")
    cleaned = own_environment()
    os.environ.clear()
    os.environ.update(cleaned)
    command = [sys.executable, str(Path(__file__).parent / "_embedded.py"), _DIALECT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        if not said.startswith("http"):
            raise RuntimeError(f"the embedded engine did not start: it said {said!r}, its own error is above")

        def counted(name: str) -> int:
            print(name, file=process.stdin, flush=True)
            assert process.stdout is not None
            return int(process.stdout.readline())

        try:
            yield Server(said, None, "embedded", counted)
        finally:
            process.kill()


def _given(url: str, grpc: str | None) -> Server:
    try:
        return Server(url, grpc, "given", None)
    except (ConfigurationError, ServiceException, RefusedError, OSError, http.client.HTTPException) as error:
        raise SystemExit(
            f"can't use the Camunda at --camunda: {error}\nCheck the address, and CAMUNDA_* in the environment"
        ) from error


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or "/" in text or not port.isdigit():
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, such as 127.0.0.1:26500, got {text!r}")
    return text


def loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
