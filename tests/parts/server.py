"""Servers for tests: processes that never outlive this one, free ports for them, and whether they answer yet."""

from __future__ import annotations

import http.client
import json
import random
import socket
from typing import Any

from camunda_client.cli._server_process import ServerProcess, inherited_environment
from tests.parts.need import PartFailedError

__all__ = ["ServerProcess", "free_ports", "inherited_environment", "look"]

#: Ports above 32767 collide with the ephemeral ports of client sockets.
PORTS = range(20000, 32768)
#: Seconds. A server that is starting may accept and think.
LOOK_TIMEOUT_S = 5.0


def free_ports(count: int) -> list[int]:
    """Return that many different loopback ports, free just now and below the ephemeral range."""
    ports: list[int] = []
    for port in random.sample(PORTS, 2000):
        if len(ports) == count:
            return ports
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    raise PartFailedError(f"fewer than {count} of 2000 ports tried from {PORTS.start} to {PORTS.stop - 1} are free")


def look(port: int, path: str) -> tuple[int, Any]:
    """Return status and JSON document of a GET, (0, None) while nothing answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOOK_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, None
