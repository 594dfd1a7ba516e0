"""Area B, authentication: tokens that are late, refused, revoked or nonsense, and an engine that trusts none."""

from __future__ import annotations

import logging
import re
import time
from itertools import pairwise
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8 import auth, worker
from camunda_client.config import get_config
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.token_server import TokenServer
from tests.parts.work import Tally, until, working

COMPLETION = "POST .*/completion"
ACTIVATION = "POST .*/jobs/activation"
REFUSAL = {"title": "Unauthorized", "status": 401}


@pytest.fixture
def guarded(proxy: FaultProxy, tokens: TokenServer) -> FaultProxy:
    """A way to an engine that answers 401 to whoever has no good token; faults set in front of it come first."""
    proxy.last = tokens.guard()
    return proxy


def carried(proxy: FaultProxy, pattern: str = ".*") -> list[str]:
    return [request.headers.get("authorization", "") for request in proxy.seen(pattern)]


@pytest.mark.fault(24, 46)
@pytest.mark.parametrize("how", ["401 once", "revoked"])
def test_a_token_refused_before_its_time_is_replaced_and_the_report_repeated(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events, how: str
) -> None:
    def handler(job: Any) -> None:
        if how == "revoked":
            tokens.revoke()
        else:
            guarded.on(COMPLETION, broken.respond(401, REFUSAL), times=1)

    tally = Tally(handler)
    scene.start()
    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth):
        scene.completed_once()
        until(lambda: events.named("job.completed") != [], "it is told")

    assert tally.runs == {0: 1}
    assert len(tokens.requests) == 2
    assert carried(guarded, COMPLETION) == ["Bearer token-1", "Bearer token-2"]
    assert events.loud() == []


@pytest.mark.slow
@pytest.mark.fault(25, 47)
@pytest.mark.parametrize("same_forever", [False, True], ids=["another token each time", "the same token each time"])
def test_an_engine_that_refuses_every_token_is_hammered_with_neither_polls_nor_fetches(
    scene: Scene, proxy: FaultProxy, tokens: TokenServer, events: Events, same_forever: bool
) -> None:
    proxy.on(".*", broken.respond(401, REFUSAL))
    tokens.same_forever = same_forever

    with working(proxy.base_url, {scene.job_type: Tally()}, auth=tokens.auth):
        started_s = time.monotonic()
        until(lambda: len(tokens.requests) == 3, "two more tokens were asked for", 20)
        took_s = time.monotonic() - started_s
        healthy = worker.health().alive

    assert took_s > 4.5, "one at first, one at the first refusal, and one each five seconds"
    assert len(proxy.seen(ACTIVATION)) <= 14
    [told] = events.named("poll.failed", logging.WARNING)
    assert "status=401" in told
    assert not healthy


@pytest.mark.slow
@pytest.mark.fault(25)
def test_a_job_in_hand_outlives_an_engine_that_refuses_tokens_for_a_while(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events
) -> None:
    rules = []
    tally = Tally(lambda job: rules.append(guarded.on(".*", broken.respond(401, REFUSAL))))
    scene.start()

    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth, timeout=20_000):
        until(lambda: len(guarded.seen(COMPLETION)) >= 3, "it was tried again")
        rules[0].end()
        scene.completed_once()

    assert tally.runs == {0: 1}


@pytest.mark.slow
@pytest.mark.fault(38)
def test_a_slow_token_is_fetched_once_for_all_who_wait(scene: Scene, guarded: FaultProxy, tokens: TokenServer) -> None:
    tokens.delay_s = 2.0
    scene.start(5)

    with working(guarded.base_url, {scene.job_type: Tally()}, auth=tokens.auth):
        waiting = [gevent.spawn(auth.authorization, get_config()) for _ in range(50)]
        gevent.joinall(waiting, timeout=10, raise_error=True)
        scene.completed_once(5)

    assert {one.value for one in waiting} == {"Bearer token-1"}
    assert len(tokens.requests) == 1


@pytest.mark.slow
@pytest.mark.fault(39, 50)
def test_a_token_that_ends_all_the_time_is_fetched_once_each_time_and_never_late(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events
) -> None:
    """Fifty jobs, each longer than a token; polls are parked over a token's end."""
    tokens.expires_in_s = 1
    tally = Tally(lambda job: gevent.sleep(1.3 + job.variables["number"] / 50))
    scene.start(50)

    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth, timeout=3000):
        started_s = time.monotonic()
        scene.completed_once(50)
        took_s = time.monotonic() - started_s

    assert set(tally.runs.values()) == {1}
    # Renewed when a quarter of its second is left.
    assert len(tokens.requests) <= took_s / 0.7 + 2
    # An answer of 401 would mean that a token was used beyond its end.
    assert all(header in {f"Bearer token-{n}" for n in range(1, tokens.given + 1)} for header in carried(guarded))
    assert tokens.refused == 0
    assert events.loud() == []


