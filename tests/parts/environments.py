"""Environments for other people's clients, one for each version, in the user's cache: ``make clients`` fetches them.

Each is a virtual environment, a folder of npm or one of Maven. Nothing of them is in this checkout or in ``.venv``.
Only open-source software is installed: a Java library that its own pom does not put under the Apache License is
refused.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.parts.java import java_version
from tests.parts.maven import cache_folder
from tests.parts.need import MissingPartError

#: Seconds for one command of an installation. 70 MB over a slow line.
INSTALL_TIMEOUT_S = 600.0
#: Java runs a source file directly from 11 on; the programs use text blocks (15) and pattern matching (16).
JAVA = 17


@dataclass(frozen=True)
class Environment:
    """One package of one version with all that it needs."""

    #: ``pypi``, ``npm`` or ``maven``.
    kind: str
    #: As its registry writes it; ``group:artifact`` for Maven.
    package: str
    version: str

    @property
    def home(self) -> Path:
        """Its folder."""
        name = re.sub(r"[^\w.-]+", "-", self.package).strip("-")
        python = f"-py{sys.version_info.major}.{sys.version_info.minor}" if self.kind == "pypi" else ""
        return cache_folder() / "clients" / f"{name}-{self.version}{python}"

    def command(self, *, install: bool) -> list[str]:
        """Return what starts a program of it: put the program's path behind it.

        Args:
            install: Fetch the package if it is not there.

        Raises:
            MissingPartError: The package, or the program that runs it, is not there; the message says what to do.
        """
        start = _KINDS[self.kind].command(self)
        if not self.home.is_dir():
            if not install:
                raise MissingPartError(f"needs {self.package} {self.version}; fetch it by: make clients")
            self._install()
        return start

    def _install(self) -> None:
        """Install beside the folder and rename, so that half an environment is never seen."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=self.home.parent))
        try:
            _KINDS[self.kind].install(self, scratch)
            try:
                scratch.rename(self.home)
            except OSError:
                # Another run was quicker.
                if not self.home.is_dir():
                    raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _pypi_command(one: Environment) -> list[str]:
    # Not a virtual environment: those can't be renamed.
    return ["env", f"PYTHONPATH={one.home}", sys.executable, "-s"]


def _pypi_install(one: Environment, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--target", str(folder), f"{one.package}=={one.version}"], folder)


def _npm_command(one: Environment) -> list[str]:
    # Modules are found from the folder that has them, wherever the program lies.
    return ["env", f"CLIENT_MODULES={one.home}", _found("node", "install Node.js 20 (apt-get install nodejs npm)")]


def _npm_install(one: Environment, folder: Path) -> None:
    npm = _found("npm", "install it (apt-get install npm)")
    (folder / "package.json").write_text('{"private": true}\n')
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    _run([npm, "install", *quiet, f"{one.package}@{one.version}"], folder)


def _maven_command(one: Environment) -> list[str]:
    java = _found("java", f"install a JDK {JAVA} (apt-get install default-jdk-headless)")
    if (java_version(Path(java)) or 0) < JAVA:
        raise MissingPartError(f"needs Java {JAVA} or newer, and {java} is older")
    # Its programs run for seconds: a compiler that optimizes would cost more than it gains.
    return [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{one.home}/lib/*"]


def _maven_install(one: Environment, folder: Path) -> None:
    group, _, artifact = one.package.partition(":")
    (folder / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies><dependency>"
        f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{one.version}</version>"
        "</dependency></dependencies></project>"
    )
    options = ["-DincludeScope=runtime", "-DoutputDirectory=lib", "-Dmdep.copyPom=true"]
    _run([_found("mvn", "install Maven"), "-q", "-B", "dependency:copy-dependencies", *options], folder)
    for pom in (folder / "lib").glob("*.pom"):
        _refuse_other_licences(pom, group)


def _refuse_other_licences(pom: Path, group: str) -> None:
    """Refuse what its own pom does not put under the Apache License: one vendor publishes both kinds side by side."""
    text = pom.read_text(errors="replace")
    if f"<groupId>{group}</groupId>" in text.partition("<dependencies>")[0]:
        licences = re.findall(r"<license>\s*<name>(.*?)</name>", text, re.DOTALL)
        if not licences or any("Apache" not in one for one in licences):
            raise MissingPartError(f"{pom.stem} is under {licences or 'no licence that its pom names'}, not Apache 2.0")


@dataclass(frozen=True)
class _Kind:
    command: Callable[[Environment], list[str]]
    install: Callable[[Environment, Path], None]


_KINDS = {
    "pypi": _Kind(_pypi_command, _pypi_install),
    "npm": _Kind(_npm_command, _npm_install),
    "maven": _Kind(_maven_command, _maven_install),
}


def _found(program: str, remedy: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise MissingPartError(f"{program} is missing; {remedy}")
    return path


def _run(command: list[str], folder: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        subprocess.run(command, cwd=folder, env=clean, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        output = (error.stderr + error.stdout).decode(errors="replace").strip()
        raise MissingPartError(f"{command[0]} ended with {error.returncode}: {output[-500:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPartError(f"{command[0]}: {error}") from error
