"""The arithmetic of polling: how many jobs, how long, how soon; every moment is given."""

from __future__ import annotations

import pytest

from camunda_client.c8.worker._pace import BATCH, Offsets, Pace
from tests.parts.fake_gateway import settings_of


def pace(**options: int) -> Pace:
    return Pace(settings_of(**{"timeout": 60_000, **options}))


@pytest.mark.parametrize(("active", "shared", "room"), [(0, 1000, BATCH), (990, 1000, 10), (1005, 1000, 0), (0, 5, 5)])
def test_there_is_room_for_what_the_cap_the_pool_and_one_batch_leave(active: int, shared: int, room: int) -> None:
    assert pace(max_jobs_active=1000).room(active, shared) == room


def test_an_answer_that_was_too_large_halves_what_is_asked_for_and_overload_only_for_a_time() -> None:
    one = pace(max_jobs_active=1000)
    one.failed("overload", BATCH, None)
    assert one.room(0, 1000) == BATCH // 2
    for _ in range(BATCH):
        one.answered()
    assert one.room(0, 1000) == BATCH

    one.failed("too_large", BATCH, None)
    for _ in range(BATCH):
        one.answered()

    assert one.room(0, 1000) == BATCH // 2


def test_little_room_waits_only_where_handlers_are_quick() -> None:
    one = pace(max_jobs_active=90)
    assert one.may_wait(59)
    assert not one.may_wait(60)

    for _ in range(50):
        one.handler_took(1.0)

    assert not one.may_wait(1)


def test_what_the_server_asks_for_is_waited_for() -> None:
    assert pace(polling_interval=60_000).failed("status", 1, 7.0) == 7.0


def test_a_poll_that_is_not_to_be_parked_is_followed_by_the_polling_interval() -> None:
    one = pace(request_timeout=-1, polling_interval=2000)

    assert one.request_timeout_s(0.0, Offsets()) < 0
    assert one.empty(0.01, is_idle=True) == 2.0


def test_connections_that_end_at_once_or_after_the_poll_are_not_cut_while_quiet() -> None:
    one = pace()

    assert not any(one.are_cut(float(at), took_s, 8.0) for at in range(10) for took_s in (0.1, 9.5))
    assert [one.are_cut(float(at), 4.0, 8.0) for at in range(5)] == [False, False, True, False, False]
