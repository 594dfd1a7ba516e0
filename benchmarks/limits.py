"""What do greenlets not help with?

The same 20 ms in each handler, 100 handlers at once, without any HTTP: waiting as patched Python does, waiting in C
code that knows nothing of greenlets (a database driver; here the original ``time.sleep``), the same handed to gevent's
thread pool, and using the CPU. This package's slots against a thread pool. The ideal is: jobs x 20 ms / jobs in flight.
Not measured: C code that keeps the GIL, which stops threads as well.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import _options
import _report
from _children import in_turn, run_client, spread

#: What a handler does, who runs it: client and number of jobs.
VARIANTS = {
    ("waits", "c8-client"): ("slots", 5000),
    ("waits", "threads"): ("executor", 5000),
    ("blocks in C", "c8-client"): ("slots", 100),
    ("blocks in C", "threads"): ("executor", 5000),
    ("blocks in C, in gevent's thread pool", "c8-client"): ("slots", 1000),
    ("uses the CPU", "c8-client"): ("slots", 100),
    ("uses the CPU", "threads"): ("executor", 100),
}
IN_FLIGHT = 100
HANDLER_S = 0.02


def measure(client: str, jobs: int, what: str) -> dict[str, Any]:
    """Return one repeat."""
    ideal_s = jobs / IN_FLIGHT * HANDLER_S
    asked = {"in_flight": IN_FLIGHT, "jobs": jobs, "sleep_s": HANDLER_S, "what": what, "patience_s": 120.0}
    return {"of_ideal": ideal_s / run_client(client, asked)["wall_s"]}


def main() -> None:
    parser = _options.parser("Handlers that greenlets do not help", repeats=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of jobs")
    asked = _options.parse(parser, scale=0.1)
    where = _report.environment(asked.note)
    measured = in_turn(
        {
            f"{what}: {who}": partial(measure, client, max(1, int(jobs * asked.scale)), what)
            for (what, who), (client, jobs) in VARIANTS.items()
        },
        asked.repeats,
    )
    results = [
        {"handler": what, "variant": who, "of_ideal": spread([one["of_ideal"] for one in measured[f"{what}: {who}"]])}
        for what, who in VARIANTS
    ]
    shown = ("median", "least", "most")
    _report.table(
        ["", "of ideal", "least", "most"],
        [[f"{one['handler']}: {one['variant']}", *[one["of_ideal"][key] for key in shown]] for one in results],
    )
    if not asked.dry:
        _report.save("limits", __doc__.partition("\n")[0], results, where=where, into=asked.into)
        groups: dict[str, dict[str, float]] = {}
        for one in results:
            groups.setdefault(one["handler"], {})[one["variant"]] = one["of_ideal"]["median"]
        _report.bars(
            "limits",
            {"achieved / ideal (1 is perfect)": groups},
            title=f"What greenlets don't help with: {HANDLER_S * 1e3:g} ms handlers, {IN_FLIGHT} at once",
            log_x=True,
            into=asked.into,
        )


if __name__ == "__main__":
    main()
