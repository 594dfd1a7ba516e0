"""Waiting for the end of a process instance (``awaitCompletion``), as long as 8.6.0 does it."""

from __future__ import annotations

from camunda_client.embedded.gateway._thread_event import ThreadEvent
from camunda_client.embedded.run import InstanceHistory

#: Seconds; 8.6.0 ignores the request's own timeout.
LIMIT_S = 15.0


class Completion:
    """One request that waits for an instance. A terminated instance is only answered by the time-out."""

    def __init__(self) -> None:
        self._done = ThreadEvent()

    def ended(self, history: InstanceHistory) -> None:
        """Note the end; called in whatever thread brought it."""
        if history.state == "COMPLETED":
            self._done.set()

    def wait(self) -> bool:
        """Return whether the instance completed in time."""
        return self._done.wait(LIMIT_S)
