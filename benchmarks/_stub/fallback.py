"""The stub server in Python, for machines without a C compiler: the same endpoints, ten times slower."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sys
from collections import Counter
from typing import Any

import httptools

_TOPOLOGY = {
    "brokers": [
        {"nodeId": 0, "host": "127.0.0.1", "port": 26501, "version": "8.8.0",
         "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy"}]}
    ],
    "clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1, "gatewayVersion": "8.8.0",
}  # fmt: skip

#: What 8.8 and 8.10 say of a job beside what 8.6 does.
_NEWER = {"kind": "BPMN_ELEMENT", "listenerEventType": "UNSPECIFIED", "tags": []}
_NEWEST = {
    "userTask": None, "rootProcessInstanceKey": None, "physicalTenantId": "default", "businessId": None, "priority": 0,
}  # fmt: skip


class _World:
    """What all connections share."""

    def __init__(self, jobs: int = -1, size: int = 1024, delay_us: int = 0, shape: int = 88, limit: int = 0) -> None:
        self.left, self.delay_s, self.shape, self.limit = jobs, delay_us / 1e6, shape, limit
        #: Parked polls.
        self.waiting = 0
        self.count: Counter[str] = Counter()
        self.key = 2251799813685249
        self.refilled = asyncio.Event()
        order = {"orderId": "A-2026-004711", "total": 1289.95, "items": [{"sku": "X-1", "count": 2}], "note": ""}
        order["note"] = "n" * max(0, size - len(json.dumps(order)))
        self.variables = order

    def jobs(self, wanted: int) -> bytes:
        number = min(wanted, 1000) if self.left < 0 else min(wanted, 1000, self.left)
        if self.left > 0:
            self.left -= number
        self.count["polls"] += 1
        self.count["activated"] += number
        self.count["empty_polls"] += not number
        return json.dumps({"jobs": [self._job() for _ in range(number)]}).encode()

    def _job(self) -> dict[str, Any]:
        self.key += 11
        as_wire = str if self.shape >= 87 else int
        return {
            "jobKey" if self.shape >= 87 else "key": as_wire(self.key),
            "type": "charge-card", "processInstanceKey": as_wire(self.key - 7), "processDefinitionId": "order",
            "processDefinitionVersion": 3, "processDefinitionKey": as_wire(2251799813685250), "elementId": "charge",
            "elementInstanceKey": as_wire(self.key - 3), "customHeaders": {"queue": "cards"}, "worker": "benchmark",
            "retries": 3, "deadline": 1795424400000, "variables": self.variables, "tenantId": "<default>",
            **(_NEWER if self.shape >= 87 else {}), **(_NEWEST if self.shape >= 810 else {}),
        }  # fmt: skip


class _Connection(asyncio.Protocol):
    def __init__(self, world: _World) -> None:
        self._world = world
        self._served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._world.count["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        asyncio.ensure_future(self._handle(self._path.decode(), self._body))  # noqa: RUF006 (ends with its connection)

    async def _handle(self, path: str, body: bytes) -> None:
        world = self._world
        world.count["requests"] += 1
        if not path.startswith("/stub/") and world.delay_s:
            await asyncio.sleep(world.delay_s)
        if path.endswith("/activation"):
            asked = json.loads(body)
            if not world.left and asked.get("requestTimeout", 10000) > 0:
                world.waiting += 1
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(world.refilled.wait(), asked.get("requestTimeout", 10000) / 1000)
                world.waiting -= 1
            self._reply(200, world.jobs(asked["maxJobsToActivate"]))
        elif path == "/stub/stats":
            use = resource.getrusage(resource.RUSAGE_SELF)
            names = ("activated", "completed", "failed", "thrown", "extended", "polls", "empty_polls", "connections")
            told = {name: world.count[name] for name in (*names, "requests")}
            self._reply(
                200, json.dumps({**told, "waiting": world.waiting, "cpu_s": use.ru_utime + use.ru_stime}).encode()
            )
        elif path.startswith("/stub/jobs/"):
            world.left = int(path.rpartition("/")[2])
            world.count.clear()
            world.refilled.set()
            world.refilled = asyncio.Event()
            self._reply(204)
        elif path.startswith("/stub/sleep/"):
            await asyncio.sleep(int(path.rpartition("/")[2]) / 1000)
            self._reply(200, b"{}")
        elif path == "/stub/token":
            self._reply(200, b'{"access_token":"unchecked","token_type":"Bearer","expires_in":3600}')
        elif path.endswith("/topology"):
            self._reply(200, json.dumps(_TOPOLOGY).encode())
        else:
            ends = {"completion": "completed", "failure": "failed", "error": "thrown"}
            world.count[ends.get(path.rpartition("/")[2], "extended")] += 1
            self._reply(204)

    def _reply(self, status: int, body: bytes = b"") -> None:
        self._served += 1
        last = bool(self._world.limit) and self._served >= self._world.limit
        head = f"HTTP/1.1 {status} X\r\n" + ("Connection: close\r\n" if last else "")
        if status != 204:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._transport.write(head.encode() + b"\r\n" + body)
        if last:
            self._transport.close()


async def _serve(options: list[int]) -> None:
    world = _World(*options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(world), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)  # ends with our parent


if __name__ == "__main__":
    asyncio.run(_serve([int(option) for option in sys.argv[1:]]))
