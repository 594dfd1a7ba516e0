"""Where peers live: virtual environments, npm and Maven folders in the user's cache, one for each version.

Only open-source software is installed; licences are in docs/performance.md. What a machine can't have is reported
with the reason, and the benchmark goes on without it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

#: Seconds for one installation.
_PATIENCE_S = 600.0
_JAVA = 17


class MissingPeerError(RuntimeError):
    """A peer can't be had on this machine; the text says why and what to do."""


def has_virtual_environment(first_package: str) -> bool:
    """Tell whether the environment that this package names is installed already."""
    return _done(_virtual_home(first_package))


def virtual_environment(*packages: str) -> Path:
    """Return the Python of an environment that has these packages (``name==version``, the first one names it)."""
    home = _virtual_home(packages[0])
    python = home / "bin" / "python"
    if not _done(home):
        _fresh(home, packages)
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages])
        _mark(home)
    return python


def npm_folder(package: str, version: str) -> Path:
    """Return a folder whose ``node_modules`` has this package."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise MissingPeerError("node or npm is missing; install Node.js 20 or newer")
    home = _home(f"{package.rpartition('/')[2]}-{version}")
    if not _done(home):
        _fresh(home, [f"{package}@{version}"])
        (home / "package.json").write_text('{"private": true}\n')
        _run(["npm", "install", "--silent", "--ignore-scripts", f"{package}@{version}"], folder=home)
        _mark(home)
    return home


def java_libraries(group: str, artifact: str, version: str) -> Path:
    """Return a folder with an artifact's jars and those that it needs at run time, by Maven.

    Raises:
        MissingPeerError: There is no Maven or Java, or a jar of the same group is not under the Apache License 2.0
            by its own pom: then all of them are deleted again.
    """
    for program, remedy in (("mvn", "install Maven"), ("java", f"install a JDK {_JAVA} or newer")):
        if shutil.which(program) is None:
            raise MissingPeerError(f"{program} is missing; {remedy}")
    home = _home(f"{artifact}-{version}")
    if not _done(home):
        _fresh(home, [f"{group}:{artifact}:{version}"])
        (home / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies><dependency>"
            f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
            "</dependency></dependencies></project>"
        )
        copy = [
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            "-DoutputDirectory=lib",
            "-Dmdep.copyPom=true",
        ]
        _run(["mvn", "-q", "-B", *copy], folder=home)
        _refuse_other_licences(home, group)
        _mark(home)
    return home / "lib"


def _refuse_other_licences(home: Path, group: str) -> None:
    """Keep only what its own pom says is under the Apache License: one vendor publishes both kinds side by side."""
    for pom in (home / "lib").glob("*.pom"):
        text = pom.read_text(errors="replace")
        if f"<groupId>{group}</groupId>" not in text.partition("<dependencies>")[0]:
            continue
        licences = re.findall(r"<license>\s*<name>(.*?)</name>", text, re.DOTALL)
        if not licences or any("Apache" not in one for one in licences):
            shutil.rmtree(home)
            raise MissingPeerError(f"{pom.stem} is under {licences or 'no licence that its pom names'}, not Apache 2.0")


def _virtual_home(first_package: str) -> Path:
    return _home(f"{first_package.replace('==', '-')}-py{sys.version_info.major}.{sys.version_info.minor}")


def _home(name: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "c8-client" / "peers" / name


def _done(home: Path) -> bool:
    return (home / "installed").exists()


def _mark(home: Path) -> None:
    (home / "installed").touch()


def _fresh(home: Path, what: object) -> None:
    print(f"installing {what} into {home}", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)


def _run(command: list[str], folder: Path | None = None) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_PATIENCE_S)
    except subprocess.CalledProcessError as error:
        output = (error.stderr + error.stdout).decode(errors="replace").strip()
        raise MissingPeerError(f"{command[0]} ended with {error.returncode}: {output[-500:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPeerError(f"{command[0]}: {error}") from error
