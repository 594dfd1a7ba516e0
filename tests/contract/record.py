"""Write the recordings anew: ``python -m tests.contract.record [--replace] [NAME ...]``.

The embedded engine of this working copy writes them. What is new is written. A recording that would change is not:
the difference is printed, and the exit code is 1. ``--replace`` writes that too. From then on the file says that no
Camunda was compared with it, because only the engine of commit 8fdaee9 was held equal to one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from camunda_client.embedded import Engine, Gateway
from tests.contract import recordings
from tests.contract.dialects import TRANSLATIONS
from tests.contract.recordings import Played
from tests.contract.scenarios import SCENARIOS
from tests.contract.subjects import Embedded, Rest

#: The last commit at which the suite played everything on a real Camunda 8.6.0 too.
HELD_EQUAL = "8fdaee9"
_ENGINE = "camunda_client/embedded"


def source() -> str:
    """Return who writes: date, engine, and what it was compared with."""
    today = datetime.now(timezone.utc).date().isoformat()
    if not _git("diff", "--name-only", HELD_EQUAL, "--", _ENGINE):
        return (
            f"written on {today} by the embedded engine of commit {HELD_EQUAL}, which the suite then held equal "
            "to a real Camunda 8.6.0 in exactly these points"
        )
    changed = " with changes" if _git("status", "--porcelain", "--", _ENGINE) else ""
    commit = _git("rev-parse", "--short=7", "HEAD")
    return f"written on {today} by the embedded engine of commit {commit}{changed}; not compared with a Camunda"


def _git(*command: str) -> str:
    done = subprocess.run(["git", *command], cwd=recordings.FOLDER.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def written(path: Path, about: str, found: dict[str, Any], source: Callable[[], str], *, replace: bool) -> bool:
    """Write a recording; return whether it is up to date now. One that is keeps its source."""
    if path.exists():
        difference = recordings.differences(recordings.load(path), found)
        if not difference:
            return True
        print(f"{path.name} would change:\n{difference}")
        if not replace:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(recordings.as_text({"about": about, "source": source(), **found}), encoding="utf-8")
    print(f"wrote {path.name}")
    return True


def documents() -> dict[str, Any]:
    """Return what the embedded engine says of each document over REST."""
    with Gateway(Engine(dialect="8.6.0")) as gateway:
        rest = Rest(gateway.base_url, TRANSLATIONS["8.6"])
        return recordings.documents(lambda text: recordings.verdict(*rest.deployed([("model.bpmn", text)])))


def main(arguments: list[str]) -> int:
    """Return 1 if a recording would have changed."""
    known = [*SCENARIOS, "documents"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios, or documents; all when left out")
    parser.add_argument("--replace", action="store_true", help="write what changes too")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    done = []
    for name in options.names or known:
        if name == "documents":
            path, about, found = recordings.DOCUMENTS, "Documents that are refused or taken when deployed", documents()
        else:
            path, about = recordings.path_of(name), SCENARIOS[name].__doc__ or name
            found = Played(name, Embedded()).recording()
        done.append(written(path, about, found, source, replace=options.replace))
    if not all(done):
        print("refused to change recordings; look at the differences, then say --replace")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
