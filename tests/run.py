"""Run the suite as three pytest processes side by side, and one after them: ``python tests/run.py``.

The suite waits more than it computes (for polls, leases, restarts), so that three parts take little longer than one.
Tests of leases that last a second come last and alone: beside others on two cores they would test the machine.
Each part is a whole run: patched as users run it, measured, and with an engine of its own. The first part's output is
shown as it comes, the others' below it. With arguments for pytest there is one run, which gets all of them.
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
PYTEST = (sys.executable, "-m", "coverage", "run", "-m", "gevent.monkey", "--module", "pytest")
#: What is run alone, at the end.
ALONE = "tests/faults/test_lease.py"
#: What each part has; one more has all the rest.
PARTS = (("tests/faults",), ("tests/acceptance",))
#: In which pytest counts.
_ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")


def main(arguments: list[str]) -> int:
    """Return the exit code for the whole suite."""
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    began_s = time.monotonic()
    rest = ("tests", *[f"--ignore={path}" for part in PARTS for path in part])
    parts = [(*part, f"--ignore={ALONE}") for part in (*PARTS, rest)]
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder, f"{number}.log") for number in range(len(parts) + 1)]
        processes = [_start(part, log) for part, log in zip(parts, logs, strict=False)]
        for process, log in zip(processes, logs, strict=False):
            _show(process, log)
        processes.append(_start((ALONE,), logs[-1]))
        _show(processes[-1], logs[-1])
        texts = [log.read_text(errors="replace") for log in logs]
    print(*totals(texts), closing(texts, time.monotonic() - began_s), sep="\n", flush=True)
    # Below 0 for one that was killed.
    return next((abs(process.returncode) for process in processes if process.returncode), 0)


def _start(part: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen([*PYTEST, *part], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


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
