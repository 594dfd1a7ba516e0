"""SIGTERM, SIGINT and SIGHUP as an orderly end of an application that has its own main loop.

The first signal ends the main greenlet as Ctrl+C does in plain Python, so that the application's own ``finally`` stops
the workers; a second one, later, ends the process at once, even while Python code is busy. SIGUSR1 asks what is going
on.

Handlers that the application or a library installed are left alone, except in ``camunda-client worker``: there they run
when the worker has drained, whether they were installed before it or after. Most of them end the process, and with it
the jobs in hand.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import gevent

from camunda_client import patching
from camunda_client._process.stop_requests import StopAction, StopRequests
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

log = get_logger(__name__)

#: Signals that end a process.
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class _Theirs:
    """The handler of one signal that the application and its libraries see: their own, or the default."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler

    def replace(self, handler: Any) -> Any:
        """Keep it for the end."""
        before, self.handler = self.handler, handler
        return before

    def current(self) -> Any:
        return self.handler


#: Signals that were taken over: by which function, and from what.
_installed: dict[int, tuple[Callable[[int, FrameType | None], None], _Theirs]] = {}
_stop_requests = StopRequests()
#: The process is a command of ours: it ends with its workers.
_is_command = False
#: Another process of ours watches over this one, and kills it when there is no more time.
_has_parent = False
#: The signal that ended the work of this process.
_first: int | None = None


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
        global _first
        if number == signal.SIGUSR1:
            on_question()
            return
        action = _stop_requests.received(number)
        if action is StopAction.DRAIN:
            _first = number
            on_signal(number)
        elif action is StopAction.AT_ONCE and not _has_parent:
            # No clean-up: a second signal means at once. Jobs in hand return when their leases end.
            os._exit(128 + number)

    for number, default in defaults.items():
        before = signal.getsignal(number)
        if before != default and not (_is_command and number in _ENDING and callable(before)):
            _say_it_is_not_ours(number, before)
            continue
        try:
            patching.set_signal(number, handle)
        except ValueError:
            return  # started in a native thread; the main thread has the signals
        theirs = _Theirs(before)
        _installed[number] = handle, theirs
        if _is_command and number in _ENDING:
            patching.show_signal(number, theirs)
            if before != default:
                log.info("signal.chained", signal=signal.Signals(number).name, handler=_name_of(before))


def _say_it_is_not_ours(number: int, before: Any) -> None:
    """Say, in a command, that a signal to end will not drain: C code has it, or it is ignored."""
    ignored = before == signal.SIG_IGN
    if _is_command and number in _ENDING and not (ignored and number == signal.SIGHUP):
        log.warning(
            "signal.not_taken",
            signal=signal.Signals(number).name,
            handler="ignored" if ignored else "C code",
            remedy="jobs in hand are not finished when it comes; have it set by nothing before the worker starts",
        )


def _name_of(handler: Any) -> str:
    name = getattr(handler, "__qualname__", None) or type(handler).__qualname__
    return f"{getattr(handler, '__module__', None) or '?'}.{name}"


def run_theirs() -> None:
    """Call the handler that the application or a library has for the signal that ended this command.

    It may kill the process with the same signal, as the default would have; that is ignored, because the worker has
    ended in good order, and its exit code says so.
    """
    if _first is None or _first not in _installed:
        return
    handler = _installed[_first][1].handler
    if not callable(handler) or handler is signal.default_int_handler:
        return
    patching.set_signal(_first, signal.SIG_IGN)
    # ddtrace keeps a signal module of its own, in which it sets the default again and raises the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, [_first])
    try:
        handler(_first, sys._getframe())
    except (SystemExit, KeyboardInterrupt):
        pass  # the end that they ask for is under way
    except Exception:
        log.exception("signal.handler_failed", signal=signal.Signals(_first).name, handler=_name_of(handler))


def restore() -> None:
    """Give the signals back to what they were; those that ended a command's work are done with.

    One that the application has taken for itself meanwhile is left alone.
    """
    global _stop_requests
    for number, (handle, _theirs) in list(_installed.items()):
        if patching.get_signal(number) is not handle:
            del _installed[number]
    with suppress(ValueError):  # in a native thread
        if _is_command and _stop_requests.begun:
            _ignore_echoes()
            return
        for number in list(_installed):
            _handle, theirs = _installed.pop(number)
            patching.show_signal(number, None)
            patching.set_signal(number, theirs.handler)
        _stop_requests = StopRequests()


def _ignore_echoes() -> None:
    """Let a late echo not kill a process that has drained and is about to say so by its exit code."""
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
        if number in _installed and (_has_parent or number in (signal.SIGHUP, signal.SIGUSR1)):
            patching.set_signal(number, signal.SIG_IGN)


def end_main(number: int) -> None:
    """Raise ``KeyboardInterrupt`` (SIGINT) or ``SystemExit(0)`` in the main greenlet, and in no other."""
    error: BaseException = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(0)
    hub = gevent.get_hub()
    main = hub.parent
    if main is None or gevent.getcurrent() is main:
        raise error
    hub.loop.run_callback(main.throw, error)
