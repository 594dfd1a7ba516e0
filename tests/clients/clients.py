"""The clients that the embedded gateway is tried with: Apache-2.0 but for the last, and each in its own environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.parts.environments import Environment
from tests.parts.need import MissingPartError

PROGRAMS = Path(__file__).parent / "programs"
TYPESCRIPT, PYTHON = "@camunda8/orchestration-cluster-api", "camunda-orchestration-sdk"


@dataclass(frozen=True)
class Client:
    """A release of a client, and the program that uses it."""

    environment: Environment
    program: str
    #: Those of the gateway that it is tried with.
    dialects: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its package and release."""
        return f"{self.environment.package} {self.environment.version}"

    def command(self, *, install: bool) -> list[str]:
        """Return the command that runs its program."""
        return [*self.environment.command(install=install), str(PROGRAMS / self.program)]


CLIENTS = (
    Client(Environment("maven", "io.camunda:camunda-client-java", "8.9.0"), "Tour.java", ("8.9",)),
    Client(Environment("pypi", PYTHON, "9.0.1"), "sdk_tour.py", ("8.9",)),
    Client(Environment("pypi", PYTHON, "10.0.1"), "sdk_tour.py", ("8.10",)),
    Client(Environment("npm", TYPESCRIPT, "8.8.4"), "tour.mjs", ("8.8",)),
    Client(Environment("npm", TYPESCRIPT, "9.1.5"), "tour.mjs", ("8.9",)),
    Client(Environment("npm", "@camunda8/sdk", "8.8.13"), "camunda8_tour.mjs", ("8.6", "8.8")),
    # Under the licence of this package. Its code is not read here; only its README's application runs.
    Client(Environment("pypi", "c8-client", "8.7.2"), "readme_app.py", ("8.7", "8.8")),
)


def main() -> None:
    """Fetch every environment that this machine can have; fail under ``CI=true`` if one is missing."""
    missing = False
    for client in CLIENTS:
        try:
            client.command(install=True)
            print(client.environment.home)
        except MissingPartError as error:
            missing = True
            print(f"{client.name}: {error}")
    if missing and os.environ.get("CI") == "true":
        sys.exit(1)


if __name__ == "__main__":
    main()
