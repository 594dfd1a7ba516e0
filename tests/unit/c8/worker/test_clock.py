from __future__ import annotations

import time

import pytest

from camunda_client.c8.worker._lease import now_s


def test_the_clock_of_leases_never_goes_back() -> None:
    moments = [now_s() for _ in range(1000)]

    assert moments == sorted(moments)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts suspension")
def test_it_counts_the_time_for_which_the_machine_was_suspended() -> None:
    before_s = time.clock_gettime(time.CLOCK_BOOTTIME)

    assert before_s <= now_s() <= time.clock_gettime(time.CLOCK_BOOTTIME)
