"""The clients that are compared: what each is, where it lives, and how its process is started.

A peer is a program in ``_peers/`` that works jobs of one type until it has done enough, and prints what it measured of
itself as JSON in its last line. What it is asked comes as JSON in its first argument (``_peers/_work.py``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _children import run_command
from _environments import java_libraries, npm_folder, virtual_environment

_PROGRAMS = Path(__file__).parent / "_peers"
_JS = ("@camunda8/orchestration-cluster-api", "9.1.5")
_JAVA = ("io.camunda", "camunda-client-java", "8.9.0")


@dataclass(frozen=True)
class Peer:
    """One client, ready to be run."""

    name: str
    program: str
    #: Puts its environment in place and returns the command in front of the program.
    install: Callable[[], list[str]]
    #: What it is a version of, and which.
    version: tuple[str, str] | None = None
    #: Whether it speaks gRPC instead of REST.
    grpc: bool = False

    def run(
        self, asked: Mapping[str, Any], environment: Mapping[str, str] | None = None, *, patience_s: float
    ) -> dict[str, Any]:
        """Return what it measured of itself.

        Raises:
            MissingPeerError: It can't be had here.
            ClientFailedError: It failed or took longer than ``patience_s``.
        """
        command = [*self.install(), str(_PROGRAMS / self.program)]
        return run_command(self.name, command, [json.dumps(asked)], environment=environment, patience_s=patience_s)

    def python(self) -> Path:
        """Return the Python of its environment."""
        return Path(self.install()[0])


def _here() -> list[str]:
    return [sys.executable]


def _python(*packages: str) -> Callable[[], list[str]]:
    return lambda: [str(virtual_environment(*packages))]


def _node() -> list[str]:
    # Modules are found from the folder that has them, wherever the program lies.
    return ["env", f"BENCHMARK_MODULES={npm_folder(*_JS)}", "node"]


def _java() -> list[str]:
    return ["java", "-cp", f"{java_libraries(*_JAVA)}/*"]


PEERS = {
    peer.name: peer
    for peer in (
        Peer("c8-client", "ours.py", _here),
        Peer(
            "pyzeebe", "pyzeebe_worker.py", _python("pyzeebe==4.7.0", "requests"), ("pyzeebe", "4.7.0"), grpc=True
        ),
        Peer(
            "camunda-orchestration-sdk", "sdk.py", _python("camunda-orchestration-sdk==10.0.1", "requests"),
            ("camunda-orchestration-sdk", "10.0.1"),
        ),
        Peer("c8-client 8.7.2", "original.py", _python("c8-client==8.7.2"), ("c8-client", "8.7.2")),
        Peer("Java client", "Worker.java", _java, _JAVA[1:]),
        Peer("JS client", "worker.mjs", _node, _JS),
        Peer("thread pool", "threads.py", _here),
        Peer("bare sockets", "floor.py", _here),
    )
}  # fmt: skip


def versions(names: list[str]) -> dict[str, str]:
    """Return which release each of the peers among these is, where it is not in this very environment."""
    return {name: " ".join(peer.version) for name, peer in PEERS.items() if name in names and peer.version}
