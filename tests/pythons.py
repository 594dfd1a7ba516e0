"""Run the unit tests on the oldest and the newest CPython found here beside this one: ``python tests/pythons.py``.

Each has an environment of its own in the user's cache, installed again only when pyproject.toml changed.
With ``CI=true`` finding none is said, not failed: which Pythons a machine has is its owner's business.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST = (3, 10)
NEWEST = (3, 15)
_ASK = "import sys; print(sys.implementation.name, *sys.version_info[:2])"


def main() -> int:
    """Return the exit code: 0 if the tests passed on each."""
    found = pythons()
    chosen = sorted({min(found), max(found)} if found else set())
    if not chosen:
        print(f"no CPython from {_dotted(OLDEST)} to {_dotted(NEWEST)} here beside {_dotted(sys.version_info[:2])}")
    failed = 0
    for version in chosen:
        python = _environment(version, found[version])
        print(f"unit tests on CPython {_dotted(version)}:", flush=True)
        command = [python, "-m", "gevent.monkey", "--module", "pytest", "tests/unit", "-q"]
        failed |= subprocess.run(command, cwd=ROOT, check=False).returncode
    return failed


def pythons() -> dict[tuple[int, int], Path]:
    """Return the CPythons that can be found by their usual names, but for the running one, by version."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    # pyenv's own folders: its shims on PATH refuse to run what no file has chosen.
    folders += sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin"))
    found: dict[tuple[int, int], Path] = {}
    for folder in folders:
        for minor in range(OLDEST[1], NEWEST[1] + 1):
            python = folder / f"python3.{minor}"
            if (3, minor) not in found and (3, minor) != sys.version_info[:2] and _is_cpython(python, minor):
                found[3, minor] = python
    return found


def _is_cpython(python: Path, minor: int) -> bool:
    if not python.exists():
        return False
    try:
        said = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.split() == ["cpython", "3", str(minor)]


def _environment(version: tuple[int, int], base: Path) -> Path:
    """Return the interpreter of an environment with what the tests need."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "c8-client"
    folder = cache / "pythons" / _dotted(version)
    python, stamp = folder / "bin/python", folder / "installed"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--editable", ".[test]"], cwd=ROOT, check=True)
        stamp.write_text(wanted)
    return python


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
