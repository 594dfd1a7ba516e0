"""Fetching a distribution: once, by whoever comes first, and never half."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from camunda_client.testing.real_camunda import MissingPartError, fetch_camunda
from tests.parts.need import needed

FETCH = "from camunda_client.testing.real_camunda import fetch_camunda; print(fetch_camunda())"


@pytest.fixture
def empty_cache() -> Iterator[Path]:
    # Not tmp_path: pytest would keep the last three, a gigabyte.
    with tempfile.TemporaryDirectory(prefix="c8-cache-") as folder:
        yield Path(folder)


@pytest.mark.slow
def test_two_processes_that_fetch_at_once_share_one_whole_distribution(empty_cache: Path) -> None:
    with needed():
        fetch_camunda()  # into the usual cache: tells a missing Maven from a broken fetch
    environment = {**os.environ, "XDG_CACHE_HOME": str(empty_cache)}

    both = [
        subprocess.Popen([sys.executable, "-c", FETCH], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    homes = [process.communicate(timeout=240)[0].strip() for process in both]

    expected = empty_cache / "c8-client" / "camunda-zeebe-8.6.0"
    assert homes == [str(expected)] * 2
    assert (expected / "bin" / "broker").is_file()
    assert len(list((expected / "lib").glob("*.jar"))) > 400
    assert sorted(path.name for path in expected.parent.iterdir()) == [
        ".camunda-zeebe-8.6.0.lock",
        "camunda-zeebe-8.6.0",
    ]


def test_a_version_that_does_not_exist_is_told_in_mavens_words(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty_cache))

    with pytest.raises(MissingPartError, match=r"could not fetch .*:0\.0\.0:tar\.gz: .*mvn ended(.|\n)*find artifact"):
        fetch_camunda("0.0.0")

    assert [path.name for path in (empty_cache / "c8-client").iterdir()] == [".camunda-zeebe-0.0.0.lock"]


def test_a_missing_maven_is_told_with_what_to_do(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty_cache))
    monkeypatch.setenv("PATH", str(empty_cache))

    with pytest.raises(MissingPartError, match=r"needs Maven to fetch io\.camunda:camunda-zeebe:8\.6\.0:tar\.gz"):
        fetch_camunda()
