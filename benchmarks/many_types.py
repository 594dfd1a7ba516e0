"""What does a process with hundreds of job types cost while there is nothing to do?

Each type has a poll of its own, held open by the gateway for ten seconds at a time. One process registers 1, 30 and 300
types at a stub server without jobs; once all polls are held open, it measures itself for half a minute: its share of
one core's time, its resident memory, its open descriptors and its threads.
Not measured: TLS (each poll's connection takes some 50 KiB more), a gateway's own limit of held polls, types with work.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import _options
import _report
from _children import in_turn, median, run_client, spread
from _stub import Stub

TYPES = [1, 30, 300]


def measure(types: int, idle_s: float) -> dict[str, Any]:
    """Return one repeat."""
    with Stub(jobs=0) as stub:
        result = run_client("many_types", {"port": stub.port, "types": types, "idle_s": idle_s})
        return {**result, "polls": stub.stats()["polls"]}


def main() -> None:
    parser = _options.parser("A process with hundreds of job types, idle", repeats=3)
    parser.add_argument("--types", type=int, nargs="+", default=TYPES)
    parser.add_argument("--idle-s", type=float, default=30.0, help="seconds that one measurement takes")
    asked = _options.parse(parser, types=[1, 20], idle_s=1.0)
    where = _report.environment(asked.note)
    measured = in_turn({str(types): partial(measure, types, asked.idle_s) for types in asked.types}, asked.repeats)
    results = [
        {
            "types": int(types),
            "idle_s": asked.idle_s,
            "cpu_percent": spread([one["cpu_percent"] for one in repeats]),
            **{key: median([one[key] for one in repeats]) for key in ("rss_mb", "descriptors", "threads", "polls")},
        }
        for types, repeats in measured.items()
    ]
    _report.table(
        ["types", "CPU % of a core", "least", "most", "RSS MB", "descriptors", "threads", "polls"],
        [
            [
                str(one["types"]),
                *[one["cpu_percent"][key] for key in ("median", "least", "most")],
                *[one[key] for key in ("rss_mb", "descriptors", "threads", "polls")],
            ]
            for one in results
        ],
    )
    if not asked.dry:
        where["server"] = {"kind": "stub"}
        _report.save("many_types", __doc__.partition("\n")[0], results, where=where, into=asked.into)


if __name__ == "__main__":
    main()
