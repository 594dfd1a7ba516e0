"""Objects built from files, rebuilt when the files change: certificates and secrets are rotated while programs run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")
#: Of each file, what differs once it is another or has other contents; None while it is not there.
_State = tuple[tuple[int, ...] | None, ...]


class Reloading(Generic[Made]):
    """An object built from files. If the new version is unusable, perhaps half written, the old one stays in use."""

    def __init__(self, paths: tuple[str, ...], make: Callable[[], Made], *, pause_s: float = 0.0) -> None:
        """Build it for the first time.

        Args:
            paths: The files.
            make: Makes it of them; raises ``OSError`` or ``ValueError`` where they are not fit for it.
            pause_s: Seconds between two looks at the files; 0 looks at each call, which costs 2 µs for each file.
        """
        self._paths, self._make, self._pause_s = paths, make, pause_s
        self._looked_s = time.monotonic()
        # Before the files are read: what changes meanwhile is another state at the next look.
        self._state = _state(paths)
        self._refused: _State | None = None
        self._value = make()

    def get(self) -> Made:
        """Return it as the files have it now, or had it when they last were fit for use."""
        if self._pause_s:
            now = time.monotonic()
            if now - self._looked_s < self._pause_s:
                return self._value
            self._looked_s = now
        state = _state(self._paths)
        # What could not be used once can't be used now: nothing is read again until the files change.
        if state in (self._state, self._refused):
            return self._value
        return self._renewed(state)

    @property
    def current(self) -> Made:
        """The latest version, without a look at the files."""
        return self._value

    def look_again(self) -> None:
        """Make the next call look at the files, however recently they were checked."""
        self._looked_s = float("-inf")

    def _renewed(self, state: _State) -> Made:
        try:
            value = self._make()
        except (OSError, ValueError) as error:
            if self._refused is None:
                remedy = "write a new file beside it and rename it; the last good one stays in use"
                _log("warning", "files.reload_failed", files=self._paths, error=str(error), remedy=remedy)
            self._refused = state
            return self._value
        self._value, self._state, self._refused = value, state, None
        _log("info", "files.reloaded", files=self._paths)
        return value


def _state(paths: tuple[str, ...]) -> _State:
    return tuple(map(_state_of, paths))


def _state_of(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _log(level: str, event: str, **fields: object) -> None:
    # Not imported at the top: configuration is read before users have had a chance to patch.
    from camunda_client.log import get_logger

    getattr(get_logger("camunda_client.config"), level)(event, **fields)
