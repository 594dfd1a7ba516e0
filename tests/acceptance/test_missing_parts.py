"""A part that is missing skips its tests at home, with a reason, and fails them in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import databases
from tests.parts.need import MissingPartError, needed

ROOT = Path(__file__).parent.parent.parent
NEEDS_KEYCLOAK = "tests/acceptance/test_keycloak.py::test_keycloak_counts_the_tokens_it_gave"


@pytest.mark.parametrize(("ci", "code", "outcome"), [("", 0, "1 skipped"), ("true", 1, "1 error")])
def test_without_maven_the_tests_of_keycloak(ci: str, code: int, outcome: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "CI": ci}

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", NEEDS_KEYCLOAK],
        capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip

    assert run.returncode == code, run.stdout
    assert outcome in run.stdout
    assert "needs Maven to fetch org.keycloak:keycloak-quarkus-dist:26.7.3:tar.gz" in run.stdout
    assert "0 tests ran with tokens of a real Keycloak" in run.stdout


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", MissingPartError)])
@pytest.mark.parametrize(("server", "package"), [("postgresql", "postgresql"), ("redis", "redis-server")])
def test_without_its_server_a_database(
    server: str, package: str, ci: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(databases, "DEBIAN", tmp_path)

    with pytest.raises(outcome, match=f"apt-get install {package}"), needed(), getattr(databases, server)():
        pass
