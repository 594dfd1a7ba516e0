"""Until when a lease lasts on our clock, by what exchanges say of the engine's; test_lease.py holds it to truth."""

from __future__ import annotations

import pytest

from camunda_client.c8.worker._lease import SURE
from camunda_client.c8.worker._pace import Offsets

PARTITION_1, PARTITION_2 = str((1 << 51) + 7), str((2 << 51) + 7)
LEASE_S = 10.0
#: Seconds by which the engine's clock is ahead of ours.
AHEAD_S = 3600.0


def ends_s(offsets: Offsets, *, sent_s: float, granted_s: float, received_s: float, key: str = PARTITION_1) -> float:
    """Return the end of a lease that was granted at that moment of ours."""
    deadline_ms = (granted_s + AHEAD_S + LEASE_S) * 1000
    return offsets.ends_s(key, int(deadline_ms), LEASE_S, sent_s=sent_s, received_s=received_s)


def test_the_first_exchange_says_no_more_than_its_sending() -> None:
    found = ends_s(Offsets(), sent_s=100.0, granted_s=105.0, received_s=106.0)

    assert 100.0 + LEASE_S * SURE - 0.1 <= found <= 105.0 + LEASE_S


def test_a_quick_exchange_tells_when_a_later_lease_began_though_its_poll_was_parked() -> None:
    offsets = Offsets()
    ends_s(offsets, sent_s=100.0, granted_s=100.005, received_s=100.01)

    found = ends_s(offsets, sent_s=101.0, granted_s=105.0, received_s=105.5)

    assert found == pytest.approx(105.0 + LEASE_S, abs=0.05)
    assert found <= 105.0 + LEASE_S


def test_what_is_known_of_one_partition_says_nothing_of_another() -> None:
    offsets = Offsets(lambda: 2)
    ends_s(offsets, sent_s=100.0, granted_s=100.005, received_s=100.01)

    assert not offsets.are_known(100.0, 1.0)
    ends_s(offsets, sent_s=100.0, granted_s=100.005, received_s=100.01, key=PARTITION_2)
    assert offsets.are_known(100.0, 1.0)


def test_knowledge_ages() -> None:
    offsets = Offsets()
    assert not offsets.are_known(100.0, 1.0), "nothing is known of a cluster that never answered"
    ends_s(offsets, sent_s=100.0, granted_s=100.005, received_s=100.01)

    assert offsets.are_known(100.01, 0.1)
    assert not offsets.are_known(100.01 + 1000.0, 0.1)


def test_a_clock_that_was_set_is_learnt_anew() -> None:
    offsets = Offsets()
    ends_s(offsets, sent_s=100.0, granted_s=100.005, received_s=100.01)
    deadline_ms = (101.0 - 500.0 + LEASE_S) * 1000

    found = offsets.ends_s(PARTITION_1, deadline_ms, LEASE_S, sent_s=101.0, received_s=101.5)

    assert 101.0 <= found - LEASE_S * SURE <= 101.5


def test_a_job_without_a_deadline_is_ours_from_the_sending_on() -> None:
    assert Offsets().ends_s(PARTITION_1, -1, LEASE_S, sent_s=100.0, received_s=106.0) == 100.0 + LEASE_S * SURE
