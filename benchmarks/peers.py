"""How many jobs a second, at what CPU, do Camunda's clients work on one and the same real engine?

Peers: this package; pyzeebe (gRPC); Camunda's own Python SDK; c8-client 8.7.2, which this package replaces; a thread
pool with ``requests``; Camunda's Java client (gRPC). Each lives in an environment of its own with its newest release
that installs, and is configured as well as its documentation allows: as many threads as jobs in flight. No peer, but a
limit: "bare sockets", the least that a Python process can do over REST (dicts, no log, nothing that may go wrong).
Workloads: nothing to do, 50 ms blocking, one blocking HTTP call of 100 ms, 1 s with 1,000 in flight, 5 ms of CPU.
All jobs wait in the engine (Camunda 8.6.0 on this machine) when a peer starts; the clock runs from its first handler's
start to its last one's end, and afterwards the engine itself is asked how many it completed. Peers take turns.
A peer that can't do it is shown with its error. The engine shares the machine, so a client's CPU takes jobs per second
from the engine, and the JVM's compiling is part of the Java client's CPU in runs as short as these.
Not measured: a cluster elsewhere, TLS, authentication.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import _report
from _children import ClientFailedError, in_turn, run_command, spread
from _engine import Engine, engine
from _stub import Stub

_HERE = Path(__file__).parent / "_peers"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "c8-client" / "peers"
#: Name: program, what pip installs beside it. Ours runs in this very environment, and so does the limit.
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "c8-client": ("ours.py", ()),
    "pyzeebe": ("pyzeebe_worker.py", ("pyzeebe", "requests")),
    "camunda-orchestration-sdk": ("sdk.py", ("camunda-orchestration-sdk", "requests")),
    "camunda-orchestration-sdk 1.1.3": ("sdk.py", ("camunda-orchestration-sdk==1.1.3", "requests")),
    "c8-client 8.7.2": ("original.py", ("c8-client==8.7.2",)),
    "thread pool": ("threads.py", ("requests",)),
    "Java client": ("Worker.java", ()),
    "bare sockets": ("floor.py", ()),
}
#: Name: in flight, jobs.
WORKLOADS = {
    "noop": (100, 2000),
    "blocking_50_ms": (100, 1500),
    "http_100_ms": (100, 1000),
    "blocking_1_s": (1000, 2000),
    "cpu_5_ms": (100, 500),
}
JAVA_CLIENT = "8.6.0"
#: Seconds for one measurement, the engine's slowest included.
PATIENCE_S = 60.0


class Peer:
    """One client in its environment."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._program, self._packages = PEERS[name]
        self.versions: dict[str, str] = {}
        self._command: list[str] = []

    def prepare(self) -> None:
        """Install it, once.

        Raises:
            ClientFailedError: It could not be installed.
        """
        try:
            if self._program.endswith(".java"):
                self._command = _java(self.versions)
            elif self._packages:
                self._command = [_environment(self.name, self._packages, self.versions)]
            else:
                self._command = [sys.executable]
        except (OSError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", b"") or b""
            raise ClientFailedError(f"{self.name} can't be installed: {error} {told.decode()[-500:]}") from error

    def measure(self, on: Engine, stub: Stub, workload: str, in_flight: int, jobs: int) -> dict[str, Any]:
        """Return one repeat, or ``{"failed": why}``."""
        job_type = on.deploy()
        on.start(job_type, jobs)
        asked = {
            "rest": on.url, "grpc": on.grpc, "stub": stub.url,
            "job_type": job_type, "in_flight": in_flight, "jobs": jobs, "workload": workload,
        }  # fmt: skip
        try:
            result = run_command(
                self.name, [*self._command, str(_HERE / self._program)], _arguments(self._program, asked),
                patience_s=PATIENCE_S,
            )  # fmt: skip
        except ClientFailedError as error:
            return {"failed": str(error)[-600:], "completed": on.completed(job_type)}
        result["completed"] = on.completed(job_type)
        return result


def _arguments(program: str, asked: dict[str, Any]) -> list[str]:
    if program.endswith(".java"):
        return [str(asked[name]) for name in ("grpc", "job_type", "in_flight", "jobs", "workload", "stub")]
    return [json.dumps(asked)]


def _environment(name: str, packages: tuple[str, ...], versions: dict[str, str]) -> str:
    home = _CACHE / name.replace(" ", "-")
    python = home / "bin" / "python"
    done = home / "installed"
    if not done.exists():
        print(f"installing {', '.join(packages)} into {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True, capture_output=True)
        done.touch()
    listed = subprocess.run([str(python), "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True)
    pairs = dict(line.split("==", 1) for line in listed.stdout.decode().splitlines() if "==" in line)
    versions.update({package: pairs.get(package, "?") for package in (one.partition("==")[0] for one in packages)})
    return str(python)


def _java(versions: dict[str, str]) -> list[str]:
    home = _CACHE / f"java-{JAVA_CLIENT}"
    if not (home / "installed").exists():
        maven = shutil.which("mvn")
        if maven is None:
            raise FileNotFoundError("mvn is missing; install Maven")
        home.mkdir(parents=True, exist_ok=True)
        (home / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies><dependency>"
            f"<groupId>io.camunda</groupId><artifactId>zeebe-client-java</artifactId><version>{JAVA_CLIENT}</version>"
            "</dependency></dependencies></project>"
        )
        subprocess.run(
            [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"],
            cwd=home, check=True, capture_output=True,
        )  # fmt: skip
        (home / "installed").touch()
    java = shutil.which("java")
    if java is None:
        raise FileNotFoundError("java is missing; install a JDK 17 or newer")
    versions["zeebe-client-java"] = JAVA_CLIENT
    return [java, "-cp", f"{home / 'lib'}/*"]


def run(on: Engine, stub: Stub, peers: list[Peer], workloads: list[str], repeats: int, scale: float) -> list[Any]:
    """Return one entry per workload and peer."""
    found = []
    failed: dict[str, dict[str, Any]] = {}
    for workload in workloads:
        in_flight, jobs = WORKLOADS[workload]
        jobs = max(int(jobs * scale), in_flight // 2)
        print(f"{workload}, {in_flight} in flight, {jobs} jobs")
        # One that failed is not asked again, nor with other workloads if it did not work a single job.
        failed = {name: result for name, result in failed.items() if not result["completed"]}

        measurements: dict[str, Callable[[], dict[str, Any]]] = {
            peer.name: partial(_measure, failed, peer, on, stub, workload, in_flight, jobs) for peer in peers
        }
        entries = [_entry(workload, name, results) for name, results in in_turn(measurements, repeats).items()]
        _report.table(
            ["", "jobs/s", "least", "most", "CPU ms/job", "completed"],
            [
                [one["peer"], *[one["jobs_per_s"][key] for key in ("median", "least", "most")],
                 one["cpu_ms"]["median"], one["completed"]]
                if "failed" not in one
                else [one["peer"], "-", "-", "-", "-", one["completed"]]
                for one in entries
            ],
        )  # fmt: skip
        for one in entries:
            if "failed" in one:
                print(f"  {one['peer']} failed: {one['failed'].splitlines()[-1][:200] if one['failed'] else ''}")
        found += entries
    return found


def _measure(failed: dict[str, dict[str, Any]], peer: Peer, *about: Any) -> dict[str, Any]:
    result = failed.get(peer.name) or peer.measure(*about)
    if "failed" in result:
        failed[peer.name] = result
    return result


def _entry(workload: str, name: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    completed = min(one["completed"] for one in results)
    entry: dict[str, Any] = {"workload": workload, "peer": name, "completed": completed}
    failed = [one["failed"] for one in results if "failed" in one]
    if failed:
        return {**entry, "failed": failed[0]}
    return {
        **entry,
        "jobs": results[0]["jobs"],
        "jobs_per_s": spread([one["jobs_per_s"] for one in results]),
        "cpu_ms": spread([one["cpu_ms"] for one in results]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Clients for Camunda on one real engine")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    parser.add_argument("--dry", action="store_true", help="write no results")
    asked = parser.parse_args()
    where = _report.environment()
    peers, results = [], []
    for name in asked.peers:
        peer = Peer(name)
        try:
            peer.prepare()
            peers.append(peer)
        except ClientFailedError as error:
            print(error, file=sys.stderr)
            results += [{"workload": one, "peer": name, "failed": str(error)} for one in asked.workloads]
    with Stub() as stub, engine() as on:
        # The engine's own code gets compiled by its first thousands of jobs; nobody's measurement should pay for that.
        started_s = time.monotonic()
        warm = Peer("c8-client")
        warm.prepare()
        warm.measure(on, stub, "noop", 100, int(1500 * min(asked.scale, 1)) or 100)
        print(f"engine warm after {time.monotonic() - started_s:.0f} s")
        results += run(on, stub, peers, asked.workloads, asked.repeats, asked.scale)
    if asked.dry:
        return
    where["peers"] = {peer.name: peer.versions for peer in peers}
    _report.save("peers", __doc__.partition("\n")[0], results, where=where)
    panels: dict[str, dict[str, dict[str, float]]] = {"jobs per second": {}, "CPU per job (ms)": {}}
    for one in results:
        if "failed" not in one:
            panels["jobs per second"].setdefault(one["workload"], {})[one["peer"]] = one["jobs_per_s"]["median"]
            panels["CPU per job (ms)"].setdefault(one["workload"], {})[one["peer"]] = one["cpu_ms"]["median"]
    _report.bars("peers", panels)


if __name__ == "__main__":
    main()
