"""Area A: whether a cluster has a leader is one rule, however a version writes the role; everybody asks by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.c8.worker import health
from tests.parts import proxy as broken
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import until, working


def written(role: str) -> broken.Fault:
    """Let the topology write the leader's role in another way."""

    def change(topology: dict[str, Any]) -> dict[str, Any]:
        for broker in topology["brokers"]:
            for partition in broker["partitions"]:
                partition["role"] = role
        return topology

    return broken.garble(change)


def told_by(command: str, url: str, folder: Path) -> tuple[int, str]:
    """Return the exit code and the words of ``camunda-client`` doctor or topology."""
    environment = {**os.environ, "CAMUNDA_REST_ADDRESS": url, "CAMUNDA_AUTH_STRATEGY": "NONE"}
    done = subprocess.run(
        [sys.executable, "-m", "camunda_client", command],
        env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.fault(227)
@pytest.mark.parametrize(
    ("role", "leads"), [("LEADER", True), ("Leader", True), ("follower", False), ("LEADERLESS", False)]
)
def test_all_who_ask_for_a_leader_find_the_same(
    scene: Scene, proxy: FaultProxy, tmp_path: Path, role: str, leads: bool
) -> None:
    """Five copies of the rule, one of them with an eye for capitals: the API saw no leader where all others did."""
    proxy.on("GET .*/topology", written(role))

    with working(proxy.base_url, {scene.job_type: lambda job: None}):
        until(lambda: health().leader is not None, "the cluster was looked at")
        until(lambda: health().types[0].alive, "its polls are answered")
        found = health().leader, health().alive, api.get_cluster_topology().has_leader
    doctor, topology = (told_by(command, proxy.base_url, tmp_path) for command in ("doctor", "topology"))

    assert found == (leads, leads, leads)
    assert topology[0] == (0 if leads else 1)
    assert f"{int(leads)} of 1 partitions have a leader" in doctor[1]
    assert (doctor[0] == 0) is leads, doctor[1]
