"""How long after a process instance is created does its handler start?

On the embedded engine in a process of its own, or on the Camunda at ``--camunda``: idle (one instance after another,
each after the last one's handler) and loaded (instances at a steady rate, whatever the handlers do). Beside it, in the
same run and in turn, a raw long poll on one socket: what the engine itself needs. The clock is this machine's monotonic
one, from just before the creation's request to the handler's first line. p50, p95, p99 of all repeats together.
Not measured, with an engine on this machine: a network; the embedded one has a single partition and writes no log.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import _options
import _report
from _engine import Server, add_arguments, server

_CLIENTS = {"c8-client": "latency_ours.py", "raw long poll": "latency_raw.py"}
#: Seconds that one job may take.
PATIENCE_S = 30.0


class Starts:
    """A client's process, and when its handlers started."""

    def __init__(self, client: str, on: Server, job_type: str) -> None:
        program = Path(__file__).parent / "_clients" / _CLIENTS[client]
        self._process = subprocess.Popen(
            [sys.executable, str(program), json.dumps({"rest": on.url, "job_type": job_type})],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=on.environment(),
        )
        self._found: Queue[tuple[int, float]] = Queue()
        Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Starts:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def next(self) -> tuple[int, float]:
        """Return number and start of one more job."""
        try:
            return self._found.get(timeout=PATIENCE_S)
        except Empty:
            raise TimeoutError(f"no handler started within {PATIENCE_S:.0f} s") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, started_s = json.loads(line)
            self._found.put((number, started_s))


def idle(on: Server, client: str, jobs: int) -> list[float]:
    """Return milliseconds for instances created one after another."""
    name = on.deploy()
    connection = on.connection()
    took = []
    with Starts(client, on, name) as starts:
        for number in range(-5, jobs):  # five to warm up
            created_s = time.monotonic()
            on.on(connection, "POST", "/v2/process-instances", _body(name, number))
            _, started_s = starts.next()
            if number >= 0:
                took.append((started_s - created_s) * 1e3)
            # Let the next long poll be parked: idle is what is asked about.
            time.sleep(0.02)
    return took


def loaded(on: Server, client: str, jobs: int, per_s: float) -> list[float]:
    """Return milliseconds for instances created at a steady rate, on time as far as the engine allows."""
    name = on.deploy()
    connections = [on.connection() for _ in range(4)]
    created: dict[int, float] = {}
    with Starts(client, on, name) as starts:
        on.on(connections[0], "POST", "/v2/process-instances", _body(name, -1))
        starts.next()
        began_s = time.monotonic()

        def create(way: int) -> None:
            for number in range(way, jobs, len(connections)):
                time.sleep(max(began_s + number / per_s - time.monotonic(), 0))
                created[number] = time.monotonic()
                on.on(connections[way], "POST", "/v2/process-instances", _body(name, number))

        threads = [Thread(target=create, args=(way,)) for way in range(len(connections))]
        for thread in threads:
            thread.start()
        started = dict(starts.next() for _ in range(jobs))
        for thread in threads:
            thread.join()
    return [(started[number] - created[number]) * 1e3 for number in range(jobs)]


def _body(name: str, number: int) -> bytes:
    return json.dumps({"processDefinitionId": name, "variables": {"number": number}}).encode()


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {f"p{part}_ms": ordered[min(len(ordered) * part // 100, len(ordered) - 1)] for part in (50, 95, 99)}


def main() -> None:
    parser = _options.parser("Creation of an instance to its handler's start", repeats=5)
    parser.add_argument("--jobs", type=int, default=200, help="per repeat")
    parser.add_argument("--per-s", type=float, default=100.0, help="instances per second when loaded")
    add_arguments(parser)
    asked = _options.parse(parser, jobs=10)
    where = _report.environment(asked.note)
    found: dict[tuple[str, str], list[float]] = {}
    with server(asked.camunda, asked.grpc) as on:
        where["server"] = on.describe()
        name = f"latency-{on.label}"
        print(f"on {on.describe()}")
        on.start(on.deploy(), 10 if asked.smoke else 300)  # an engine's first instances are slow
        for number in range(asked.repeats):
            print(f"repeat {number + 1} of {asked.repeats}", file=sys.stderr)
            for client in _CLIENTS:
                found.setdefault(("idle", client), []).extend(idle(on, client, asked.jobs))
                found.setdefault(("loaded", client), []).extend(loaded(on, client, asked.jobs * 2, asked.per_s))
    results: list[dict[str, Any]] = [
        {"load": load, "client": client, "jobs": len(values), **_percentiles(values)}
        for (load, client), values in sorted(found.items())
    ]
    keys = ("p50_ms", "p95_ms", "p99_ms", "jobs")
    _report.table(["", *keys], [[f"{one['load']}: {one['client']}", *[one[key] for key in keys]] for one in results])
    if not asked.dry:
        where["per_s_when_loaded"] = asked.per_s
        _report.save(name, __doc__.partition("\n")[0], results, where=where, into=asked.into)
        groups = {
            f"{load}, {part}": {one["client"]: one[f"{part}_ms"] for one in results if one["load"] == load}
            for load in ("idle", "loaded")
            for part in ("p50", "p95", "p99")
        }
        _report.bars(
            name,
            {"creation to handler start (ms)": groups},
            title=f"How soon a handler starts ({where['server']['kind']} Camunda, {where['server']['version']})",
            note="raw long poll: one socket that only asks for jobs, which is what the engine itself needs",
            into=asked.into,
        )


if __name__ == "__main__":
    main()
