"""What an exception says to the operator who reads the incident: type, text, notes, causes, and the handler's lines.

Operators see Operate, not the log. The reason is often not in the exception that left the handler but in the one
behind it, and the handler's own lines say more than a library's.
"""

from __future__ import annotations

import os
import sysconfig
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters of one exception's text.
_TEXT_CAP = 4_000
#: Of the handler's own frames, the last ones; of causes and members, the first ones.
_MOST_FRAMES = 8
_MOST_CAUSES = 10
_MOST_MEMBERS = 10
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARIES = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_GEVENT = (f"{os.sep}gevent{os.sep}", "src/gevent/")


def describe(error: BaseException) -> str:
    """Return type and text, where it was raised, notes, members of a group, and each cause with its place.

    The handler's own frames come one a line, deepest last; of libraries' frames only the one that raised is named.
    """
    lines = [headline(error), *_frames(error), *_notes(error), *_members(error)]
    seen = {id(error)}
    for word, cause in _causes(error):
        if id(cause) in seen or len(seen) > _MOST_CAUSES:
            break
        seen.add(id(cause))
        lines += [f"{word} {_with_place(cause)}", *_notes(cause), *_members(cause)]
    return "\n".join(lines)


def headline(error: BaseException) -> str:
    """Return an exception's type and text, whatever its ``__str__`` does."""
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - a broken __str__ must not cost the job its failure
        text = "(its text can't be had)"
    return (f"{name}: {text}" if text else name)[:_TEXT_CAP]


def _causes(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield what stands behind an exception, nearest first, as Python's own traceback would."""
    current = error
    while True:
        if current.__cause__ is not None:
            word, current = "caused by", current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            word, current = "while handling", current.__context__
        else:
            return
        yield word, current


def _members(error: BaseException, indent: str = "  ") -> list[str]:
    """Return a line for each exception of a group, groups in it included."""
    members = getattr(error, "exceptions", None)
    # ExceptionGroup is 3.11's; its backport and tenacity's like have the same attribute.
    if not isinstance(members, (tuple, list)) or not all(isinstance(one, BaseException) for one in members):
        return []
    lines = []
    for member in members[:_MOST_MEMBERS]:
        lines.append(f"{indent}- {_with_place(member)}")
        if len(indent) < 2 * _MOST_MEMBERS:
            lines += _members(member, indent + "  ")
        cause = next(_causes(member), None)
        if cause is not None:
            lines.append(f"{indent}  {cause[0]} {_with_place(cause[1])}")
    if len(members) > _MOST_MEMBERS:
        lines.append(f"{indent}- … {len(members) - _MOST_MEMBERS} more")
    return lines


def _notes(error: BaseException) -> list[str]:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, (list, tuple)):
        return []
    return [f"note: {note}"[:_TEXT_CAP] for note in notes[:_MOST_MEMBERS] if isinstance(note, str)]


def _frames(error: BaseException) -> list[str]:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_plumbing(frame.filename)]
    own = [frame for frame in frames if not is_library(frame.filename)]
    if not own:
        # The handler is part of an installed package itself.
        return [_line(frame) for frame in frames[-_MOST_FRAMES:]]
    lines = [_line(frame) for frame in own[-_MOST_FRAMES:]]
    if frames[-1] is not own[-1]:
        last = frames[-1]
        lines.append(f"  raised in {_short(last.filename)}, line {last.lineno}, in {last.name}")
    return lines


def _with_place(error: BaseException) -> str:
    """Return the headline with the deepest own line, or the deepest of all."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_plumbing(frame.filename)]
    own = [frame for frame in frames if not is_library(frame.filename)]
    if not frames:
        return headline(error)
    last = (own or frames)[-1]
    return f"{headline(error)} ({_short(last.filename)}, line {last.lineno}, in {last.name})"


def _line(frame: traceback.FrameSummary) -> str:
    return f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'


def _is_plumbing(filename: str) -> bool:
    return filename.startswith((_OURS, "<frozen ")) or any(part in filename for part in _GEVENT)


def is_library(filename: str) -> bool:
    """Return whether a file is the standard library's or an installed package's, and not the application's."""
    return filename.startswith(_LIBRARIES) or any(part in filename for part in _INSTALLED)


def _short(filename: str) -> str:
    """Return a library's file from its package on, an own one by its name."""
    for part in _INSTALLED:
        _, found, rest = filename.partition(part)
        if found:
            return rest
    for folder in _LIBRARIES:
        if filename.startswith(folder):
            return filename[len(folder) :]
    return os.path.basename(filename)
