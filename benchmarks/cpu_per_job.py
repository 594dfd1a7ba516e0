"""How much CPU does a job cost the worker's process, with 1 to 1,000 jobs in flight?

Each job is activated, parsed, run by a handler that does nothing, and completed; its variables are a kilobyte.
Compared, each in a fresh process against a stub server in another one, so that no engine is needed:
the floor (bare gevent sockets, dicts, no log: the least that any client in Python can do), this package, this package
over ``requests``, greenlets with one ``requests`` session, a thread pool with a session per thread, ``requests.post``
one job after another, and the published clients: pyzeebe (gRPC, by a stub of its own), Camunda's SDKs for Python, Java
and JavaScript, and c8-client 8.7.2. The former ask for 32 jobs at a time, the published ones for as many as they are
built to. CPU is the whole process's, user and system; ratios are to the floor of the same run.
Not measured: the engine's own cost, the network, TLS (12-17 µs more per request), handlers; how soon a client asks for
more, which its jobs per second show here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import _options
import _report
from _children import ClientFailedError, in_turn, median, run_client, spread
from _environments import MissingPeerError
from _peer import PEERS, versions
from _stub import GrpcStub, Stub

#: Name, client, options, and how many jobs one repeat takes: about a second each.
VARIANTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "floor": ("floor", {}, 20_000),
    "c8-client": ("ours", {}, 8_000),
    "c8-client, requests": ("ours", {"transport": "requests"}, 1_500),
    "requests session": ("requests_session", {}, 1_000),
    "thread pool": ("thread_pool", {}, 1_000),
    "one by one": ("one_by_one", {}, 500),
}
#: Published clients: jobs of one repeat for each one in flight, their least and most, and how many come before them
#: (twice the jobs at most). A JVM compiles for its first thousands; 8.7.2 and the Python SDK pause between batches.
PUBLISHED: dict[str, tuple[int, int, int, int]] = {
    "pyzeebe": (50, 300, 3_000, 500),
    "camunda-orchestration-sdk": (4, 6, 1_000, 4),
    "Java client": (50, 500, 4_000, 5_000),
    "JS client": (50, 500, 2_000, 1_000),
    "c8-client 8.7.2": (2, 4, 2_000, 0),
}
IN_FLIGHT = (1, 10, 100, 1000)
BATCH = 32
#: What Camunda's newest clients insist on in a job; all get the same ones.
SHAPE = 810
#: Seconds for one repeat.
PATIENCE_S = 60.0


def measure(variant: str, in_flight: int, *, scale: float = 1.0, **more: Any) -> dict[str, Any]:
    """Return CPU per job and more of one repeat, or ``{"failed": why}``."""
    try:
        if variant in PUBLISHED:
            return _published(variant, in_flight, scale)
        return _own(variant, in_flight, scale, more)
    except ClientFailedError as error:
        return {"failed": error.short()}


def _own(variant: str, in_flight: int, scale: float, more: dict[str, Any]) -> dict[str, Any]:
    client, options, jobs = VARIANTS[variant]
    jobs = max(100, int(jobs * scale))
    # Warm: every greenlet, thread and connection has been used.
    warm = max(jobs // 5, in_flight * 2)
    with Stub(shape=SHAPE) as stub:
        asked = {"port": stub.port, "in_flight": in_flight, "jobs": jobs, "warm": warm, "batch": BATCH, "sleep_s": 0}
        result = run_client(client, {**asked, **options, **more}, patience_s=PATIENCE_S)
        return {**result, **_of_stub(stub.stats()), "compiled_stub": stub.compiled}


def _published(variant: str, in_flight: int, scale: float) -> dict[str, Any]:
    peer = PEERS[variant]
    each, least, most, before = PUBLISHED[variant]
    jobs = max(1, int(max(least, min(each * in_flight, most)) * scale))
    asked = {
        "job_type": "charge-card", "workload": "noop", "grace_s": 0, "in_flight": in_flight,
        "jobs": jobs, "warm": max(min(int(before * scale), 2 * jobs), in_flight),
    }  # fmt: skip
    with ExitStack() as stubs:
        stub: Any = stubs.enter_context(Stub(shape=SHAPE))
        asked.update(rest=stub.url, stub=stub.url, grpc=None)
        if peer.grpc:
            stub = stubs.enter_context(GrpcStub(peer.python()))
            asked["grpc"] = stub.address
        result = peer.run(asked, patience_s=PATIENCE_S)
        return {**result, "cpu_us": result["cpu_ms"] * 1e3, **_of_stub(stub.stats())}


def _of_stub(stats: dict[str, Any]) -> dict[str, float]:
    return {
        "jobs_per_poll": stats["activated"] / max(stats["polls"], 1),
        "stub_cpu_us": stats["cpu_s"] / max(stats["completed"], 1) * 1e6,
    }


def run(in_flight: tuple[int, ...], variants: list[str], repeats: int, scale: float) -> list[dict[str, Any]]:
    """Return one entry per variant and number in flight."""
    found = []
    for number in in_flight:
        print(f"{number} in flight")
        measurements: dict[str, Callable[[], dict[str, Any]]] = {
            name: partial(_unless_failed, {}, name, number, scale) for name in variants
        }
        results = in_turn(measurements, repeats)
        entries = [_entry(name, number, results) for name in variants]
        _report.table(
            ["", "CPU µs/job", "least", "most", "x floor", "jobs/s", "jobs/poll", "stub µs/job", "RSS MB"],
            [_row(entry) for entry in entries],
        )
        for entry in entries:
            if "failed" in entry:
                print(f"  {entry['variant']} failed: {_report.line(entry['failed'])}")
        found += entries
    return found


def _unless_failed(failed: dict[str, Any], variant: str, in_flight: int, scale: float) -> dict[str, Any]:
    """Measure, or return how it failed before: a client that hangs is waited for once."""
    if not failed:
        result = measure(variant, in_flight, scale=scale)
        if "failed" not in result:
            return result
        failed.update(result)
    return failed


def _row(entry: dict[str, Any]) -> list[Any]:
    if "failed" in entry:
        return [entry["variant"], *"--------"]
    return [
        entry["variant"],
        *[entry["cpu_us"][key] for key in ("median", "least", "most")],
        *[entry[key] for key in ("times_floor", "jobs_per_s", "jobs_per_poll", "stub_cpu_us", "rss_mb")],
    ]


def _entry(name: str, in_flight: int, results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    entry: dict[str, Any] = {"variant": name, "in_flight": in_flight}
    failed = [one["failed"] for one in results[name] if "failed" in one]
    if failed:
        return {**entry, "failed": failed[0]}
    pairs = zip(results[name], results.get("floor", []), strict=False)
    ratios = [one["cpu_us"] / floor["cpu_us"] for one, floor in pairs if "failed" not in floor]
    return {
        **entry,
        "cpu_us": spread([one["cpu_us"] for one in results[name]]),
        # Of each repeat to the floor measured just before it, then the median.
        "times_floor": median(ratios) if ratios else float("nan"),
        **{
            key: median([one[key] for one in results[name]])
            for key in ("jobs_per_s", "jobs_per_poll", "stub_cpu_us", "rss_mb")
        },
    }


def available(variants: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the variants that can be had here, and the others with the reason; published ones are installed."""
    missing = {}
    for name in variants:
        if name in PUBLISHED:
            try:
                PEERS[name].install()
            except MissingPeerError as error:
                missing[name] = str(error)
                print(f"{name} is left out: {error}", file=sys.stderr)
    return [name for name in variants if name not in missing], missing


