"""Where code stands, in words for people. Safe in a native thread: takes no lock and waits for nothing."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

#: Frames of a stack that are shown, the innermost.
_FRAMES: Final = 8
#: Files of debuggers: a process that stands at a breakpoint is left alone.
_DEBUGGERS: Final = ("bdb.py", "pydevd", "debugpy")


def innermost(frame: FrameType | None) -> list[str]:
    """Return the innermost frames as ``file:line in name``, the outermost of them first."""
    frames = traceback.extract_stack(frame, limit=None)[-_FRAMES:] if frame is not None else []
    return [f"{entry.filename}:{entry.lineno} in {entry.name}" for entry in frames]


def is_debugged(frame: FrameType | None) -> bool:
    """Tell whether code stands at a breakpoint."""
    while frame is not None:
        if any(name in frame.f_code.co_filename for name in _DEBUGGERS):
            return True
        frame = frame.f_back
    return False
