"""Run the suite as pytest processes side by side, in three stages: ``python tests/run.py``.

The suite waits more than it computes (for polls, leases, restarts), so that several parts take little longer than one.
What computes comes first. Faults come after that, and leases that last a second last of all, each among themselves:
beside tests that compute they would test the machine.
Each part is a whole run: patched as users run it, and with an engine of its own. The first part's output is shown as it
comes, the others' below it. With arguments for pytest there is one run, which gets all of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATCHED = ("-m", "gevent.monkey", "--module", "pytest")
PYTEST = (sys.executable, "-m", "coverage", "run", *PATCHED)
#: Without coverage, which makes Python two to five times slower here.
UNMEASURED_PYTEST = (sys.executable, *PATCHED)
#: What waits most of its time, and in how many shares it runs: after all that computes.
FAULTS, FAULT_SHARES = "tests/faults", 3
LEASES, LEASE_SHARES = "tests/faults/test_lease.py", 3
#: What runs programs of its own, or the same lines of the package thousands of times.
UNMEASURED = (
    "tests/benchmarks",
    "tests/clients",
    "tests/libraries",
    "tests/model",
    "tests/typing",
    "tests/contract/test_own_camunda.py",
    "tests/unit/embedded/feel/test_any_text.py",
)
#: All that uses Keycloak: each pytest process would start its own.
KEYCLOAK = (
    "tests/acceptance/test_auth_on_keycloak.py",
    "tests/acceptance/test_keycloak.py",
    "tests/acceptance/test_seed_app.py",
)
#: The folders that are measured parts, and their number of shares; one more part has all the rest.
PARTS = (("tests/acceptance", 2), ("tests/contract", 1))
#: In which pytest counts.
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")


def main(arguments: list[str]) -> int:
    """Return the exit code for the whole suite."""
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    began_s = time.monotonic()
    ended = [result for stage in (computing(), faults(), leases()) for result in _side_by_side(stage)]
    texts = [text for _, text in ended]
    print(*totals(texts), closing(texts, time.monotonic() - began_s), sep="\n", flush=True)
    # Below 0 for one that was killed.
    return next((abs(code) for code, _ in ended if code), 0)


def computing() -> list[tuple[str, ...]]:
    """Return the commands of the first stage, the longest first."""
    elsewhere = [f"--ignore={path}" for path in (*UNMEASURED, *KEYCLOAK, FAULTS)]
    commands = [command for path, shares in PARTS for command in _shares(path, shares, *elsewhere)]
    rest = ("tests", *elsewhere, *[f"--ignore={path}" for path, _ in PARTS])
    return [(*PYTEST, *KEYCLOAK), *commands, (*PYTEST, *rest), (*UNMEASURED_PYTEST, *UNMEASURED)]


def faults() -> list[tuple[str, ...]]:
    """Return the commands of the second stage."""
    return _shares(FAULTS, FAULT_SHARES, f"--ignore={LEASES}")


def leases() -> list[tuple[str, ...]]:
    """Return the commands of the last stage."""
    return _shares(LEASES, LEASE_SHARES)


def _shares(path: str, shares: int, *more: str) -> list[tuple[str, ...]]:
    return [(*PYTEST, path, *more, f"--share={number}/{shares}") for number in range(1, shares + 1)]


def _side_by_side(commands: list[tuple[str, ...]]) -> list[tuple[int, str]]:
    """Run all at once; return the exit code and the output of each."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder, f"{number}.log") for number in range(len(commands))]
        processes = [_start(command, log) for command, log in zip(commands, logs, strict=True)]
        for process, log in zip(processes, logs, strict=True):
            _show(process, log)
        return [
            (process.returncode, log.read_text(errors="replace")) for process, log in zip(processes, logs, strict=True)
        ]


def _start(command: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


def _show(process: subprocess.Popen[bytes], log: Path) -> None:
    """Print what a process writes until it ends."""
    with log.open("rb") as written:
        running = True
        while running:
            # Ctrl+C reaches the process too, which ends by itself and says how far it came.
            with suppress(KeyboardInterrupt):
                running = process.poll() is None
                sys.stdout.buffer.write(written.read())
                sys.stdout.buffer.flush()
                time.sleep(0.2 if running else 0)


def totals(texts: list[str]) -> list[str]:
    """Return the lines by which tests/conftest.py tells what ran on real parts, added up."""
    counts: Counter[str] = Counter()
    for text in texts:
        for number, what in re.findall(r"^(\d+) (tests ran .*)$", text, re.MULTILINE):
            counts[what] += int(number)
    return [f"{number} {what}" for what, number in counts.items()]


def closing(texts: list[str], took_s: float) -> str:
    """Return pytest's closing line, of all parts."""
    counts: Counter[str] = Counter()
    for text in texts:
        lines = re.findall(r"^=+ (.*) in [0-9.]+s.* =+$", text, re.MULTILINE)
        # A part that was killed has none; that must not look like success.
        for number, what in re.findall(r"(\d+) ([a-z]+)", lines[-1]) if lines else [("1", "errors")]:
            counts[{"error": "errors", "warning": "warnings"}.get(what, what)] += int(number)
    told = ", ".join(f"{counts[what]} {what}" for what in sorted(counts, key=_ORDER.index))
    clock = timedelta(seconds=int(took_s))
    return f" {told} in {took_s:.2f}s ({clock}) ".center(80, "=")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