def main() -> None:
    parser = _options.parser("CPU per job against the floor, the usual ways and the published clients", repeats=5)
    names = [*VARIANTS, *PUBLISHED]
    parser.add_argument("--in-flight", type=int, nargs="+", default=IN_FLIGHT)
    parser.add_argument("--variants", nargs="+", default=names, choices=names)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    asked = _options.parse(parser, in_flight=[10], scale=0.02, variants=["floor", "c8-client", "thread pool"])
    where = _report.environment(asked.note)
    variants, missing = available(asked.variants)
    results = run(tuple(asked.in_flight), variants, asked.repeats, asked.scale)
    if asked.dry:
        return
    where["server"] = {"kind": "stub"}
    where["peers"] = versions(variants)
    where["left_out"] = missing
    _report.save("cpu_per_job", __doc__.partition("\n")[0], results, where=where, into=asked.into)
    lines: dict[str, list[tuple[float, float]]] = {}
    for entry in results:
        if "failed" not in entry:
            lines.setdefault(entry["variant"], []).append((entry["in_flight"], entry["cpu_us"]["median"]))
    _report.plot(
        "cpu_per_job",
        lines,
        title="What a job costs the worker's process (handlers do nothing)",
        x="jobs in flight",
        y="CPU per job (µs)",
        note="floor: bare gevent sockets and dicts, the least that a client in Python can do",
        unmeasured=[*missing, *(f"{one['variant']} at {one['in_flight']}" for one in results if "failed" in one)],
        into=asked.into,
    )


if __name__ == "__main__":
    main()
