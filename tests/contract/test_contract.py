"""The conversations recorded from Camunda 8.6.0 go alike on the embedded gateway, in every dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any

import pytest

from camunda_client.embedded import Gateway
from tests.contract import own_camunda as own
from tests.contract.conversations import CASES, WAITING, replayed
from tests.contract.dialects import SPOKEN
from tests.contract.own_camunda import OwnCamunda

#: Conversations at once; they wait more than they compute.
AT_ONCE = 8
Result = Callable[[str, str], str]


def _parameters() -> list[Any]:
    return [
        pytest.param(name, marks=[pytest.mark.slow] if "slow" in case["tags"] else [])
        for name, case in CASES.items()
        if name not in WAITING
    ]


@pytest.fixture(scope="module")
def gateways() -> Iterator[dict[str, Gateway]]:
    """One embedded gateway a dialect for all conversations, as on a real engine."""
    with ExitStack() as stack:
        running = {dialect: stack.enter_context(Gateway(dialect=dialect)) for dialect in SPOKEN}
        yield running
    assert [gateway.errors for gateway in running.values()] == [[] for _ in running]


@pytest.fixture(scope="module")
def result(request: pytest.FixtureRequest, gateways: dict[str, Gateway]) -> Iterator[Result]:
    """What came of a conversation in a dialect. All that were selected are held beside each other."""
    selected = [
        (item.callspec.params["name"], item.callspec.params["dialect"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module and "result" in item.fixturenames
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def begin(name: str, dialect: str) -> Future[str]:
            return pool.submit(replayed, name, gateways[dialect].base_url, dialect, slack_s=1.0)

        beside = {(name, dialect): begin(name, dialect) for name, dialect in selected if not _alone(name)}

        def find(name: str, dialect: str) -> str:
            if not _alone(name) and beside[name, dialect].result() == "":
                return ""
            # On a busy machine a lease of one second may end between two requests. By itself, once more: what the
            # gateway does otherwise, it does otherwise again.
            wait(beside.values())
            return begin(name, dialect).result()

        yield find


def _alone(name: str) -> bool:
    return "alone" in CASES[name]["tags"]


@pytest.mark.parametrize("name", _parameters())
@pytest.mark.parametrize("dialect", SPOKEN)
def test_a_conversation_goes_as_recorded(name: str, dialect: str, result: Result) -> None:
    assert result(name, dialect) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", own.names(CASES))
def test_a_conversation_goes_as_recorded_on_a_persons_own_camunda(name: str, own_camunda: OwnCamunda) -> None:
    if _alone(name):
        pytest.skip(f"{name}: pins the clock, or tries keys that could be another person's")

    difference = own_camunda.replayed(name)

    own_camunda.compared(f"conversation {name}", difference)
