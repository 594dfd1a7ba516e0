"""The recorded conversations, replayed: on the embedded gateway, and on a real Camunda 8.6.0."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Gateway
from tests.contract import replay

HERE = Path(__file__).parent
CASES = {path.stem: path for path in sorted((HERE / "cases").glob("*.json"))}


def _options(*, slack_s: float) -> argparse.Namespace:
    """Return the replayer's own defaults, with room for a slow machine."""
    return argparse.Namespace(
        level="value",
        strict_headers=True,
        extra_ok=False,
        deadline_tol=2.0 + slack_s,
        slack=slack_s,
        keep_going=True,
        jobs=1,
    )


def _replayed(name: str, base_url: str, *, slack_s: float) -> str:
    """Return the steps that differ, as text; empty if all agree."""
    (case,) = replay.load_cases(str(HERE / "cases"), [name], [], [])
    _, results = replay.run_case(case, base_url, _options(slack_s=slack_s), str(HERE / "resources"))
    return "\n".join(f"step {number}: {text}" for number, passed, text, _ in results if not passed)


#: Conversations that do little but wait, up to half a minute: on both engines at once, and not beside the others.
WAITING = ("await_completion_cancelled", "await_completion_timeout", "long_poll_default", "long_poll_over_30s")


def _parameters() -> list[Any]:
    slow = {name for name, path in CASES.items() if '"slow"' in path.read_text().partition('"steps"')[0]}
    return [
        pytest.param(name, marks=[pytest.mark.slow] if name in slow else []) for name in CASES if name not in WAITING
    ]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """One embedded gateway for all cases, as on a real engine."""
    with Gateway() as running:
        yield running
    assert running.errors == []


@pytest.fixture(scope="session")
def real_base_url(request: pytest.FixtureRequest) -> str:
    """Where a real Camunda listens, or a skip that says what is missing."""
    try:
        url: str = request.getfixturevalue("real_camunda").base_url
    except pytest.FixtureLookupError:
        pytest.skip("needs the fixture real_camunda (a real Camunda 8.6.0)")
    return url


@pytest.mark.parametrize("name", _parameters())
def test_a_conversation_goes_alike_on_the_embedded_gateway(name: str, gateway: Gateway) -> None:
    assert _replayed(name, gateway.base_url, slack_s=1.0) == ""


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("name", _parameters())
def test_a_conversation_goes_alike_on_a_real_camunda(name: str, real_base_url: str) -> None:
    assert _replayed(name, real_base_url, slack_s=5.0) == ""


@pytest.fixture(scope="module")
def waited(gateway: Gateway, real_base_url: str) -> dict[tuple[str, str], Future[str]]:
    """What came of all waiting conversations on both engines."""
    with ThreadPoolExecutor(len(WAITING)) as many, ThreadPoolExecutor(1) as one_by_one:
        # Beside each other, a real gateway was seen to lose its broker's connection (502) for one that waits.
        real = {("real", name): one_by_one.submit(_replayed, name, real_base_url, slack_s=10.0) for name in WAITING}
        embedded = {("embedded", name): many.submit(_replayed, name, gateway.base_url, slack_s=1.0) for name in WAITING}
        return real | embedded


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("engine", ["embedded", "real"])
def test_a_conversation_that_waits_goes_alike(
    engine: str, name: str, waited: dict[tuple[str, str], Future[str]]
) -> None:
    assert waited[engine, name].result() == ""
