"""What a signal to end means after those before it."""

from __future__ import annotations

import signal

import pytest

from camunda_client.c8._insistence import Insistence, Meaning


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_arrives_twice_at_once_was_meant_once(second: signal.Signals) -> None:
    """systemd signals a whole control group, whose parent passes it on: the workers took that for a second signal."""
    insistence = Insistence()

    first = insistence.heard(signal.SIGTERM, 100.0)
    others = [insistence.heard(second, at_s) for at_s in (100.0, 100.4, 100.9)]

    assert first is Meaning.DRAIN
    assert set(others) == {Meaning.NOTHING}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_who_asks_again_later_means_at_once(second: signal.Signals) -> None:
    insistence = Insistence()
    insistence.heard(signal.SIGHUP, 100.0)
    insistence.heard(second, 100.4)

    assert insistence.heard(second, 101.5) is Meaning.AT_ONCE


def test_the_terminals_end_is_no_impatience() -> None:
    """Kernel and shell both send SIGHUP when a terminal is closed, in any order and at any distance."""
    insistence = Insistence()

    assert insistence.heard(signal.SIGHUP, 100.0) is Meaning.DRAIN
    assert insistence.heard(signal.SIGHUP, 160.0) is Meaning.NOTHING
