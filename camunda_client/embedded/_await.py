"""Waiting for the end of a process instance (``awaitCompletion``), as long as 8.6.0 does it."""

from __future__ import annotations

import _thread

from gevent.event import Event
from gevent.hub import get_hub

from camunda_client.embedded._history import InstanceHistory

#: Seconds; 8.6.0 ignores the request's own timeout.
LIMIT_S = 15.0


class Completion:
    """One request that waits for an instance. A terminated instance is only answered by the time-out."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._thread = _thread.get_ident()
        self._done = Event()

    def ended(self, history: InstanceHistory) -> None:
        """Note the end; called in whatever thread brought it."""
        if history.state != "COMPLETED":
            return
        if _thread.get_ident() == self._thread:
            self._done.set()
        else:
            self._hub.loop.run_callback_threadsafe(self._done.set)

    def wait(self) -> bool:
        """Return whether the instance completed in time."""
        return bool(self._done.wait(LIMIT_S))
