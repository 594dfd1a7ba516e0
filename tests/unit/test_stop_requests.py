"""What a signal to end means after those before it."""

from __future__ import annotations

import signal

import pytest

from camunda_client._process.stop_requests import StopAction, StopRequests


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_arrives_twice_at_once_was_meant_once(second: signal.Signals) -> None:
    """systemd signals a whole control group, whose parent passes it on: the workers took that for a second signal."""
    requests = StopRequests()

    first = requests.received(signal.SIGTERM, 100.0)
    others = [requests.received(second, at_s) for at_s in (100.0, 100.4, 100.9)]

    assert first is StopAction.DRAIN
    assert set(others) == {StopAction.NOTHING}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_who_asks_again_later_means_at_once(second: signal.Signals) -> None:
    requests = StopRequests()
    requests.received(signal.SIGHUP, 100.0)
    requests.received(second, 100.4)

    assert requests.received(second, 101.5) is StopAction.AT_ONCE


def test_the_terminals_end_is_no_impatience() -> None:
    """Kernel and shell both send SIGHUP when a terminal is closed, in any order and at any distance."""
    requests = StopRequests()

    assert requests.received(signal.SIGHUP, 100.0) is StopAction.DRAIN
    assert requests.received(signal.SIGHUP, 160.0) is StopAction.NOTHING
