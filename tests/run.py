"""Run the suite as pytest processes side by side, in two stages: ``python tests/run.py``.

The suite waits more than it computes (for polls, leases, restarts), so more parts run at once than there are cores.
A part begins when another ends, the longest first, so that none is the last for long.
What computes comes first, and faults after it, among themselves: beside tests that compute, their leases of a second or
two would test the machine.
Each part is a whole run: patched as users run it, and with an engine of its own. The first part's output is shown as it
comes, the others' below it. With arguments for pytest there is one run, which gets all of them.

A developer waits for it, so it is quick unless asked for more: of a parametrised test it runs one case, and it leaves
out what :data:`TOOLS` names, tests marked ``long`` and those on Keycloak. ``--all``, as the first argument, runs
everything. ``--coverage`` does so too, and measures what the tests run of the package, in their child processes as
well: that is what CI does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATCHED = ("-m", "gevent.monkey", "--module", "pytest")
COVERAGE, ALL = "--coverage", "--all"
#: What waits most of its time, after all that computes: so many together need some three quarters of two cores.
FAULTS, FAULT_SHARES = "tests/faults", 6
#: Parts at once, measured and not: of those that start programs, each waits about half of its time for them.
MEASURED_AT_ONCE, COMPUTING_AT_ONCE = 4, 6
#: Tests of what is beside the package, or beside how it is used every day: benchmarks, other clients, many libraries,
#: the model of the lease's protocol, type checkers.
TOOLS = ("tests/benchmarks", "tests/clients", "tests/libraries", "tests/model", "tests/typing")
#: What runs programs of its own, or the same lines of the package thousands of times: never measured.
UNMEASURED = (
    *TOOLS,
    "tests/contract/test_own_camunda.py",
    "tests/unit/embedded/feel/test_any_text.py",
)
#: All that uses Keycloak: each pytest process would start its own.
KEYCLOAK = (
    "tests/acceptance/test_auth_on_keycloak.py",
    "tests/acceptance/test_keycloak.py",
    "tests/acceptance/test_seed_app.py",
)
ACCEPTANCE, CONTRACT = "tests/acceptance", "tests/contract"
#: In which pytest counts.
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")


#: pytest's exit code when Ctrl+C ended it.
INTERRUPTED = 2
#: Ctrl+C was pressed: no other part begins.
_interrupted = threading.Event()


def main(arguments: list[str]) -> int:
    """Return the exit code for the whole suite."""
    measured, whole = COVERAGE in arguments[:1], ALL in arguments[:1]
    # Some five hundred programs would each compile the package anew, which costs more than all else at their start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if some := tuple(arguments[measured or whole :]):
        return subprocess.run(command(some, measured), cwd=ROOT, check=False).returncode
    began_s = time.monotonic()
    ended: list[Ended] = []
    stages = (computing(), faults()) if measured or whole else (quick(computing()), quick(faults()))
    at_onces = (MEASURED_AT_ONCE if measured else COMPUTING_AT_ONCE, FAULT_SHARES)
    for stage, at_once in zip(stages, at_onces, strict=True):
        ended += _side_by_side([command(part, measured) for part in stage], at_once)
    texts = [part.text for part in ended]
    if not (measured or whole):
        print(
            f"left out: {', '.join(TOOLS)}, and (deselected) long tests, those on Keycloak and further cases; "
            "make test-all runs them, and so does CI"
        )
    print(*durations(ended), *totals(texts), closing(texts, time.monotonic() - began_s), sep="\n", flush=True)
    # Below 0 for one that was killed.
    return next((abs(part.code) for part in ended if part.code), 0)


def command(part: tuple[str, ...], measured: bool) -> list[str]:
    """Return the command that runs pytest with a part's arguments."""
    # Measured, leases of a second and less would test the machine: a tracer takes most of what it computes.
    coverage = ("-m", "coverage", "run") if measured and not {UNMEASURED[0], FAULTS} & set(part) else ()
    return [sys.executable, *coverage, *PATCHED, *part]


def computing() -> list[tuple[str, ...]]:
    """Return pytest's arguments for each part of the first stage, the longest first."""
    elsewhere = [f"--ignore={path}" for path in (*UNMEASURED, *KEYCLOAK, FAULTS)]
    rest = ("tests", *elsewhere, f"--ignore={ACCEPTANCE}", f"--ignore={CONTRACT}")
    return [
        KEYCLOAK,
        *_shares((ACCEPTANCE, *elsewhere), 4),
        # Recorded conversations that wait as long as they did then.
        (CONTRACT, *elsewhere),
        *_shares(rest, 2),
        *_shares(UNMEASURED, 3),
    ]


def faults() -> list[tuple[str, ...]]:
    """Return the same for the second stage."""
    return _shares((FAULTS,), FAULT_SHARES)


def quick(parts: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the same parts, without what a developer need not wait for."""
    found = [tuple(word for word in part if word not in TOOLS) for part in parts]
    return [(*part, "--quick") for part in found if any(not word.startswith("--") for word in part)]


def further_cases(names: list[str]) -> set[str]:
    """Return those of a list of pytest's node ids that a quick run leaves out."""
    first: dict[str, str] = {}
    return {name for name in names if first.setdefault(name.partition("[")[0], name) != name}


def _shares(part: tuple[str, ...], shares: int) -> list[tuple[str, ...]]:
    return [(*part, f"--share={number}/{shares}") for number in range(1, shares + 1)]


@dataclass(frozen=True)
class Ended:
    """What became of a part: its exit code (below 0: the signal), all that it wrote, and the seconds it took."""

    name: str
    code: int
    text: str
    took_s: float


def _side_by_side(commands: list[list[str]], at_once: int) -> list[Ended]:
    """Run so many at once, each to its end; show what they write, one after the other."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as pool:
        logs = [Path(folder, f"{number}.log") for number in range(len(commands))]
        parts = [pool.submit(_run, words, log) for words, log in zip(commands, logs, strict=True)]
        for part, log in zip(parts, logs, strict=True):
            _show(part, log)
        return [part.result() for part in parts]


def _run(words: list[str], log: Path) -> Ended:
    name = _name(words[words.index("pytest") + 1 :])
    if _interrupted.is_set():
        return Ended(name, INTERRUPTED, "", 0.0)
    began_s = time.monotonic()
    with log.open("wb") as output:
        code = subprocess.run(words, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    return Ended(name, code, log.read_text(errors="replace"), time.monotonic() - began_s)


def _name(arguments: list[str]) -> str:
    paths = [word for word in arguments if not word.startswith("--")]
    shares = [word for word in arguments if word.startswith("--share=")]
    more = [f"and {len(paths) - 1} more"] if len(paths) > 1 else []
    return " ".join([paths[0], *more, *shares])


def _show(part: Future[Ended], log: Path) -> None:
    """Print what a part writes until it ends."""
    shown = 0
    running = True
    while running:
        try:
            running = not part.done()
            written = log.read_bytes() if log.exists() else b""
            sys.stdout.buffer.write(written[shown:])
            sys.stdout.buffer.flush()
            shown = len(written)
            time.sleep(0.2 if running else 0)
        except KeyboardInterrupt:
            # Ctrl+C reaches the processes too, which end by themselves and say how far they came.
            _interrupted.set()


def durations(ended: list[Ended]) -> list[str]:
    """Return how long each part took: what took longest should begin first."""
    return [f"{part.took_s:5.0f} s  {part.name}" for part in sorted(ended, key=lambda part: -part.took_s)]


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
