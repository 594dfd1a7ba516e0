"""Errors that gevent passes on to the main greenlet: whose they are decides whether they end the program."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client import patching
from camunda_client.c8.worker._hub_errors import HubErrors
from camunda_client.c8.worker._slots import Slots
from tests.parts.fake_gateway import held
from tests.parts.time_given import settle
from tests.parts.work import until


@pytest.fixture
def passed_on() -> Iterator[list[Any]]:
    """What would have come to gevent's own handler."""
    found: list[Any] = []
    hub: Any = gevent.get_hub()
    hub.handle_error = lambda context, kind, error, trace: found.append(kind)
    yield found
    del hub.handle_error


@pytest.fixture
def errors(passed_on: list[Any]) -> Iterator[HubErrors]:
    made = HubErrors(is_command=False)
    made.start()
    yield made
    made.stop()


def ends(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), SystemError("no")])
@pytest.mark.usefixtures("errors")
def test_what_a_handlers_greenlet_raises_is_said_with_its_job_and_ends_nothing(
    error: BaseException, passed_on: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    slots = Slots(1, lambda one: gevent.spawn(ends, error) and None, lambda one: None)

    slots.run(held(7, now_s=0.0))
    until(lambda: "greenlet.exit_ignored" in caplog.text, "it is said", 10)

    assert passed_on == []
    assert "job_key=7" in caplog.text
    assert type(error).__name__ in caplog.text


@pytest.mark.usefixtures("errors")
def test_what_the_applications_own_greenlet_raises_is_left_to_gevent(
    passed_on: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    gevent.spawn(ends, SystemExit(3))
    settle()

    assert passed_on == [SystemExit]
    assert "greenlet.exit_ignored" not in caplog.text


def test_in_a_command_of_ours_no_greenlet_ends_the_process(
    passed_on: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    errors = HubErrors(is_command=True)
    errors.start()

    gevent.spawn(ends, SystemExit(3))
    until(lambda: "greenlet.exit_ignored" in caplog.text, "it is said", 10)
    errors.stop()

    assert passed_on == []


@pytest.mark.usefixtures("errors")
def test_other_errors_are_gevents_to_print(passed_on: list[Any]) -> None:
    gevent.spawn(ends, KeyError("sku"))
    settle()

    assert passed_on == [KeyError]


@pytest.mark.parametrize(("number", "is_ours"), [(signal.SIGUSR2, True), (signal.SIGHUP, False)])
@pytest.mark.usefixtures("errors")
def test_what_a_signal_handler_raises_while_nothing_runs_is_said_unless_the_signal_asks_for_the_end(
    number: int, is_ours: bool, passed_on: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A time-out by SIGALRM, a common decorator, ended the worker with a traceback."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise KeyError("too long")

    before = signal.signal(number, too_long)
    try:
        # Sent by another thread while this one waits in the hub: the handler runs there then.
        gevent.get_hub().threadpool.spawn(_kill_soon, number)
        Event().wait(0.3)
    finally:
        signal.signal(number, before)

    assert bool(passed_on) is not is_ours
    assert ("signal=SIGUSR2" in caplog.text) is is_ours


def test_a_stop_leaves_the_place_unless_somebody_has_come_since(passed_on: list[Any]) -> None:
    hub: Any = gevent.get_hub()
    before = hub.handle_error
    errors = HubErrors(is_command=False)
    errors.start()
    errors.stop()
    assert hub.handle_error is before

    errors.start()

    def others(*_: object) -> None:
        pass

    hub.handle_error = others
    errors.stop()
    assert hub.handle_error is others


def _kill_soon(number: int) -> None:
    """Send the signal once the main thread waits in the hub: before that, its handler would run in the test itself."""
    patching.original("time", "sleep")(0.2)
    os.kill(os.getpid(), number)
