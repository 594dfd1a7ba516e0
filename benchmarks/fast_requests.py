"""How much CPU does a handler's ``requests.get()`` cost, as it comes and with ``--fast-requests``?

GETs without a session by 20 handlers at once, over plain HTTP and over TLS (a server with an RSA certificate, one with
ECDSA): as `requests` has it, with shared TLS contexts (``--fast-requests``), with connections kept too
(``--fast-requests=pooled``), and with one session of one's own. Four patched processes live side by side and call a
server in another one by turns, a few dozen times each, so that what slows the machine down for a second hits all of
them; every answer is checked. The CA bundle is certifi's and the server's authority. The environment has four
variables: `requests` walks through all there are for each call, whatever is shared. CPU is ``time.process_time``, user
and system; ratios are to ``off`` of the same turn. Not measured: the network, the server's side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import _options
import _report
import certifi
from _children import ClientFailedError, in_turn, median, spread

#: Calls in one turn of each mode: 0.1 s of CPU or so, and off's 0.4 s.
CALLS = {"off": 20, "shared": 60, "pooled": 100, "session": 100}
SERVERS = ("http", "https, RSA", "https, ECDSA")
IN_FLIGHT = 20
_HERE = Path(__file__).parent
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


@contextmanager
def _talking(script: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that is asked and answers by lines; it ends with its standard input."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    command = [sys.executable, str(script), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process


def _answer(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise ClientFailedError(f"{process.args!r} ended with {process.wait()}")
    return json.loads(line)


class _Caller:
    """One mode's process; each call of it is a turn."""

    def __init__(self, process: subprocess.Popen[str], calls: int) -> None:
        self._process = process
        self._calls = calls
        self()  # the first connections, contexts and imports

    def __call__(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(self._calls, file=self._process.stdin, flush=True)
        result: dict[str, Any] = _answer(self._process)
        return result


def run(repeats: int, scale: float, chosen: list[str]) -> list[dict[str, Any]]:
    """Return one entry per server and mode."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        authorities, bundle = Path(folder, "authorities.pem"), Path(folder, "bundle.pem")
        urls = _answer(servers.enter_context(_talking(_HERE / "_tls_server.py", str(authorities))))
        bundle.write_bytes(Path(certifi.where()).read_bytes() + authorities.read_bytes())
        for server in chosen:
            url = urls[server]
            results = _turns(url, str(bundle), repeats, scale)
            found += [_entry(server, mode, results) for mode in CALLS]
    return found


def _turns(url: str, verify: str, repeats: int, scale: float) -> Mapping[str, list[dict[str, Any]]]:
    with ExitStack() as processes:
        callers = {}
        for mode, calls in CALLS.items():
            asked = json.dumps({"mode": mode, "url": url, "verify": verify, "in_flight": IN_FLIGHT})
            process = processes.enter_context(_talking(_HERE / "_clients" / "sessionless.py", asked))
            callers[mode] = _Caller(process, max(IN_FLIGHT // 2, int(calls * scale)))
        return in_turn(callers, repeats)


def _entry(server: str, mode: str, results: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    pairs = zip(results[mode], results["off"], strict=True)
    return {
        "server": server,
        "mode": mode,
        "cpu_us": spread([one["cpu_us"] for one in results[mode]]),
        # Of each turn to the one just before it, then the median.
        "of_off": median([one["cpu_us"] / off["cpu_us"] for one, off in pairs]),
    }


def main() -> None:
    parser = _options.parser("CPU per requests.get() without a session", repeats=21)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of calls")
    parser.add_argument("--servers", nargs="+", default=list(SERVERS), choices=SERVERS)
    asked = _options.parse(parser, scale=0.01, servers=["https, ECDSA"])
    where = _report.environment(asked.note)
    results = run(asked.repeats, asked.scale, asked.servers)
    _report.table(
        ["", "CPU µs/call", "least", "most", "off = 1", "off / it"],
        [
            [
                f"{entry['server']}, {entry['mode']}",
                *[entry["cpu_us"][key] for key in ("median", "least", "most")],
                entry["of_off"],
                1 / entry["of_off"],
            ]
            for entry in results
        ],
    )
    if not asked.dry:
        _report.save("fast_requests", __doc__.partition("\n")[0], results, where=where, into=asked.into)
        groups: dict[str, dict[str, float]] = {}
        for entry in results:
            groups.setdefault(entry["server"], {})[entry["mode"]] = entry["cpu_us"]["median"] / 1e3
        _report.bars(
            "fast_requests",
            {"CPU per requests.get() (ms)": groups},
            title="What a handler's requests.get() costs, as it comes (off) and with --fast-requests",
            log_x=True,
            into=asked.into,
        )


if __name__ == "__main__":
    main()
