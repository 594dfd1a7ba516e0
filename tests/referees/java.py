"""Runs a referee, a small Java program over libraries from Maven Central: lines in, lines out.

Needs Java 17 and Maven.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

_POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>referee</groupId>'
    "<artifactId>referee</artifactId><version>1</version><dependencies>{}</dependencies></project>"
)
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def line_of(*parts: str | None) -> str:
    """Return parts as one line: base64 of each, parted by blanks, and a dash for None."""
    return " ".join("-" if part is None else base64.b64encode(part.encode()).decode() for part in parts)


def answers(
    program: str,
    sources: list[Path],
    libraries: dict[str, str],
    lines: list[str],
    services: dict[str, str] | None = None,
) -> list[str]:
    """Return the lines that a program answers.

    Args:
        program: Its class.
        sources: Its files.
        libraries: Version by ``group:artifact``.
        lines: What it reads.
        services: Classes of the program that libraries find by themselves, by the interface.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        listed = "".join(_DEPENDENCY.format(*name.split(":"), version) for name, version in libraries.items())
        (home / "pom.xml").write_text(_POM.format(listed), encoding="utf-8")
        options = ["-Dmdep.outputFile=classpath", "-Dmdep.includeScope=runtime"]
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:build-classpath", *options], cwd=home, check=True, stdout=sys.stderr
        )
        classpath = f"{home}:{(home / 'classpath').read_text(encoding='utf-8').strip()}"
        subprocess.run(["javac", "-nowarn", "-encoding", "UTF-8", "-cp", classpath, "-d", folder, *sources], check=True)
        for interface, name in (services or {}).items():
            found = home / "META-INF" / "services" / interface
            found.parent.mkdir(parents=True, exist_ok=True)
            found.write_text(name, encoding="utf-8")
        done = subprocess.run(
            ["java", "-Duser.timezone=UTC", "-Duser.language=en", "-cp", classpath, program],
            input="\n".join(lines), stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True,
        )  # fmt: skip
    return done.stdout.splitlines()
