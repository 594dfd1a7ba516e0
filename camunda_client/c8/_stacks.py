"""Where code stands, in words for people. Safe in a native thread: takes no lock and waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

#: Frames of a stack that are shown, the innermost.
_FRAMES: Final = 8
#: Files of debuggers: a process that stands at a breakpoint is left alone.
_DEBUGGERS: Final = ("bdb.py", "pydevd", "debugpy")


def innermost(frame: FrameType | None) -> list[str]:
    """Return the innermost frames as ``file:line in name``, the outermost of them first.

    Not by ``traceback``: that reads source files, by loaders that may be anybody's, and one that fails ended the
    watchdog's thread and the watch of handlers.
    """
    found: list[str] = []
    while frame is not None and len(found) < _FRAMES:
        found.append(f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")
        frame = frame.f_back
    return found[::-1]


def is_debugged(frame: FrameType | None) -> bool:
    """Tell whether code stands at a breakpoint."""
    while frame is not None:
        if any(name in frame.f_code.co_filename for name in _DEBUGGERS):
            return True
        frame = frame.f_back
    return False
