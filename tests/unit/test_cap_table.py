"""What several processes know of each other's jobs in hand."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from camunda_client._caps import Rate
from camunda_client._process import cap_table
from camunda_client._process.cap_table import CapTable


@pytest.fixture
def two() -> Iterator[tuple[CapTable, CapTable]]:
    """One table, as two processes see it."""
    fd = cap_table.new_file(2)
    yield CapTable(fd, 2, 0), CapTable(fd, 2, 1)
    os.close(fd)


def test_what_one_process_has_in_hand_the_other_sees(two: tuple[CapTable, CapTable]) -> None:
    one, other = two
    block = one.open("oracle")

    one.put(block, 5, 2)
    other.put(other.open("oracle"), 3, 0)

    assert other.open("crm") != block == other.open("oracle")
    assert one.used(block) == other.used(block) == 8
    assert one.pending(block) == other.pending(block) == 2


def test_a_process_that_has_ended_has_nothing_in_hand(two: tuple[CapTable, CapTable]) -> None:
    one, other = two
    block = one.open("oracle")
    one.put(block, 5, 2)
    other.put(block, 1, 0)
    assert one.claim("customer 1", 1)

    other.clear(0)

    assert other.used(block) == 1
    assert other.claim("customer 1", 1)


def test_starts_of_all_processes_count_for_a_rate(two: tuple[CapTable, CapTable]) -> None:
    one, other = two
    block, rates = one.open("crm"), (Rate(5, 1.0), Rate(8, 60.0))

    one.started(block, rates, 3, 100.0)
    other.started(block, rates, 1, 100.5)

    assert other.left(block, rates, 100.6)[0] == 1
    # A period after the first three, and up to a hundredth of it.
    left, again_s = one.left(block, rates, 101.0)
    assert left == 1
    assert again_s == pytest.approx(101.01)
    assert one.left(block, rates, 101.011)[0] == 4
    # The second rate is the tighter one.
    one.started(block, rates, 4, 101.02)
    assert one.left(block, rates, 105.0) == (0, pytest.approx(160.2))


def test_a_key_is_taken_as_often_as_it_may_be(two: tuple[CapTable, CapTable]) -> None:
    one, other = two
    first = one.claim("customer 1", 2)

    assert first
    assert other.claim("customer 1", 2)
    assert not one.claim("customer 1", 2)
    assert one.claim("customer 2", 2)
    one.unclaim(first)
    assert other.claim("customer 1", 2)


def test_a_process_that_waits_gets_its_part(two: tuple[CapTable, CapTable]) -> None:
    one, other = two
    block = one.open("oracle")
    one.put(block, 7, 0)
    other.refused(block, 100.0)

    # One place is the other's; below its own part, a process takes what is free.
    assert one.room(block, 8, mine=7, now_s=100.1) == 0
    one.put(block, 3, 0)
    assert one.room(block, 8, mine=3, now_s=100.1) == 4
    # It waits no longer.
    assert one.room(block, 8, mine=3, now_s=101.0) == 5
    assert other.room(block, 8, mine=0, now_s=100.1) == 5


def test_a_process_whose_jobs_end_together_does_not_take_all_places_again(two: tuple[CapTable, CapTable]) -> None:
    """It did, each time, and before the other looked again."""
    one, other = two
    block = one.open("oracle")
    other.refused(block, 100.0)

    assert one.room(block, 4, mine=0, now_s=100.1) == 3
    assert one.room(block, 1, mine=0, now_s=100.1) == 1


def test_too_many_resources_are_refused() -> None:
    table = CapTable()
    for number in range(cap_table.MOST_RESOURCES):
        table.open(f"resource {number}")

    with pytest.raises(ValueError, match="more than 256 resources"):
        table.open("one too many")
