"""Hold the coverage of each folder to a floor: ``python tests/floors.py``, as ``make coverage`` does.

One floor for all would let what protects jobs fall while other folders rise.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORKER = "camunda_client/c8/worker"
#: Per cent of lines and branches, by folder (its own files only) or file: what they had without Keycloak, less a point
#: for lines that only run when something is late.
FLOORS: dict[str, int] = {
    "camunda_client": 97,
    "camunda_client/_process": 88,
    "camunda_client/c8": 90,
    "camunda_client/c8/_http": 93,
    "camunda_client/c8/_wire": 93,
    "camunda_client/c8/api": 96,
    "camunda_client/c8/auth": 95,
    "camunda_client/c8/models": 97,
    "camunda_client/c8/models/generated": 98,
    WORKER: 92,
    # What holds over many hosts is tried by programs of tests/libraries, unmeasured.
    f"{WORKER}/_caps": 77,
    f"{WORKER}/_forms": 92,
    # PostgreSQL's and Redis' stores are tried by programs of tests/libraries, unmeasured.
    f"{WORKER}/_idempotency": 60,
    # Children of run_in="process" go unmeasured.
    f"{WORKER}/_offload": 75,
    # What protects jobs: by unit tests alone.
    f"{WORKER}/_lease.py": 95,
    f"{WORKER}/_extender.py": 95,
    f"{WORKER}/_reporter.py": 95,
    f"{WORKER}/_poller.py": 95,
    f"{WORKER}/_supervisor.py": 95,
    f"{WORKER}/_custody.py": 95,
    "camunda_client/camunda7": 85,
    "camunda_client/cli": 88,
    "camunda_client/cli/_status": 96,
    "camunda_client/config": 96,
    "camunda_client/embedded": 95,
    "camunda_client/embedded/_engine": 95,
    "camunda_client/embedded/data": 94,
    "camunda_client/embedded/feel": 93,
    "camunda_client/embedded/feel/builtins": 93,
    "camunda_client/embedded/gateway": 93,
    "camunda_client/embedded/model": 95,
    "camunda_client/embedded/run": 94,
    # Their tests run programs with the real libraries, unmeasured.
    "camunda_client/integrations": 0,
    "camunda_client/log": 90,
    "camunda_client/mapping": 94,
    "camunda_client/patching": 79,
    "camunda_client/testing": 90,
}
#: Lines and branches that were run, and all.
Count = tuple[int, int]


def main() -> int:
    """Return 1 if anything is below its floor, 0 otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "--fail-under=0", "-o", str(report)]
        subprocess.run(command, cwd=ROOT, check=True)
        files = {path: count(told["summary"]) for path, told in json.loads(report.read_text())["files"].items()}
    found = below(files, FLOORS)
    print(*(found or [f"coverage: all {len(FLOORS)} floors hold"]), sep="\n")
    return int(found != [])


def count(summary: Mapping[str, int]) -> Count:
    """Return what coverage's JSON report counted for a file."""
    return (
        summary["covered_lines"] + summary["covered_branches"],
        summary["num_statements"] + summary["num_branches"],
    )


def below(files: Mapping[str, Count], floors: Mapping[str, int]) -> list[str]:
    """Return a line for each floor that does not hold, or holds nothing, and for each folder without one."""
    counts: dict[str, list[int]] = {}
    for path, (covered, all_of_it) in files.items():
        for key in (path, str(Path(path).parent)):
            held = counts.setdefault(key, [0, 0])
            held[0] += covered
            held[1] += all_of_it
    lines = []
    for key, floor in floors.items():
        covered, all_of_it = counts.get(key, [0, 0])
        if not all_of_it:
            lines.append(f"coverage: {key} has a floor but was not measured")
        elif 100 * covered < floor * all_of_it:
            lines.append(f"coverage: {key} has {100 * covered / all_of_it:.1f} %, its floor is {floor} %")
    folders = {str(Path(path).parent) for path, (_, all_of_it) in files.items() if all_of_it}
    return lines + [f"coverage: {folder} has no floor (tests/floors.py)" for folder in sorted(folders - set(floors))]


if __name__ == "__main__":
    sys.exit(main())
