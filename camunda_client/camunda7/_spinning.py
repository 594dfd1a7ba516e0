"""Ends a main thread that spins: ``while True: pass`` beside threads that work, as some files have it.

Threads are greenlets here, so code that never waits keeps all of them. A native thread looks: it takes no lock that
greenlets take, and raises in the main thread.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Final

from camunda_client import patching

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two looks, and looks at which the same one or two lines of a file run one after the other.
_LOOK_S: Final = 0.05
_LOOKS: Final = 20
_LINES: Final = 2


class Spun(SystemExit):
    """Raised in a main thread that spins."""


class SpinWatch:
    """Looks at a file's own code until it ends."""

    def __init__(self, path: str, is_ready: Callable[[], bool]) -> None:
        """Look at the file's code in the calling thread, as soon as ``is_ready`` says that it has done its part."""
        self._path, self._is_ready = path, is_ready
        self._main: int = patching.original("_thread", "get_ident")()
        self._ended = False

    def start(self) -> None:
        """Begin to look."""
        patching.original("_thread", "start_new_thread")(self._watch, ())

    def end(self) -> None:
        """Look no more."""
        self._ended = True

    def _watch(self) -> None:
        sleep = patching.original("time", "sleep")
        frame: int | None = None
        lines: list[int] = []
        while not self._ended:
            sleep(_LOOK_S)
            found = sys._current_frames().get(self._main)
            if found is None or not self._is_ready() or found.f_code.co_filename != self._path:
                frame, lines = None, []
                continue
            if id(found) != frame:
                frame, lines = id(found), []
            lines.append(found.f_lineno)
            del found
            if len(lines) >= _LOOKS:
                if len(set(lines)) <= _LINES and not self._ended:
                    self._end_it()
                    return
                lines = []

    def _end_it(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._main), ctypes.py_object(Spun))
