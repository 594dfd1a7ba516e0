"""A token is fetched early, by one caller for all, and not again and again when that is no use."""

from __future__ import annotations

import threading
from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event

from camunda_client._backoff import Backoff
from camunda_client.c8.auth._cache import COOL_DOWN_S, FORCED_PAUSE_S, REFUSED_COOL_DOWN_S, TRIES, TokenCache
from camunda_client.c8.auth._fetch import Token, TokenRefused
from camunda_client.error import ConfigurationError, ServiceException


class World:
    """A clock that only moves when told or slept on, and a token server that follows a script."""

    def __init__(self, lifetime_s: float = 300.0) -> None:
        self.now = 1000.0
        self.lifetime_s = lifetime_s
        self.fetched = 0
        self.script: list[Exception | str | Callable[[], None]] = []
        self.slept: list[float] = []
        self.limits: list[float] = []
        self.beside: list[Callable[[], None]] = []
        self.cache = TokenCache(
            self.fetch,
            clock=lambda: self.now,
            sleep=self.sleep,
            beside=self.beside.append,
            backoff=Backoff(first_s=1.0, dice=lambda: 1.0),
        )

    def run_beside(self) -> None:
        """Let what runs beside the callers run to its end."""
        while self.beside:
            self.beside.pop(0)()

    def fetch(self, timeout_s: float) -> Token:
        self.fetched += 1
        self.limits.append(timeout_s)
        step = self.script.pop(0) if self.script else f"token-{self.fetched}"
        if callable(step):
            step()
        if isinstance(step, Exception):
            raise step
        return Token(str(step), self.lifetime_s)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


PASSING = ServiceException("HTTP 503")
REFUSED = TokenRefused("HTTP 401")


def test_a_token_is_fetched_once_while_it_is_young() -> None:
    world = World()

    assert [world.cache.token() for _ in range(3)] == ["token-1"] * 3
    world.now += 269.9
    assert world.cache.token() == "token-1"
    assert world.fetched == 1


def test_a_token_is_renewed_thirty_seconds_before_its_end() -> None:
    world = World()
    world.cache.token()

    world.now += 270
    meanwhile = [world.cache.token() for _ in range(10)]
    world.run_beside()

    assert meanwhile == ["token-1"] * 10
    assert (world.cache.token(), world.fetched) == ("token-2", 2)


def test_a_short_token_is_renewed_in_its_last_quarter() -> None:
    world = World(lifetime_s=4)
    world.cache.token()

    world.now += 2.9
    world.cache.token()
    young = len(world.beside)
    world.now += 0.2
    world.cache.token()

    assert (young, len(world.beside)) == (0, 1)


def test_an_old_but_valid_token_outlasts_a_failing_server() -> None:
    world = World()
    world.cache.token()
    world.script = [PASSING]

    world.now += 280
    first = world.cache.token()
    world.run_beside()
    second = world.cache.token()
    in_pause = len(world.beside)
    world.now += COOL_DOWN_S
    third = world.cache.token()
    world.run_beside()

    assert (first, second, third, in_pause) == ("token-1", "token-1", "token-1", 0)
    assert (world.cache.token(), world.slept) == ("token-3", [])


def test_a_renewal_that_was_lost_with_its_thread_is_begun_again() -> None:
    world = World(lifetime_s=3600)
    world.cache.token()
    world.now += 3571
    world.cache.token()
    world.beside.clear()

    world.now += 21
    world.cache.token()

    assert len(world.beside) == 1


def test_failures_that_may_pass_are_tried_again_with_growing_waits() -> None:
    world = World()
    world.script = [PASSING, PASSING, PASSING]

    assert world.cache.token() == "token-4"
    assert world.slept == [1.0, 2.0, 4.0]


def test_after_the_last_try_there_is_a_pause_for_everyone() -> None:
    world = World()
    world.script = [PASSING] * TRIES

    with pytest.raises(ServiceException, match="HTTP 503"):
        world.cache.token()
    with pytest.raises(ServiceException, match="not asked again for 5 s"):
        world.cache.token()
    assert world.fetched == TRIES
    world.now += COOL_DOWN_S

    assert world.cache.token() == f"token-{TRIES + 1}"


def test_a_refusal_is_not_tried_again_before_a_human_could_have_acted() -> None:
    world = World()
    world.script = [REFUSED]

    for _ in range(3):
        with pytest.raises(TokenRefused):
            world.cache.token()
    assert (world.fetched, world.slept) == (1, [])
    world.now += REFUSED_COOL_DOWN_S

    assert world.cache.token() == "token-2"


def test_nobody_waits_longer_than_they_have() -> None:
    world = World()
    world.script = [PASSING] * 4

    with pytest.raises(ServiceException, match="HTTP 503"):
        world.cache.token(wait_s=2.5)

    assert (world.fetched, world.slept) == (2, [1.0])


