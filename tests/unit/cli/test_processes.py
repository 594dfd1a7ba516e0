"""How the parent of worker processes copes with a system that has no room for one."""

from __future__ import annotations

import os

from camunda_client.cli._processes import Worker
from camunda_client.cli._status import StatusBoard


def test_a_process_that_can_not_be_started_is_tried_again_later_and_costs_no_descriptors() -> None:
    """An OSError at a start was the end of the parent, and so of all its workers."""
    board = StatusBoard(1)
    worker = Worker(1, ["/nowhere/to/be/found"], board)
    worker.start()  # what gevent opens once
    before = len(os.listdir("/proc/self/fd"))

    started = [worker.start() for _ in range(20)]

    assert not any(started)
    assert worker.wait_s > 1, "it waits longer each time"
    assert len(os.listdir("/proc/self/fd")) <= before
    [told] = board.health()["processes"]
    assert (told["state"], told["deaths"]) == ("waiting", 21)
    assert "nowhere" in told["error"]