@pytest.mark.slow
@pytest.mark.fault(40)
def test_a_token_endpoint_in_trouble_at_first_fails_no_job(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events
) -> None:
    tokens.misbehave("503", "429", "404")
    tally = Tally()
    scene.start(3)

    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth):
        scene.completed_once(3)

    asked = [request.at_s for request in tokens.requests]
    assert len(asked) == 4
    assert all(
        later - earlier > least for (earlier, later), least in zip(pairwise(asked), (0.4, 0.9, 1.9), strict=True)
    )
    assert len(events.named("auth.token_failed", logging.WARNING)) == 3
    assert scene.now("FAILED") == []


@pytest.mark.slow
@pytest.mark.fault(41)
def test_one_failure_of_the_token_endpoint_in_the_middle_stops_nothing(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer
) -> None:
    tokens.expires_in_s = 1
    tally = Tally()

    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth, request_timeout=1000):
        until(lambda: tokens.given >= 2, "it goes steadily")
        tokens.misbehave("503")
        until(lambda: len(tokens.requests) > tokens.given, "it failed")
        given = tokens.given
        scene.start(3)
        scene.completed_once(3)
        until(lambda: tokens.given > given, "tokens are fetched again")

    assert set(tally.runs.values()) == {1}


@pytest.mark.slow
@pytest.mark.fault(42)
def test_a_wrong_secret_is_told_once_and_not_tried_again_and_again(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events
) -> None:
    tokens.misbehave(*["denied"] * 100)

    with working(guarded.base_url, {scene.job_type: Tally()}, auth=tokens.auth, polling_interval=300):
        until(lambda: len(events.named("poll.failed")) >= 6, "polls are due")
        healthy = worker.health().alive

    assert len(tokens.requests) == 1
    assert guarded.requests == []
    [told] = events.named("auth.token_denied", logging.ERROR)
    assert "worker-client" in told
    assert "/token" in told
    assert tokens.client_secret not in events.text
    assert not healthy


@pytest.mark.fault(43, 44)
@pytest.mark.parametrize(
    "answer",
    ["html", "empty", "truncated", "no_token", "null_token", "int_token", "crlf", "nul", "unicode", "reset", "500"],
)
def test_what_is_no_token_is_never_sent_and_asked_for_again(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events, answer: str
) -> None:
    tokens.misbehave(answer)
    scene.start()

    with working(guarded.base_url, {scene.job_type: Tally()}, auth=tokens.auth):
        scene.completed_once()

    assert set(carried(guarded)) == {"Bearer token-1"}
    [told] = events.named("auth.token_failed", logging.WARNING)
    assert not re.search(r"abc|жетон|X-Evil", told)


@pytest.mark.slow
@pytest.mark.fault(40)
@pytest.mark.parametrize("tries", [2, pytest.param(6, marks=pytest.mark.soak)])
def test_work_begins_by_itself_when_the_token_endpoint_comes_up(
    scene: Scene, guarded: FaultProxy, tokens: TokenServer, events: Events, tries: int
) -> None:
    tokens.refuse()
    tally = Tally()
    scene.start(3)

    with working(guarded.base_url, {scene.job_type: tally}, auth=tokens.auth, polling_interval=500):
        until(lambda: len(events.named("auth.token_failed")) >= tries, "it was asked in vain")
        tokens.start()
        scene.completed_once(3)

    assert set(tally.runs.values()) == {1}


@pytest.mark.fault(52)
@pytest.mark.parametrize("minutes", [-10, 10])
def test_the_engines_clock_may_be_minutes_off(scene: Scene, proxy: FaultProxy, events: Events, minutes: int) -> None:
    def skewed(answer: Any) -> Any:
        jobs = [{**job, "deadline": job["deadline"] + minutes * 60_000} for job in answer["jobs"]]
        return {"jobs": jobs}

    proxy.on(ACTIVATION, broken.garble(skewed))
    go_on, tally = Event(), Tally(lambda job: go_on.wait(30) and None)
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}, timeout=1000):
        until(lambda: len(proxy.seen("PATCH")) >= 3, "its lease is extended")
        go_on.set()
        scene.completed_once()

    extended = [request.at_s for request in proxy.seen("PATCH")]
    assert 0.3 < extended[1] - extended[0] < 0.9, "at half of its length"
    assert tally.runs == {0: 1}
    assert events.loud() == []
