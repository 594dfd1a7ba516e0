"""Waiting for the end of a process instance (``awaitCompletion``), as long as 8.6.0 does it; and for task listeners."""

from __future__ import annotations

from camunda_client.embedded._rejections import Rejection
from camunda_client.embedded.gateway._problems import Answer, no_content, problem
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


class Settlement:
    """One request about a user task that waits until its listeners were heard."""

    def __init__(self) -> None:
        self._settled = ThreadEvent()
        self._rejection: Rejection | None = None

    def __call__(self, rejection: Rejection | None) -> None:
        """Note what came of it; called in whatever thread brought it."""
        self._rejection = rejection
        self._settled.set()

    def answer(self, path: str) -> Answer:
        """Return the answer, once there is one.

        Raises:
            Rejection: A listener denied it, or the task was canceled.
        """
        if not self._settled.wait(LIMIT_S):
            return timed_out(path)
        if self._rejection is not None:
            raise self._rejection
        return no_content()


def timed_out(path: str) -> Answer:
    """Return the answer to what took too long."""
    return problem(
        504, "java.util.concurrent.TimeoutException",
        "Expected to handle REST API request, but request timed out between gateway and broker", path,
    )  # fmt: skip
