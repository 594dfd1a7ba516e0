"""How long does a worker take to import, and to its first poll?

Import: CPU and wall time of ``import camunda_client.c8.worker`` in a fresh interpreter, beside the packages that it
stands on (gevent, pydantic, requests, structlog) together, and ``camunda_client.config`` alone. First poll: from the
interpreter's start to the first activation request at a stub server. In turn, files cached by a first run.
Not measured: a cold disk, the application's own imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import _options
import _report
from _children import in_turn, median, own_environment, spread
from _stub import Stub

_OURS = Path(__file__).parent / "_clients" / "ours.py"
IMPORTS = {
    "nothing": "",
    "gevent, pydantic, requests, structlog": "import gevent.monkey, pydantic, requests, structlog",
    "camunda_client.c8.worker": "import camunda_client.c8.worker",
    "camunda_client.config": "import camunda_client.config",
}
_TIMED = """
import time
began_s, cpu_s = time.perf_counter(), time.process_time()
{code}
wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
import json, sys
print(json.dumps({{"wall_ms": wall_s * 1e3, "cpu_ms": cpu_s * 1e3, "modules": sorted(sys.modules)}}))
"""


def importing(code: str) -> dict[str, Any]:
    """Return what an import takes in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", _TIMED.format(code=code)], capture_output=True, check=True)
    return json.loads(done.stdout)


def first_poll() -> dict[str, Any]:
    """Return milliseconds from the interpreter's start to the first poll."""
    with Stub(jobs=0) as stub:
        asked = {"port": stub.port, "in_flight": 100, "jobs": 1, "warm": 1, "batch": None, "sleep_s": 0}
        began_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(_OURS), json.dumps(asked)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=own_environment(),
        )
        try:
            # There is no work, so that the first poll is parked.
            while stub.stats()["waiting"] == 0:
                if time.perf_counter() - began_s > 30:
                    raise TimeoutError("no poll within 30 s")
                time.sleep(0.001)
            return {"wall_ms": (time.perf_counter() - began_s) * 1e3, "cpu_ms": 0.0, "modules": []}
        finally:
            process.kill()
            process.wait()


def main() -> None:
    parser = _options.parser("Import time and time to the first poll", repeats=11)
    asked = _options.parse(parser)
    where = _report.environment(asked.note)
    measurements: dict[str, Any] = {name: partial(importing, code) for name, code in IMPORTS.items()}
    measurements["first poll"] = first_poll
    for measure in () if asked.smoke else measurements.values():
        measure()
    measured = in_turn(measurements, asked.repeats)
    nothing = median([one["wall_ms"] for one in measured["nothing"]])
    base = median([one["wall_ms"] for one in measured["gevent, pydantic, requests, structlog"]]) - nothing
    results = []
    for name, repeats in measured.items():
        wall = spread([one["wall_ms"] for one in repeats])
        modules = set(repeats[0]["modules"])
        results.append(
            {
                "what": name,
                "wall_ms": wall,
                "cpu_ms": median([one["cpu_ms"] for one in repeats]),
                "times_base": (wall["median"] - nothing) / base,
                "loads": sorted(modules & {"gevent", "requests", "ssl", "urllib3", "pydantic", "structlog"}),
            }
        )
    _report.table(
        ["", "wall ms", "least", "most", "CPU ms", "x base", "loads"],
        [
            [
                one["what"],
                *[one["wall_ms"][key] for key in ("median", "least", "most")],
                one["cpu_ms"],
                one["times_base"],
                " ".join(one["loads"]),
            ]
            for one in results
        ],
    )
    if not asked.dry:
        _report.save("startup", __doc__.partition("\n")[0], results, where=where, into=asked.into)
        groups = {one["what"]: {"wall": one["wall_ms"]["median"]} for one in results}
        _report.bars(
            "startup", {"milliseconds": groups}, title="How long a worker takes to import, and to its first poll"
        )


if __name__ == "__main__":
    main()
