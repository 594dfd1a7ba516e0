"""Stand before ``signal.signal`` and ``getsignal``, so that a signal that we need can have a handler of theirs as well.

A signal with a *view* shows the application the handler that it set itself, or the default, and keeps the real one.
"""

from __future__ import annotations

import signal
from typing import Any, Protocol


class SignalView(Protocol):
    """What the application sees of one signal."""

    def replace(self, handler: Any) -> Any:
        """Keep a handler and return the one before it, as ``signal.signal`` does."""

    def current(self) -> Any:
        """Return the handler, as ``signal.getsignal`` does."""


_views: dict[int, SignalView] = {}
#: The functions that were there before: gevent's.
_before: dict[str, Any] = {}


def show_signal(number: int, view: SignalView | None) -> None:
    """Show the application a view of a signal from now on, or with ``None`` the signal itself."""
    if view is None:
        _views.pop(number, None)
        return
    _stand_before()
    _views[number] = view


def set_signal(number: int, handler: Any) -> Any:
    """Set the handler that the interpreter calls, whatever the application sees; return the one before it.

    Raises:
        ValueError: Called in a native thread other than the main one.
    """
    return _before.get("signal", signal.signal)(number, handler)


def get_signal(number: int) -> Any:
    """Return the handler that the interpreter calls."""
    return _before.get("getsignal", signal.getsignal)(number)


def _stand_before() -> None:
    if _before:
        return
    from gevent import monkey

    _before.update(signal=signal.signal, getsignal=signal.getsignal)
    # In this way copies of earlier imports are re-bound, too.
    monkey.patch_item(signal, "signal", _signal)  # type: ignore[attr-defined]
    monkey.patch_item(signal, "getsignal", _getsignal)  # type: ignore[attr-defined]


def _signal(signalnum: Any, handler: Any) -> Any:
    view = _views.get(signalnum)
    if view is None:
        return _before["signal"](signalnum, handler)
    if not callable(handler) and handler not in (signal.SIG_DFL, signal.SIG_IGN):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    return view.replace(handler)


def _getsignal(signalnum: Any) -> Any:
    view = _views.get(signalnum)
    return _before["getsignal"](signalnum) if view is None else view.current()
