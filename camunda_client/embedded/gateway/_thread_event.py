"""Waking a greenlet from whatever thread has the news, also when its hub has ended meanwhile."""

from __future__ import annotations

import _thread

from gevent.event import Event
from gevent.hub import get_hub


class ThreadEvent:
    """An event of the hub it was made in. Only that hub waits for it, any thread sets it."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._thread = _thread.get_ident()
        self._event = Event()

    def set(self) -> None:
        """Wake who waits; nothing happens when its hub has ended, as a stopped gateway's has."""
        if _thread.get_ident() == self._thread:
            self._event.set()
            return
        loop = self._hub.loop
        if loop is not None:
            loop.run_callback_threadsafe(self._event.set)

    def wait(self, timeout_s: float) -> bool:
        """Return whether it was set in time."""
        return bool(self._event.wait(timeout_s))

    def clear(self) -> None:
        """Be as if it had not been set yet."""
        self._event.clear()
