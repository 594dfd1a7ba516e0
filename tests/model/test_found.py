"""What the exploration has found in the product, as plain stories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.model.simulated import simulated_clocks
from tests.model.world import Options, Plan, World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _simulated() -> Iterator[None]:
    with simulated_clocks():
        yield


def test_a_lease_that_is_granted_anew_goes_on_with_its_new_token() -> None:
    """The old token went on being sent: the new lease was refused, and the finished work with it."""
    world = World(Options(lease_s=10.0, tokens=True))
    job = world.engine.create()
    world.workers[1].stand_still()
    world.advance(0.01)
    world.outage(11.0)
    world.advance(30.0)

    assert (job.lease, job.holder) == (2, "a1")
    world.finish(world.running()[0], "ok")
    world.advance(1.0)
    assert job.state == "completed"
    world.close()


def test_a_job_that_was_completed_before_its_new_lease_came_to_us_is_not_worked_again() -> None:
    """The lease was lost, and granted to us anew by an answer that came after that to our completion."""
    world = World(Options(lease_s=10.0))
    world.workers[1].stand_still()
    world.weather[0, "extension"] = Plan(0.0, 0.0, "lost before")
    job = world.engine.create()
    world.advance(0.01)
    world.weather[0, "poll"] = Plan(0.0, 2.0)
    world.advance(10.5)
    assert (job.state, job.lease) == ("activated", 2)

    world.finish(world.running()[0], "ok")
    world.advance(5.0)

    assert job.state == "completed"
    assert world.running() == []
    world.close()


def test_a_failure_that_waited_for_a_connection_longer_than_its_lease_is_not_sent() -> None:
    """It was checked before it stood in line, and was sent when the job had long been another's."""
    world = World(Options(lease_s=10.0, reports=1))
    world.workers[1].stand_still()
    slow, failing = world.create(0.1, "ok"), world.create(0.2, "fail")
    world.weather[0, "completion"] = Plan(9.0, 9.0)
    world.weather[0, "extension"] = Plan(0.0, 0.0, "lost before")
    world.weather[0, "poll"] = Plan(0.0, 0.0, "lost before")

    world.advance(12.0)

    assert failing.state == "activatable"
    assert slow.state in ("activatable", "completed")
    world.close()
