"""How near to the ideal do many blocking handlers at once come, in one process?

The ideal is: jobs x handler time / jobs in flight. Handlers sleep for 0.05, 0.2 or 1 s, 10 to 5,000 at once; starting
up is counted. Two views: scheduling alone (this package's slots against a thread pool, no HTTP), and the full path
against a stub server in another process (this package, greenlets with a ``requests`` session, a thread pool).
Not measured: handlers that use the CPU (they share one core, whatever runs them), a real engine's limits.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import _options
import _report
from _children import ClientFailedError, in_turn, median, run_client, spread
from _stub import Stub

#: View, name, client.
VARIANTS = (
    ("scheduling alone", "slots", "slots"),
    ("scheduling alone", "threads", "executor"),
    ("full path", "c8-client", "ours"),
    ("full path", "requests session", "requests_session"),
    ("full path", "thread pool", "thread_pool"),
)
IN_FLIGHT = (10, 100, 1000, 5000)
SLEEP_S = (0.05, 0.2, 1.0)
#: A measurement that takes this many times the ideal is ended and shown as not finished.
PATIENCE = 40


def rounds(sleep_s: float) -> int:
    """Return how often each slot is used: enough for two seconds, and ten times at least."""
    return max(10, math.ceil(2 / sleep_s))


def measure(view: str, client: str, in_flight: int, sleep_s: float, jobs: int) -> dict[str, Any]:
    """Return one repeat; ``of_ideal`` is 0 for one that did not finish."""
    ideal_s = jobs / in_flight * sleep_s
    asked = {"in_flight": in_flight, "jobs": jobs, "warm": 0, "batch": None, "sleep_s": sleep_s}
    patience_s = ideal_s * PATIENCE + 20
    asked["patience_s"] = patience_s
    try:
        if view == "full path":
            with Stub() as stub:
                result = run_client(client, {**asked, "port": stub.port}, patience_s=patience_s)
        else:
            result = run_client(client, asked, patience_s=patience_s)
    except ClientFailedError as error:
        print(f"\n{client}: {error}", file=sys.stderr)
        return {"of_ideal": 0.0, "cpu_us": 0.0, "failed": str(error)[:300]}
    return {**result, "of_ideal": ideal_s / result["wall_s"]}


def run(
    in_flight: list[int], sleeps_s: list[float], variants: tuple[tuple[str, str, str], ...], repeats: int, most: int
) -> list[dict[str, Any]]:
    """Return one entry per view, variant, handler and number in flight."""
    found: list[dict[str, Any]] = []
    for sleep_s in sleeps_s:
        for number in in_flight:
            jobs = max(number * 2, min(number * rounds(sleep_s), most))
            print(f"{sleep_s:g} s, {number} in flight, {jobs} jobs")
            measurements: dict[str, Callable[[], dict[str, Any]]] = {
                f"{view}: {name}": partial(measure, view, client, number, sleep_s, jobs)
                for view, name, client in variants
            }
            entries = []
            for (view, name, _), results in zip(variants, in_turn(measurements, repeats).values(), strict=True):
                entries.append(
                    {
                        "view": view,
                        "variant": name,
                        "sleep_s": sleep_s,
                        "in_flight": number,
                        "jobs": jobs,
                        "of_ideal": spread([one["of_ideal"] for one in results]),
                        "cpu_us": median([one["cpu_us"] for one in results]),
                    }
                )
            rows = [
                [f"{entry['view']}: {entry['variant']}", *[entry["of_ideal"][key] for key in _SHOWN], entry["cpu_us"]]
                for entry in entries
            ]
            _report.table(["", "of ideal", "least", "most", "CPU µs/job"], rows)
            found += entries
    return found


_SHOWN = ("median", "least", "most")


def main() -> None:
    parser = _options.parser("Achieved over ideal concurrency, greenlets and threads", repeats=5)
    parser.add_argument("--in-flight", type=int, nargs="+", default=list(IN_FLIGHT))
    parser.add_argument("--sleep", type=float, nargs="+", default=list(SLEEP_S), help="seconds a handler takes")
    parser.add_argument("--only", choices=("scheduling", "full"), help="one of the two views")
    parser.add_argument("--most", type=int, default=20_000, help="jobs per repeat")
    asked = _options.parse(parser, in_flight=[10], sleep=[0.02], most=100)
    variants = tuple(one for one in VARIANTS if asked.only is None or one[0].startswith(asked.only))
    where = _report.environment(asked.note)
    results = run(asked.in_flight, asked.sleep, variants, asked.repeats, asked.most)
    if asked.dry:
        return
    _report.save("concurrency", __doc__.partition("\n")[0], results, where=where, into=asked.into)
    lines: dict[str, list[tuple[float, float]]] = {}
    for entry in results:
        if entry["sleep_s"] == min(asked.sleep):
            name = f"{entry['view']}: {entry['variant']}"
            lines.setdefault(name, []).append((entry["in_flight"], entry["of_ideal"]["median"]))
    _report.plot(
        "concurrency",
        lines,
        title=f"How near to the ideal do many handlers of {min(asked.sleep):g} s at once come, in one process?",
        x="jobs in flight",
        y="achieved / ideal (1 is perfect)",
        note="ideal: jobs x handler time / jobs in flight; 0: not finished in forty times that",
        log_y=False,
        into=asked.into,
    )


if __name__ == "__main__":
    main()
