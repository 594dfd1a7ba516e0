"""The stub server for clients that speak gRPC: ActivateJobs, CompleteJob and Topology, with jobs without end.

It runs in pyzeebe's virtual environment, since the messages are those that pyzeebe (MIT) brings with it and the server
is grpcio's (Apache-2.0): nothing of either is kept here. Answers are put together from bytes made once, so that the
server costs less than the client that it serves.

Prints its port; a line on its standard input is answered with its counters, and it ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
from pyzeebe.proto import gateway_pb2 as messages

_SERVICE = "gateway_protocol.Gateway"
#: Most jobs in one answer, as the stub over REST has it.
_BATCH_LIMIT = 1000


class _World:
    """The jobs, and what was done with them."""

    def __init__(self, variables_bytes: int) -> None:
        self.count: Counter[str] = Counter()
        self._key = 2251799813685249
        order = {
            "orderId": "A-2026-004711", "total": 1289.95, "currency": "EUR",
            "customer": {"id": 88213, "name": "Ada Lovelace", "vip": True},
            "items": [{"sku": "X-1", "count": 2, "price": 19.99}, {"sku": "X-2", "count": 1, "price": 49.5}],
            "note": "",
        }  # fmt: skip
        order["note"] = "n" * max(0, variables_bytes - len(json.dumps(order)))
        # Without its key: fields of a message may come in any order, so the key's bytes are put in front.
        self._job = messages.ActivatedJob(
            type="charge-card", processInstanceKey=self._key - 7, bpmnProcessId="order", processDefinitionVersion=3,
            processDefinitionKey=self._key + 1, elementId="charge", elementInstanceKey=self._key - 3,
            customHeaders='{"queue":"cards","priority":"5"}', worker="benchmark", retries=3, deadline=1795424400000,
            variables=json.dumps(order), tenantId="<default>",
        ).SerializeToString()  # fmt: skip

    def topology(self) -> bytes:
        partition = messages.Partition(partitionId=1, role=messages.Partition.LEADER, health=messages.Partition.HEALTHY)
        broker = messages.BrokerInfo(nodeId=0, host="127.0.0.1", port=26501, version="8.8.0", partitions=[partition])
        about = {"clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1, "gatewayVersion": "8.8.0"}
        return messages.TopologyResponse(brokers=[broker], **about).SerializeToString()

    def jobs(self, wanted: int) -> bytes:
        """Return an ActivateJobsResponse: field 1, repeated, each with its size in front."""
        number = min(wanted, _BATCH_LIMIT)
        self.count["polls"] += 1
        self.count["activated"] += number
        parts = []
        for _ in range(number):
            self._key += 11
            job = b"\x08" + _varint(self._key) + self._job
            parts += (b"\x0a", _varint(len(job)), job)
        return b"".join(parts)


class _Gateway(grpc.GenericRpcHandler):
    def __init__(self, world: _World) -> None:
        async def activate(request: Any, _: Any) -> AsyncIterator[bytes]:
            yield world.jobs(request.maxJobsToActivate)

        async def complete(*_: Any) -> bytes:
            world.count["completed"] += 1
            return b""

        async def fail(*_: Any) -> bytes:
            world.count["failed"] += 1
            return b""

        async def topology(*_: Any) -> bytes:
            return world.topology()

        read = messages.ActivateJobsRequest.FromString
        self._methods = {
            f"/{_SERVICE}/ActivateJobs": grpc.unary_stream_rpc_method_handler(activate, request_deserializer=read),
            f"/{_SERVICE}/CompleteJob": grpc.unary_unary_rpc_method_handler(complete),
            f"/{_SERVICE}/FailJob": grpc.unary_unary_rpc_method_handler(fail),
            f"/{_SERVICE}/Topology": grpc.unary_unary_rpc_method_handler(topology),
        }

    def service(self, call: Any) -> Any:
        """Return a method's handler; of all others the client hears that they are unimplemented."""
        return self._methods.get(call.method)


def _varint(number: int) -> bytes:
    """Return protobuf's encoding of a number that is not negative: seven bits a byte, the least first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


async def _serve(variables_bytes: int) -> None:
    world = _World(variables_bytes)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Gateway(world),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        use = resource.getrusage(resource.RUSAGE_SELF)
        names = ("activated", "completed", "failed", "polls")
        counted = {name: world.count[name] for name in names}
        print(json.dumps({**counted, "cpu_s": use.ru_utime + use.ru_stime}), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
