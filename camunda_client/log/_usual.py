"""The usual line of a job, put together from the last one like it: of thousands only keys, times and numbers differ."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from camunda_client.log import _clean, _context, _render

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Of lines that differ in nothing else, what stands before the job's key, between that and its instance's, and after.
_pieces: dict[tuple[object, ...], tuple[str, str, str]] = {}
#: Names of fields that have held a number, and look like nothing else.
_names: set[str] = set()
_MOST_PIECES, _MOST_NAMES = 1024, 1024
#: Beyond it a number takes its time to write down.
_HUGE = 2**63
#: Where a job's retries are among the values of a line.
_RETRIES = _context.JOB_KEYS.index("retries")
#: In place of the two keys, where a line is rendered for its pieces.
_KEY, _INSTANCE_KEY = "90000000000000000001", "90000000000000000002"


def usual_line(event: str, level: str, logger: str, fields: Mapping[str, object]) -> bytes | None:
    """Return what ``render_json`` would, of the job in flight and these fields; ``None`` if that is to be asked."""
    context = _context.job_context.get()
    if context is None or _context.has_more():
        return None
    numbers = ""
    for name, value in fields.items():
        kind = type(value)
        if not ((kind is int and -_HUGE < value < _HUGE) or (kind is float and isfinite(value))):  # type: ignore[operator, arg-type]
            return None
        if name not in _names and not _is_plain(name):
            return None
        numbers += f',"{name}":{value!r}'
    values = context.values()
    key, instance_key = values[0], values[2]
    # 1 and True are one key of a dictionary.
    if not (_is_key(key) and _is_key(instance_key) and type(values[_RETRIES]) is int):
        return None
    alike = event, level, logger, values[1], values[3:]
    try:
        pieces = _pieces.get(alike) or _rendered(alike, context.fields())
    except TypeError:
        return None  # a handler has put something there that has no hash
    if pieces is None:
        return None
    head, middle, tail = pieces
    line = f'{{"timestamp":"{_render.timestamp()}",{head}{key}{middle}{instance_key}{tail}{numbers}}}\n'.encode()
    return line if len(line) <= _render.LONGEST else None


def _is_key(value: object) -> bool:
    return type(value) is str and value.isascii() and value.isdigit()


def _is_plain(name: str) -> bool:
    """Tell whether a name may stand in a line as it is, beside those that every line has; remember it if so."""
    if not (name.isascii() and name.isidentifier()) or name in _render.OWN_NAMES or name in _context.line_keys():
        return False
    if name == "exc_info" or _clean.hints_at_secret(name):
        return False
    if len(_names) >= _MOST_NAMES:
        _names.clear()
    _names.add(name)
    return True


def _rendered(alike: tuple[object, ...], job: Mapping[str, object]) -> tuple[str, str, str] | None:
    """Return the pieces of lines that are alike, from one that is rendered; ``None`` if it is not in three pieces."""
    event, level, logger, *_ = alike
    marked = {**job, "job_key": _KEY, "process_instance_key": _INSTANCE_KEY}
    text = _render.render_json(event, level, logger, marked).decode()  # type: ignore[arg-type]
    if text.count(_KEY) != 1 or text.count(_INSTANCE_KEY) != 1:
        return None
    before, _, rest = text.partition(_KEY)
    middle, _, tail = rest.partition(_INSTANCE_KEY)
    if len(_pieces) >= _MOST_PIECES:
        _pieces.clear()
    # Without the timestamp, and without the end of the object.
    pieces = _pieces[alike] = before[before.index('"level"') :], middle, tail[:-2]
    return pieces
