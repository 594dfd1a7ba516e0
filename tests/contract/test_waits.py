"""What takes half a minute of waiting, all of it at once: conversations in every dialect, and a poll that is cut."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.contract.conversations import WAITING, replayed
from tests.contract.dialects import SPOKEN, TRANSLATIONS
from tests.contract.subjects import MODELS, Rest

#: A poll for all the seconds that a client may ask for; the gateway cuts it before.
POLL = {"type": "feel_job.x", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 60_000}


def _jobs_after_a_cut_poll() -> tuple[int, list[Any]]:
    """Return the status of a cut poll, and the jobs that the next gateway of the engine gives."""
    engine = Engine()
    engine.deploy(MODELS / "feel_job.bpmn")
    with Gateway(engine) as first:
        status, _ = Rest(first.base_url, TRANSLATIONS["8.6"]).call("POST", "/v2/jobs/activation", POLL)
    with Gateway(engine) as second:
        engine.create_instance("feel_job", {"kind": "x", "tries": 1})
        at_once = {**POLL, "requestTimeout": -1}
        _, answer = Rest(second.base_url, TRANSLATIONS["8.6"]).call("POST", "/v2/jobs/activation", at_once)
    return status, answer["jobs"]


@pytest.fixture(scope="module")
def waited() -> Iterator[dict[Any, Future[Any]]]:
    """All that waits, begun."""
    with ExitStack() as stack:
        gateways = {dialect: stack.enter_context(Gateway(dialect=dialect)) for dialect in SPOKEN}
        pool = stack.enter_context(ThreadPoolExecutor(len(WAITING) * len(SPOKEN) + 1))
        begun: dict[Any, Future[Any]] = {
            (name, dialect): pool.submit(replayed, name, gateway.base_url, dialect, slack_s=1.0)
            for name in WAITING
            for dialect, gateway in gateways.items()
        }
        yield {**begun, "cut poll": pool.submit(_jobs_after_a_cut_poll)}
    assert [gateway.errors for gateway in gateways.values()] == [[] for _ in gateways]


@pytest.mark.slow
@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("dialect", SPOKEN)
def test_a_conversation_that_waits_goes_as_recorded(name: str, dialect: str, waited: dict[Any, Future[str]]) -> None:
    assert waited[name, dialect].result() == ""


@pytest.mark.slow
def test_a_poll_that_was_cut_ends_with_the_gateway(waited: dict[Any, Future[Any]]) -> None:
    """It took a job with it that came to the next gateway of the engine, in a plain process for good."""
    status, jobs = waited["cut poll"].result()

    assert (status, len(jobs)) == (503, 1)