def test_a_fetch_takes_no_longer_than_its_caller_has() -> None:
    world = World()
    world.script = [PASSING]

    world.cache.token(wait_s=4.0)

    assert world.limits == [4.0, 3.0]  # a second was slept


def test_one_callers_haste_is_no_failure_for_the_others() -> None:
    world = World()

    def slow() -> None:
        world.now += 0.5
        raise PASSING

    world.script = [slow]
    with pytest.raises(ServiceException, match="HTTP 503"):
        world.cache.token(wait_s=0.5)

    assert world.cache.token() == "token-2"


def test_a_configuration_without_tokens_is_told_at_once_and_each_time() -> None:
    world = World()
    world.script = [ConfigurationError("no client secret"), ConfigurationError("no client secret")]

    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"^no client secret$"):
            world.cache.token()

    assert world.slept == []


def test_a_token_that_one_endpoint_refuses_still_serves_where_no_other_can_be_had() -> None:
    world = World()
    world.cache.token()
    world.script = [PASSING] * TRIES

    other = world.cache.token_after_401("token-1")

    assert (other, world.cache.token()) == (None, "token-1")


def test_a_refused_token_is_replaced_once_for_all_who_met_the_refusal() -> None:
    world = World()
    world.cache.token()

    others = [world.cache.token_after_401("token-1") for _ in range(10)]

    assert others == ["token-2"] * 10
    assert world.fetched == 2


def test_the_same_token_again_is_no_better() -> None:
    world = World()
    world.script = ["same", "same"]
    world.cache.token()

    assert world.cache.token_after_401("same") is None
    assert world.cache.token_after_401("same") is None
    assert world.fetched == 2


def test_an_engine_that_refuses_every_token_does_not_drive_the_token_server() -> None:
    world = World()
    token = world.cache.token()

    for _ in range(100):
        token = world.cache.token_after_401(token) or token
        world.now += 0.1

    assert world.fetched <= 1 + 10 / FORCED_PAUSE_S + 1


def test_fifty_callers_at_the_same_moment_make_one_fetch() -> None:
    started, go_on = threading.Event(), threading.Event()
    fetched: list[int] = []

    def fetch(timeout_s: float) -> Token:
        fetched.append(1)
        started.set()
        assert go_on.wait(10)
        return Token("token", 300.0)

    cache = TokenCache(fetch)
    got: list[str] = []
    callers = [threading.Thread(target=lambda: got.append(cache.token())) for _ in range(50)]
    for caller in callers:
        caller.start()
    assert started.wait(10)
    go_on.set()
    for caller in callers:
        caller.join(10)

    assert (got, len(fetched)) == (["token"] * 50, 1)


def test_a_thread_renews_early_while_all_go_on_with_the_old_token() -> None:
    started, go_on = threading.Event(), threading.Event()
    now = [0.0]
    tokens = iter(["old", "new"])

    def fetch(timeout_s: float) -> Token:
        value = next(tokens)
        if value == "new":
            started.set()
            assert go_on.wait(10)
        return Token(value, 300.0)

    cache = TokenCache(fetch, clock=lambda: now[0])
    cache.token()
    now[0] = 280.0

    meanwhile = cache.token()
    assert started.wait(10)
    still = cache.token()
    renewing = next(thread for thread in threading.enumerate() if thread.name == "camunda-token")
    go_on.set()
    renewing.join(10)

    assert (meanwhile, still, cache.token()) == ("old", "old", "new")


def test_a_caller_gives_up_on_anothers_fetch_in_time() -> None:
    started, go_on = threading.Event(), threading.Event()

    def fetch(timeout_s: float) -> Token:
        started.set()
        assert go_on.wait(10)
        return Token("token", 300.0)

    cache = TokenCache(fetch)
    fetching = threading.Thread(target=cache.token)
    fetching.start()
    assert started.wait(10)

    with pytest.raises(ServiceException, match=r"no token within 0\.01 s"):
        cache.token(wait_s=0.01)
    go_on.set()
    fetching.join(10)


def test_a_token_does_not_show_itself() -> None:
    assert "abc" not in repr(Token("abc", 1.0))


def test_native_threads_beside_greenlets_do_not_wait_for_them() -> None:
    """gevent's lock woke one of those that waited, and left the others for good (gevent 26.9.0)."""
    started, go_on = Event(), Event()
    greenlets_own = threading.get_native_id()

    def fetch(timeout_s: float) -> Token:
        if threading.get_native_id() == greenlets_own:
            started.set()
            go_on.wait(30)
        return Token("a token", 300.0)

    cache = TokenCache(fetch)
    renewing = gevent.spawn(cache.token)
    started.wait(30)
    waiting = [gevent.get_hub().threadpool.spawn(cache.token, 2.0) for _ in range(3)]

    try:
        assert [one.get(timeout=30) for one in waiting] == ["a token"] * 3
    finally:
        go_on.set()
    assert renewing.get(timeout=30) == "a token"
