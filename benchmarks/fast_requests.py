"""How much CPU does a handler's ``requests.get()`` cost, as it comes and with ``--fast-requests``?

GETs without a session by 20 handlers at once, over plain HTTP and over TLS: as `requests` has it, with shared TLS
contexts (``--fast-requests``), with connections kept too (``--fast-requests=pooled``), and with one session of one's
own. Each in a fresh, patched process against a server in another one; every answer is checked. The CA bundle is
certifi's and the server's authority. The environment has four variables: `requests` walks through all there are for
each call, whatever is shared. CPU is ``time.process_time``, user and system; ratios are to ``off`` of the same repeat.
Not measured: the network, the server's side, handshakes with RSA certificates (cheaper for a client).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import _report
import certifi
from _children import in_turn, median, run_client, spread

MODES = ("off", "shared", "pooled", "session")
#: Half a second or so of CPU for each measurement.
CALLS = {"off": 40}
_USUAL_CALLS = 250
IN_FLIGHT = 20
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


def measure(mode: str, url: str, verify: str, environment: dict[str, str], scale: float) -> dict[str, Any]:
    """Return CPU per call of one repeat."""
    calls = max(10, int(CALLS.get(mode, _USUAL_CALLS) * scale))
    asked = {"mode": mode, "url": url, "verify": verify, "calls": calls, "warm": IN_FLIGHT, "in_flight": IN_FLIGHT}
    return run_client("sessionless", asked, environment=environment)


def run(repeats: int, scale: float) -> list[dict[str, Any]]:
    """Return one entry per scheme and mode."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        authority, bundle = Path(folder, "authority.pem"), Path(folder, "bundle.pem")
        command = [sys.executable, str(Path(__file__).with_name("_tls_server.py")), str(authority)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as server:
            assert server.stdout is not None
            ports = json.loads(server.stdout.readline())
            bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.read_bytes())
            for scheme, port in ports.items():
                url = f"{scheme}://localhost:{port}"
                measurements: dict[str, Callable[[], dict[str, Any]]] = {
                    mode: partial(measure, mode, url, str(bundle), environment, scale) for mode in MODES
                }
                results = in_turn(measurements, repeats)
                found += [_entry(scheme, mode, results) for mode in MODES]
    return found


def _entry(scheme: str, mode: str, results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    pairs = zip(results[mode], results["off"], strict=True)
    return {
        "scheme": scheme,
        "mode": mode,
        "cpu_us": spread([one["cpu_us"] for one in results[mode]]),
        # Of each repeat to the one measured just before it, then the median.
        "of_off": median([one["cpu_us"] / off["cpu_us"] for one, off in pairs]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU per requests.get() without a session")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of calls")
    parser.add_argument("--dry", action="store_true", help="write no results")
    asked = parser.parse_args()
    where = _report.environment()
    results = run(asked.repeats, asked.scale)
    _report.table(
        ["", "CPU µs/call", "least", "most", "off = 1", "off / it"],
        [
            [
                f"{entry['scheme']}, {entry['mode']}",
                *[entry["cpu_us"][key] for key in ("median", "least", "most")],
                entry["of_off"],
                1 / entry["of_off"],
            ]
            for entry in results
        ],
    )
    if not asked.dry:
        _report.save("fast_requests", __doc__.partition("\n")[0], results, where=where)
        groups: dict[str, dict[str, float]] = {}
        for entry in results:
            groups.setdefault(entry["scheme"], {})[entry["mode"]] = entry["cpu_us"]["median"] / 1e3
        _report.bars("fast_requests", {"CPU per requests.get() (ms)": groups}, log_x=True)


if __name__ == "__main__":
    main()
