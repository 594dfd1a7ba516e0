"""Locks of loggers that native threads and greenlets may share.

A patched lock at which native threads and greenlets meet can wedge all of them for good (gevent 26.9.0: ``logging``
from four of each stopped within a second). So the locks of ``logging`` and of ``structlog`` are exchanged for ours, in
which threads exclude each other natively, and the greenlets of one thread by a lock that no other thread ever sees.
"""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

from camunda_client.patching._originals import is_patched, original


class SharedLock:
    """A re-entrant lock for native threads and greenlets alike.

    Fit for what writes a line: a thread waits natively, its greenlets and all, until another one's holder is done.
    """

    __slots__ = ("__weakref__", "_between_threads", "_current", "_hub", "_new", "_within")

    def __init__(self) -> None:
        from gevent import getcurrent
        from gevent.hub import Hub
        from gevent.lock import RLock

        self._current, self._hub, self._new = getcurrent, Hub, RLock
        # Native, and counts its owner by thread: two greenlets of one thread never wait for each other here.
        self._between_threads = original("threading", "_CRLock")()
        #: In each thread, the lock among its greenlets.
        self._within: Any = original("_thread", "_local")()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire as ``threading.RLock`` does."""
        if not self._may_switch():
            return bool(self._between_threads.acquire(blocking, timeout))
        try:
            within = self._within.lock
        except AttributeError:
            within = self._within.lock = self._new()
        if not within.acquire(blocking, None if timeout < 0 else timeout):
            return False
        if self._between_threads.acquire(blocking, timeout):
            return True
        within.release()
        return False

    def release(self) -> None:
        """Release as ``threading.RLock`` does."""
        self._between_threads.release()
        if self._may_switch():
            self._within.lock.release()

    def _may_switch(self) -> bool:
        """Tell whether the caller may wait for a greenlet: nothing that runs in the hub may."""
        try:
            return not isinstance(self._current(), self._hub)
        except RuntimeError:
            return False  # the interpreter is ending, and there are no greenlets any more

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        """Make it free in a forked child."""
        self.__init__()  # type: ignore[misc]


def share_log_locks() -> None:
    """Exchange the locks of ``logging`` and, where it is loaded, of ``structlog``; again does it for new ones."""
    if not is_patched():
        return
    if not isinstance(logging._lock, SharedLock):  # type: ignore[attr-defined]
        logging._lock = SharedLock()  # type: ignore[attr-defined]
        logging.Handler.createLock = _create_lock  # type: ignore[method-assign]
    for reference in list(logging._handlerList):  # type: ignore[attr-defined]
        handler = reference()
        # A handler that does without a lock, or has one of its own kind, is left alone.
        if handler is not None and isinstance(handler.lock, _patched_lock_kinds()):
            handler.lock = SharedLock()
    if (output := sys.modules.get("structlog._output")) is not None:
        _share_structlog(output)


def _create_lock(self: logging.Handler) -> None:
    self.lock = SharedLock()  # type: ignore[assignment]
    logging._register_at_fork_reinit_lock(self)  # type: ignore[attr-defined]


def _patched_lock_kinds() -> tuple[type, ...]:
    import threading

    return type(threading.RLock()), type(threading.Lock()), original("threading", "_CRLock")


def _share_structlog(output: Any) -> None:
    locks = getattr(output, "WRITE_LOCKS", None)
    if locks is None or getattr(output._get_lock_for_file, "shares", False):
        return

    def lock_for(file: Any) -> SharedLock:
        lock = locks.get(file)
        if not isinstance(lock, SharedLock):
            lock = locks[file] = SharedLock()
        return lock

    lock_for.shares = True  # type: ignore[attr-defined]
    output._get_lock_for_file = lock_for
    kinds = tuple(
        kind for name in ("PrintLogger", "WriteLogger", "BytesLogger") if (kind := getattr(output, name, None))
    )
    for thing in gc.get_objects():
        # Not isinstance(): a lazy proxy would be asked for its __class__ and may raise.
        if issubclass(type(thing), kinds) and hasattr(thing, "_file"):
            thing._lock = lock_for(thing._file)
