"""Where code stands, as text for people. Safe in a native thread: takes no lock and waits for nothing.

Not by ``traceback``: that reads source files, by loaders of any library, and one that fails ended the watchdog's
thread and the watch of handlers.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

#: Frames of a stack that are shown, the innermost.
FRAMES: Final = 8
#: Files of debuggers: a process that stands at a breakpoint is left alone.
_DEBUGGERS: Final = ("bdb.py", "pydevd", "debugpy")


def place(frame: FrameType, line: int | None = None) -> str:
    """Return ``file:line in name``; the line is where the frame stands, unless given."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno if line is None else line} in {frame.f_code.co_name}"


def innermost(frame: FrameType | None) -> list[str]:
    """Return the places of the innermost frames, the outermost of them first."""
    found: list[str] = []
    while frame is not None and len(found) < FRAMES:
        found.append(place(frame))
        frame = frame.f_back
    return found[::-1]


def defined_at(function: Callable[..., object]) -> list[str]:
    """Return the place where a function begins; nothing for what is not written in Python."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return [] if code is None else [f"{code.co_filename}:{code.co_firstlineno} in {code.co_name}"]


def raised_at(trace: TracebackType | None) -> list[str]:
    """Return the places that an exception came through, the innermost, the one that raised it last."""
    found: list[str] = []
    while trace is not None:
        found.append(place(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return found[-FRAMES:]


def is_debugged(frame: FrameType | None) -> bool:
    """Return whether code is stopped at a breakpoint."""
    while frame is not None:
        if any(name in frame.f_code.co_filename for name in _DEBUGGERS):
            return True
        frame = frame.f_back
    return False
