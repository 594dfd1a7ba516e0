"""SIGTERM, SIGINT and SIGHUP as an orderly end of an application that has its own main loop.

The first signal ends the main greenlet as Ctrl+C does in plain Python, so that the application's own ``finally`` stops
the workers; the second one ends the process at once, even while Python code is busy. SIGUSR1 asks what is going on.
Handlers that the application installed itself are left alone.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_installed: dict[int, object] = {}
_seen: list[int] = []


def install(on_signal: Callable[[int], object], on_question: Callable[[], object]) -> None:
    """Take over the signals that still have Python's default behaviour.

    ``on_signal`` is called at the first one that ends, ``on_question`` at each SIGUSR1. Both run wherever the
    interpreter happens to be, so they may only set flags and schedule.
    """
    defaults = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,  # ignored under nohup, and then left so
        signal.SIGINT: signal.default_int_handler,
        signal.SIGUSR1: signal.SIG_DFL,
    }

    def handle(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            on_question()
            return
        if _seen:
            # No clean-up: whoever asks twice wants it now. Jobs in hand return when their leases end.
            os._exit(128 + number)
        _seen.append(number)
        on_signal(number)

    for number, default in defaults.items():
        if signal.getsignal(number) != default:
            continue
        try:
            signal.signal(number, handle)
        except ValueError:
            return  # started in a native thread; whoever has the main one has the signals
        _installed[number] = default


def restore() -> None:
    """Give the signals back to what they were."""
    with suppress(ValueError):  # in a native thread
        for number in list(_installed):
            signal.signal(number, _installed.pop(number))  # type: ignore[arg-type]
        _seen.clear()


def end_main(number: int) -> None:
    """Raise ``KeyboardInterrupt`` (SIGINT) or ``SystemExit(0)`` in the main greenlet, and in no other."""
    error: BaseException = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(0)
    hub = gevent.get_hub()
    main = hub.parent
    if main is None or gevent.getcurrent() is main:
        raise error
    hub.loop.run_callback(main.throw, error)
