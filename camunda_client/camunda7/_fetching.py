"""Whether a file may fetch tasks by itself, and whether it does."""

from __future__ import annotations


class Stopping(SystemExit):
    """Raised instead of new tasks when the command has been told to end; the file has finished those that it had."""


class _State:
    """What the command and the file's loop know of each other."""

    def __init__(self) -> None:
        #: Whether tasks may be fetched: not when the file is only looked at.
        self.allowed = True
        self.has_fetched = False
        self.stopping = False


state = _State()


def may_fetch() -> None:
    """Note that the file fetches tasks by itself.

    Raises:
        Stopping: It must not.
    """
    if state.stopping or not state.allowed:
        raise Stopping(0)
    state.has_fetched = True
