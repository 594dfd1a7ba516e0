"""Waits grow, are jittered, and never exceed what the operator allowed."""

from __future__ import annotations

import pytest

from camunda_client._backoff import Backoff


def test_a_wait_never_exceeds_the_ceiling_nor_half_of_it_late() -> None:
    backoff = Backoff(first_s=0.1, ceiling_s=2.0)

    waits = [backoff.wait_s(failures) for failures in (6, 60, 2000, 10**6)]

    assert all(1.0 <= wait <= 2.0 for wait in waits)


def test_waits_double_until_the_ceiling() -> None:
    backoff = Backoff(first_s=1.0, ceiling_s=5.0, dice=lambda: 1.0)

    assert [backoff.wait_s(failures) for failures in (1, 2, 3, 4, 5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_two_that_failed_together_do_not_come_back_together() -> None:
    backoff = Backoff()

    assert len({backoff.wait_s(3) for _ in range(50)}) > 40


@pytest.mark.parametrize(("asked_for_s", "waited_s"), [(3.0, 3.0), (99999.0, 30.0)])
def test_the_servers_wish_counts_up_to_the_ceiling(asked_for_s: float, waited_s: float) -> None:
    assert Backoff(ceiling_s=30.0).wait_s(1, asked_for_s) == waited_s


@pytest.mark.parametrize("asked_for_s", [0.0, -5.0])
def test_who_asks_for_no_pause_gets_the_usual_one(asked_for_s: float) -> None:
    backoff = Backoff(dice=lambda: 0.5)

    assert backoff.wait_s(3, asked_for_s) == backoff.wait_s(3) > 0


def test_failures_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1, got 0"):
        Backoff().wait_s(0)
