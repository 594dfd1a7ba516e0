"""How much do child processes bring for handlers that compute, and what do they cost?

5 ms of CPU in each handler, one after another in one process, and with ``run_in="process"`` in one child and in one for
each core; and a handler that does nothing, for the CPU that the way to a child and back costs. Without HTTP. Not
measured: start-up of children, drivers that wait in C (tests/libraries/test_psycopg2.py), several worker processes.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import _options
import _report
from _children import in_turn, run_client, spread

HANDLER_CPU_S = 0.005
#: In each child: while one job computes, the next one is there.
THREADS = 4
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: Processes, CPU of a handler in seconds, and jobs.
VARIANTS = {
    "in the worker": (0, HANDLER_CPU_S, 400),
    "one child": (1, HANDLER_CPU_S, 400),
    f"{CORES} children": (CORES, HANDLER_CPU_S, 400),
    "one child, nothing to do": (1, 0.0, 4000),
}


def measure(processes: int, cpu_s: float, jobs: int) -> dict[str, Any]:
    """Return one repeat: jobs a second, and the worker's CPU for each in microseconds."""
    asked = {"processes": processes, "threads": THREADS, "cpu_s": cpu_s, "jobs": jobs}
    found = run_client("offload", asked)
    return {"jobs_per_s": jobs / found["wall_s"], "worker_us": found["worker_cpu_s"] / jobs * 1e6}


def main() -> None:
    parser = _options.parser("Handlers that compute, in child processes", repeats=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    asked = _options.parse(parser, scale=0.1)
    where = _report.environment(asked.note)
    measured = in_turn(
        {
            name: partial(measure, processes, cpu_s, max(1, int(jobs * asked.scale)))
            for name, (processes, cpu_s, jobs) in VARIANTS.items()
        },
        asked.repeats,
    )
    results = [
        {"variant": name, **{key: spread([one[key] for one in measured[name]]) for key in ("jobs_per_s", "worker_us")}}
        for name in VARIANTS
    ]
    _report.table(
        ["", "jobs a second", "least", "most", "worker's CPU per job, us"],
        [
            [
                one["variant"],
                *[one["jobs_per_s"][key] for key in ("median", "least", "most")],
                one["worker_us"]["median"],
            ]
            for one in results
        ],
    )
    if not asked.dry:
        _report.save("offload", __doc__.partition("\n")[0], results, where=where, into=asked.into)


if __name__ == "__main__":
    main()
