"""Raise exceptions in other threads that are greenlets, where a library asks CPython to.

Libraries limit a call's time by ``PyThreadState_SetAsyncExc`` (stopit, func_timeout, rq). It takes a thread's id, and
``threading.get_ident()`` is a greenlet's in a patched process: no thread has such an id, so that nothing was limited.
"""

from __future__ import annotations

import gc
import sys
from typing import Any
from weakref import WeakValueDictionary

_NAME = "PyThreadState_SetAsyncExc"
_installed = False


def give_greenlets_thread_exceptions() -> None:
    """Let ``ctypes.pythonapi.PyThreadState_SetAsyncExc`` reach greenlets, if anything has imported ctypes by now.

    A second call does nothing.
    """
    global _installed
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None and not _installed:
        _installed = True
        setattr(ctypes.pythonapi, _NAME, _SetAsyncExc(getattr(ctypes.pythonapi, _NAME)))


class _SetAsyncExc:
    """CPython's function, for the ids of threads and of greenlets."""

    def __init__(self, real: Any) -> None:
        import gevent

        self._real = real
        self._hub = gevent.get_hub()
        self._known: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def __call__(self, thread_id: Any, exception: Any) -> int:
        """Return how many were found, 0 or 1. A greenlet gets the exception where it waits, when the hub goes on."""
        target = self._greenlet(getattr(thread_id, "value", thread_id))
        kind = _of(exception)
        if target is None or kind is None:
            return int(self._real(thread_id, exception))
        self._hub.loop.run_callback_threadsafe(_throw, target, kind)
        return 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _greenlet(self, thread_id: Any) -> Any:
        """Return the greenlet that has this id and has begun, or None."""
        if thread_id not in self._known:
            self._known.update(_greenlets())
        found = self._known.get(thread_id)
        return found if found is not None and not found.dead and found else None


def _greenlets() -> dict[int, Any]:
    import greenlet

    return {id(one): one for one in gc.get_objects() if issubclass(type(one), greenlet.greenlet)}


def _of(exception: Any) -> Any:
    """Return the exception in a ``ctypes.py_object``; None takes one back that was not raised yet."""
    try:
        return getattr(exception, "value", exception)
    except ValueError:  # a NULL
        return None


def _throw(target: Any, kind: Any) -> None:
    if not target.dead:
        target.throw(kind)
