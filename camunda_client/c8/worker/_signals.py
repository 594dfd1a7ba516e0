"""SIGTERM, SIGINT and SIGHUP as an orderly end of an application that has its own main loop.

The first signal ends the main greenlet as Ctrl+C does in plain Python, so that the application's own ``finally`` stops
the workers; a second one, later, ends the process at once, even while Python code is busy. SIGUSR1 asks what is going
on. Handlers that the application installed itself are left alone.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import gevent

from camunda_client.c8._insistence import Insistence, Meaning

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: Signals that were taken over: by which function, and from what.
_installed: dict[int, tuple[Callable[[int, FrameType | None], None], object]] = {}
_insistence = Insistence()
#: The process is a command of ours: it ends with its workers.
_is_command = False
#: Another process of ours watches over this one, and kills it when there is no more time.
_has_parent = False


def is_command() -> bool:
    """Whether this process ends with its workers."""
    return _is_command


def be_command(*, has_parent: bool) -> None:
    """Have this process end with its workers, and, if it has a parent, leave all impatience to that one.

    Under systemd both the parent and its workers get SIGTERM, and the parent passes on its own, at any later time:
    so in a worker of a parent no signal to end means more than the first did.
    """
    global _is_command, _has_parent
    _is_command, _has_parent = True, has_parent


def install(on_signal: Callable[[int], object], on_question: Callable[[], object]) -> None:
    """Take over the signals that still have Python's default behaviour.

    ``on_signal`` is called at the first one that ends, ``on_question`` at each SIGUSR1. Both run wherever the
    interpreter happens to be, so they may only set flags and schedule.
    """
    defaults = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,  # ignored under nohup, and then left so
        signal.SIGINT: signal.default_int_handler,
        # A command ignores it until there is something to tell.
        signal.SIGUSR1: signal.SIG_IGN if _is_command else signal.SIG_DFL,
    }

    def handle(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            on_question()
            return
        meaning = _insistence.heard(number)
        if meaning is Meaning.DRAIN:
            on_signal(number)
        elif meaning is Meaning.AT_ONCE and not _has_parent:
            # No clean-up: whoever asks twice wants it now. Jobs in hand return when their leases end.
            os._exit(128 + number)

    for number, default in defaults.items():
        if signal.getsignal(number) != default:
            continue
        try:
            signal.signal(number, handle)
        except ValueError:
            return  # started in a native thread; whoever has the main one has the signals
        _installed[number] = handle, default


def restore() -> None:
    """Give the signals back to what they were; those that ended a command's work are done with.

    One that the application has taken for itself meanwhile is left alone.
    """
    global _insistence
    for number, (handle, _default) in list(_installed.items()):
        if signal.getsignal(number) is not handle:
            del _installed[number]
    with suppress(ValueError):  # in a native thread
        if _is_command and _insistence.begun:
            _ignore_echoes()
            return
        for number in list(_installed):
            _handle, default = _installed.pop(number)
            signal.signal(number, default)  # type: ignore[arg-type]
        _insistence = Insistence()


def _ignore_echoes() -> None:
    """Let a late echo not kill a process that has drained and is about to say so by its exit code."""
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        if number in _installed and (_has_parent or number in (signal.SIGHUP, signal.SIGUSR1)):
            signal.signal(number, signal.SIG_IGN)


def end_main(number: int) -> None:
    """Raise ``KeyboardInterrupt`` (SIGINT) or ``SystemExit(0)`` in the main greenlet, and in no other."""
    error: BaseException = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(0)
    hub = gevent.get_hub()
    main = hub.parent
    if main is None or gevent.getcurrent() is main:
        raise error
    hub.loop.run_callback(main.throw, error)
