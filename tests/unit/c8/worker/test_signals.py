"""Signals as this process gets them; each is sent for real, to handlers that end nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import gevent
import pytest

from camunda_client.c8.worker import _signals
from tests.parts.work import until

ALL = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1)


@pytest.fixture(autouse=True)
def _as_python_has_them() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ALL}
    for number in ALL:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    _signals.restore()
    for number, handler in before.items():
        signal.signal(number, handler)


class Heard:
    def __init__(self) -> None:
        self.ends: list[int] = []
        self.questions = 0
        _signals.install(self.ends.append, self._ask)

    def _ask(self) -> None:
        self.questions += 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_first_signal_asks_for_an_orderly_end(number: signal.Signals) -> None:
    heard = Heard()

    os.kill(os.getpid(), number)
    until(lambda: heard.ends != [], "it is heard", 10)

    assert heard.ends == [number]


def test_an_echo_of_the_first_signal_ends_nothing() -> None:
    """A process manager and a terminal both send one; what comes within a moment means the same."""
    heard = Heard()

    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGHUP)
    until(lambda: heard.ends != [], "it is heard", 10)
    gevent.sleep(0)

    assert heard.ends == [signal.SIGTERM]


def test_a_question_is_asked_as_often_as_it_comes() -> None:
    heard = Heard()

    for count in (1, 2):
        os.kill(os.getpid(), signal.SIGUSR1)
        until(lambda count=count: heard.questions == count, "it is heard", 10)

    assert heard.ends == []


def test_what_the_application_has_taken_before_is_left_to_it() -> None:
    mine: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: mine.append(number))
    heard = Heard()

    os.kill(os.getpid(), signal.SIGTERM)
    until(lambda: mine != [], "the application hears it", 10)

    assert heard.ends == []


def test_signals_are_given_back_but_for_those_that_the_application_took_meanwhile() -> None:
    Heard()
    mine = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    _signals.restore()

    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL != mine
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_the_end_is_raised_in_the_main_greenlet(number: int, error: type[BaseException]) -> None:
    with pytest.raises(error):
        _signals.end_main(number)

    elsewhere = gevent.spawn(_signals.end_main, number)
    with pytest.raises(error):
        until(lambda: False, "it is raised here", 10)
    assert elsewhere.successful(), "and not where the signal was heard"
