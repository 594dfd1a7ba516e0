"""How much CPU does a job cost the worker's process, with 1 to 1,000 jobs in flight?

Each job is activated (32 at a time), parsed, run by a handler that does nothing, and completed; its variables are a
kilobyte. Compared, each in a fresh process against a compiled stub server in another one:
the floor (bare gevent sockets, dicts, no log), this package, this package over ``requests``, greenlets with one
``requests`` session, a thread pool with a session per thread, and ``requests.post`` one job after another.
CPU is ``time.process_time``, user and system; ratios are to the floor of the same run.
Not measured: the engine's own cost, the network, TLS (12-17 µs more per request), handlers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import _report
from _children import in_turn, median, run_client, spread
from _stub import Stub

#: Name, client, options, and how many jobs one repeat takes: about a second each.
VARIANTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "floor": ("floor", {}, 20_000),
    "c8-client": ("ours", {}, 8_000),
    "c8-client, requests": ("ours", {"transport": "requests"}, 1_500),
    "requests session": ("requests_session", {}, 1_000),
    "thread pool": ("thread_pool", {}, 1_000),
    "one by one": ("one_by_one", {}, 500),
}
IN_FLIGHT = (1, 10, 100, 1000)
BATCH = 32


def measure(variant: str, in_flight: int, *, scale: float = 1.0, **more: Any) -> dict[str, Any]:
    """Return CPU per job and more of one repeat."""
    client, options, jobs = VARIANTS[variant]
    jobs = max(100, int(jobs * scale))
    # Warm: every greenlet, thread and connection has been used.
    warm = max(jobs // 5, in_flight * 2)
    with Stub() as stub:
        asked = {"port": stub.port, "in_flight": in_flight, "jobs": jobs, "warm": warm, "batch": BATCH, "sleep_s": 0}
        result = run_client(client, {**asked, **options, **more})
        stats = stub.stats()
        result["jobs_per_poll"] = stats["activated"] / max(stats["polls"], 1)
        result["stub_cpu_us"] = stats["cpu_s"] / max(stats["completed"], 1) * 1e6
        result["compiled_stub"] = stub.compiled
    return result


def run(in_flight: tuple[int, ...], variants: list[str], repeats: int, scale: float) -> list[dict[str, Any]]:
    """Return one entry per variant and number in flight."""
    found = []
    for number in in_flight:
        print(f"{number} in flight")
        measurements: dict[str, Callable[[], dict[str, Any]]] = {
            name: partial(measure, name, number, scale=scale) for name in variants
        }
        results = in_turn(measurements, repeats)
        entries = [_entry(name, number, results) for name in variants]
        _report.table(
            ["", "CPU µs/job", "least", "most", "x floor", "jobs/s", "jobs/poll", "stub µs/job"],
            [
                [
                    entry["variant"],
                    *[entry["cpu_us"][key] for key in ("median", "least", "most")],
                    *[entry[key] for key in ("times_floor", "jobs_per_s", "jobs_per_poll", "stub_cpu_us")],
                ]
                for entry in entries
            ],
        )
        found += entries
    return found


def _entry(name: str, in_flight: int, results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    ratios = [
        one["cpu_us"] / floor["cpu_us"] for one, floor in zip(results[name], results.get("floor", []), strict=False)
    ]
    return {
        "variant": name,
        "in_flight": in_flight,
        "cpu_us": spread([one["cpu_us"] for one in results[name]]),
        # Of each repeat to the floor measured just before it, then the median.
        "times_floor": median(ratios) if ratios else float("nan"),
        **{
            key: median([one[key] for one in results[name]])
            for key in ("jobs_per_s", "jobs_per_poll", "stub_cpu_us", "rss_mb")
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU per job against the floor and the usual ways")
    parser.add_argument("--in-flight", type=int, nargs="+", default=IN_FLIGHT)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    parser.add_argument("--dry", action="store_true", help="write no results")
    asked = parser.parse_args()
    where = _report.environment()
    results = run(tuple(asked.in_flight), asked.variants, asked.repeats, asked.scale)
    if asked.dry:
        return
    _report.save("cpu_per_job", __doc__.partition("\n")[0], results, where=where)
    lines: dict[str, list[tuple[float, float]]] = {}
    for entry in results:
        lines.setdefault(entry["variant"], []).append((entry["in_flight"], entry["cpu_us"]["median"]))
    _report.plot("cpu_per_job", lines, x="jobs in flight", y="CPU per job (µs)")


if __name__ == "__main__":
    main()
