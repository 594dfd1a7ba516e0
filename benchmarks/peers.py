"""How many jobs a second, at what CPU, do Camunda's clients work on one and the same Camunda?

Peers: this package; pyzeebe (gRPC); Camunda's own SDKs for Python, Java and JavaScript; c8-client 8.7.2, which this
package replaces; a thread pool with ``requests``. Each lives in an environment of its own and is configured as well as
its documentation allows: as many threads as jobs in flight. No peer, but a limit: "bare sockets", the least that a
Python process can do over REST (dicts, no log, nothing that may go wrong).
Workloads: nothing to do, 50 ms blocking, one blocking HTTP call of 100 ms, 1 s with 1,000 in flight, 5 ms of CPU.
All jobs wait in the engine when a peer starts; the clock runs from its first handler's start to its last one's end, and
afterwards the engine itself is asked how many it completed. Peers take turns. A peer that can't do it is shown with its
error. The Camunda is the embedded engine in a process of its own, or the one at ``--camunda``; pyzeebe needs its
``--grpc`` and is left out without. An engine on this machine shares it, so a client's CPU takes jobs per second from
the engine, and the JVM's compiling is part of the Java client's CPU in runs as short as these.
The embedded engine is one Python process and slower than most clients: CPU per job tells more there than jobs a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import _options
import _report
from _children import ClientFailedError, in_turn, spread
from _engine import Server, add_arguments, server
from _environments import MissingPeerError
from _peer import PEERS, Peer, versions
from _stub import Stub

#: Name: in flight, jobs.
WORKLOADS = {
    "noop": (100, 2000),
    "blocking_50_ms": (100, 1500),
    "http_100_ms": (100, 1000),
    "blocking_1_s": (1000, 2000),
    "cpu_5_ms": (100, 500),
}
#: Seconds for one measurement, the engine's slowest included.
PATIENCE_S = 60.0


def measure(peer: Peer, on: Server, stub: Stub, workload: str, in_flight: int, jobs: int) -> dict[str, Any]:
    """Return one repeat, or ``{"failed": why}``."""
    # Seconds for the last completions, after the last handler's end and outside of the measurement.
    grace_s = 0.5 if jobs < 500 else 3.0
    job_type = on.deploy()
    on.start(job_type, jobs)
    asked = {
        "rest": on.url, "grpc": on.grpc, "stub": stub.url,
        "job_type": job_type, "in_flight": in_flight, "jobs": jobs, "workload": workload,
        "grace_s": grace_s,
    }  # fmt: skip
    try:
        result = peer.run(asked, on.environment(), patience_s=PATIENCE_S)
    except ClientFailedError as error:
        return {"failed": error.short(), "completed": on.completed(job_type, 0)}
    return {**result, "completed": on.completed(job_type, jobs)}


def run(on: Server, stub: Stub, peers: list[Peer], workloads: list[str], repeats: int, scale: float) -> list[Any]:
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
        _report.table(["", "jobs/s", "least", "most", "CPU ms/job", "completed"], [_row(entry) for entry in entries])
        for one in entries:
            if "failed" in one:
                print(f"  {one['peer']} failed: {_report.line(one['failed'])}")
        found += entries
    return found


def _measure(failed: dict[str, dict[str, Any]], peer: Peer, *about: Any) -> dict[str, Any]:
    result = failed.get(peer.name) or measure(peer, *about)
    if "failed" in result:
        failed[peer.name] = result
    return result


def _entry(workload: str, name: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    counted = [one["completed"] for one in results if one["completed"] is not None]
    # null: this server can't be asked.
    entry: dict[str, Any] = {"workload": workload, "peer": name, "completed": min(counted) if counted else None}
    failed = [one["failed"] for one in results if "failed" in one]
    if failed:
        return {**entry, "failed": failed[0]}
    return {
        **entry,
        "jobs": results[0]["jobs"],
        "jobs_per_s": spread([one["jobs_per_s"] for one in results]),
        "cpu_ms": spread([one["cpu_ms"] for one in results]),
    }


def _row(entry: dict[str, Any]) -> list[Any]:
    completed = "?" if entry["completed"] is None else entry["completed"]
    if "failed" in entry:
        return [entry["peer"], "-", "-", "-", "-", completed]
    speeds = [entry["jobs_per_s"][key] for key in ("median", "least", "most")]
    return [entry["peer"], *speeds, entry["cpu_ms"]["median"], completed]


def available(names: list[str], grpc: str | None) -> tuple[list[Peer], dict[str, str]]:
    """Return the peers that can be had here, installed, and the others with the reason."""
    peers, missing = [], {}
    for name in names:
        peer = PEERS[name]
        try:
            if peer.grpc and grpc is None:
                raise MissingPeerError("it speaks gRPC only; give --camunda URL --grpc HOST:PORT")
            peer.install()
            peers.append(peer)
        except MissingPeerError as error:
            missing[name] = str(error)
            print(f"{name} is left out: {error}", file=sys.stderr)
    return peers, missing


def main() -> None:
    parser = _options.parser("Clients for Camunda on one Camunda", repeats=5)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    add_arguments(parser)
    small = {"peers": ["c8-client", "thread pool", "bare sockets"], "workloads": ["noop"], "scale": 0.02}
    asked = _options.parse(parser, **small)
    where = _report.environment(asked.note)
    peers, missing = available(asked.peers, asked.grpc)
    with Stub() as stub, server(asked.camunda, asked.grpc) as on:
        print(f"on {on.describe()}")
        if not asked.smoke:
            # An engine's own code gets compiled by its first thousands of jobs; nobody's measurement should pay for it.
            started_s = time.monotonic()
            measure(PEERS["c8-client"], on, stub, "noop", 100, int(1500 * min(asked.scale, 1)) or 100)
            print(f"engine warm after {time.monotonic() - started_s:.0f} s")
        results = run(on, stub, peers, asked.workloads, asked.repeats, asked.scale)
        where["server"] = on.describe()
        name = f"peers-{on.label}"
    if asked.dry:
        return
    where["peers"] = versions([peer.name for peer in peers])
    where["left_out"] = missing
    _report.save(name, __doc__.partition("\n")[0], results, where=where, into=asked.into)
    _draw(name, where["server"], results, missing, asked.into)


def _draw(name: str, on: dict[str, str], results: list[dict[str, Any]], missing: dict[str, str], into: Path) -> None:
    speed: dict[str, dict[str, float | None]] = {}
    cpu: dict[str, dict[str, float | None]] = {}
    for one in results:
        done = "failed" not in one
        speed.setdefault(one["workload"], {})[one["peer"]] = one["jobs_per_s"]["median"] if done else None
        cpu.setdefault(one["workload"], {})[one["peer"]] = one["cpu_ms"]["median"] if done else None
    _report.bars(
        name,
        {"jobs per second (more is better)": speed, "the client's CPU per job (ms, less is better)": cpu},
        title=f"Camunda's clients on one Camunda ({on['kind']}, {on['version']})",
        note="bare sockets: the least that a Python process can do over REST",
        unmeasured=list(missing),
        into=into,
    )


if __name__ == "__main__":
    main()
