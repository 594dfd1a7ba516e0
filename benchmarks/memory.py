"""How much memory does a job in flight take while its handler waits?

The slope between 100 and many parked handlers, so that what a process needs anyway is left out. Each job has a
kilobyte of variables, whose own size as Python objects is measured too ("variables only"); the limit that this package
sets itself, 20 KiB, is beyond those. Threads are measured with small (256 KiB) and usual stacks; a stack counts only
as far as it is used. A kernel's part (its stack for each thread, page tables) is shown beside.
Not measured: what handlers keep, growth over time (tests do that), connections to databases.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import _options
import _report
from _children import in_turn, median, run_client, spread
from _stub import Stub

#: Name, way, small stacks.
VARIANTS = {
    "variables only": ("variables only", False),
    "bare greenlets": ("bare greenlets", False),
    "c8-client": ("c8-client", False),
    "greenlets within a requests call": ("requests session", False),
    "threads, small stacks": ("threads", True),
    "threads": ("threads", False),
}
FEW = 100


def measure(variant: str, many: int) -> dict[str, Any]:
    """Return KiB per job of one repeat."""
    way, small_stacks = VARIANTS[variant]
    with Stub() as stub:
        return run_client(
            "parked", {"way": way, "few": FEW, "many": many, "small_stacks": small_stacks, "port": stub.port}
        )


def main() -> None:
    parser = _options.parser("Memory per job in flight", repeats=5)
    parser.add_argument("--many", type=int, default=3000)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    asked = _options.parse(parser, many=300, variants=["variables only", "c8-client"])
    where = _report.environment(asked.note)
    measured = in_turn({name: partial(measure, name, asked.many) for name in asked.variants}, asked.repeats)
    variables = median([one["VmRSS"] for one in measured.get("variables only", [{"VmRSS": 0.0}])])
    results = []
    for name, repeats in measured.items():
        resident = spread([one["VmRSS"] for one in repeats])
        results.append(
            {
                "variant": name,
                "in_flight": asked.many,
                "resident_kib": resident,
                "beyond_variables_kib": resident["median"] - (0 if name == "bare greenlets" else variables),
                "page_tables_kib": median([one["VmPTE"] for one in repeats]),
                "kernel_stacks_kib": median([one["KernelStack"] for one in repeats]),
            }
        )
    _report.table(
        ["", "KiB/job", "least", "most", "beyond variables", "page tables", "kernel stacks"],
        [
            [
                one["variant"],
                *[one["resident_kib"][key] for key in ("median", "least", "most")],
                *[one[key] for key in ("beyond_variables_kib", "page_tables_kib", "kernel_stacks_kib")],
            ]
            for one in results
        ],
    )
    if not asked.dry:
        _report.save("memory", __doc__.partition("\n")[0], results, where=where, into=asked.into)
        groups = {
            one["variant"]: {"process": one["resident_kib"]["median"], "kernel": _in_kernel(one)} for one in results
        }
        title = "What a job takes in memory while its handler waits"
        _report.bars("memory", {"KiB per job in flight": groups}, title=title, into=asked.into)


def _in_kernel(one: dict[str, Any]) -> float:
    return float(one["page_tables_kib"] + one["kernel_stacks_kib"])


if __name__ == "__main__":
    main()
