"""From an event to bytes, one JSON object; and its parts as readable text. Both are safe to show on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from pydantic_core import from_json, to_json

from camunda_client.log import _clean
from camunda_client.log._plain import described, plain

#: Event, level, logger's name, fields -> one line with its newline.
Renderer = Callable[[str, str, str, Mapping[str, object]], bytes]

#: Bytes. A longer line has its values cut: no sink takes it whole, and no reader wants it.
LONGEST = 32 * 1024
_LONGEST_VALUE = 2000

#: What each line has, whatever its event.
OWN_NAMES = frozenset({"timestamp", "level", "event", "logger"})
#: As a number: to look for bytes in bytes begins with an exception.
_DELETE = 0x7F
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})

_second = 0
_second_text = ""
#: To format a number costs as much as all else of a timestamp.
_MILLISECONDS = tuple(f".{number:03d}Z" for number in range(1000))


def timestamp() -> str:
    """Return the time now in UTC as ISO 8601 with milliseconds."""
    global _second, _second_text
    now = time.time()
    second = int(now)
    if second != _second:
        # A line a millisecond shares its second with a thousand others.
        _second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = second
    return _second_text + _MILLISECONDS[int((now - second) * 1000)]


def render_json(event: str, level: str, logger: str, fields: Mapping[str, Any]) -> bytes:
    """Return the event as one JSON object."""
    line = {"timestamp": timestamp(), "level": level, "event": event, "logger": logger, **fields}
    if len(line) != len(OWN_NAMES) + len(fields):
        renamed = {key + "_" if key in OWN_NAMES else key: value for key, value in fields.items()}
        return render_json(event, level, logger, renamed)
    new = [text for text in (event, logger) if text not in _harmless]
    if not _harmless.issuperset(fields):
        new += [key for key in fields if key not in _harmless]
    is_plain = True
    for key, value in fields.items():
        kind = type(value)
        if kind is str:
            if value not in _harmless and not value.isdigit():
                new.append(value)
        elif kind is not int and not (kind is float and isfinite(value)):
            line[key] = plain(value)
            is_plain = False
    text = _dumped(line)
    if len(text) > LONGEST:
        text = _dumped({key: _cut(value) for key, value in line.items()})
    if (new and not _are_harmless(new)) if is_plain else _clean.hints_at_secret(text.decode()):
        # Value by value, since in the finished line one's end and the next one's beginning look alike.
        text = _dumped(_clean.without_secrets(from_json(text)))
    if not text.isascii() or _DELETE in text:
        # All of these can only stand inside a string, where \uXXXX means the same.
        text = _clean.escape(text.decode()).encode()
    return text + b"\n"


#: Short texts without a hint of a secret: names, events and job types are the same in line after line, and
#: looking at all of a line costs 3 µs.
_harmless: set[str] = set()
_MOST_HARMLESS = 4096
_LONGEST_HARMLESS = 64


def _are_harmless(texts: list[str]) -> bool:
    if _clean.hints_at_secret("\n".join(texts)):
        return False
    if len(_harmless) > _MOST_HARMLESS:
        _harmless.clear()
    _harmless.update(text for text in texts if len(text) <= _LONGEST_HARMLESS)
    return True


def _dumped(line: dict[str, object]) -> bytes:
    try:
        return to_json(line, fallback=described)
    except Exception:  # noqa: BLE001 (a text or bytes that UTF-8 cannot hold)
        return to_json({described(key): _dumpable(value) for key, value in line.items()}, fallback=described)


def _dumpable(value: object) -> object:
    try:
        to_json(value, fallback=described)
    except Exception:  # noqa: BLE001 (as above)
        return described(value)
    return value


def _cut(value: object) -> object:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = described(value)
    if len(text) <= _LONGEST_VALUE:
        return value if isinstance(value, str) else text
    return f"{text[:_LONGEST_VALUE]}... ({len(text)} characters)"


def readable(event: str, fields: Mapping[str, object]) -> str:
    """Return ``event key=value key=value`` in one line, without secrets."""
    text = f"{_clean.escape(event)} {key_values(fields)}".rstrip()
    if not _clean.hints_at_secret(text):
        return text
    return f"{_clean.escape(_clean.redact(event))} {key_values(_clean.without_secrets(plain(dict(fields))))}".rstrip()


def clean_fields(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields for a renderer that is not ours: plain, without secrets, safe to show on a terminal."""
    if _AS_THEY_ARE.issuperset(map(type, fields.values())):
        # The usual line, looked at once as a whole: 5 us, and 19 us value by value.
        text = " ".join(map(str, (*fields, *fields.values())))
        if text.isascii() and text.isprintable() and not _clean.hints_at_secret(text):
            return dict(fields)
    cleaned: dict[str, Any] = _escaped(_clean.without_secrets(plain(dict(fields))))
    return cleaned


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return _clean.escape(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(one) for key, one in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, list) else value


def key_values(fields: Mapping[str, object]) -> str:
    """Return ``key=value key=value``, each value in quotes where it would not end at the next blank."""
    return " ".join(f"{_clean.escape(str(key))}={_shown(value)}" for key, value in fields.items())


def _shown(value: object) -> str:
    if type(value) is not str:
        value = plain(value)
    text = value if isinstance(value, str) else described(value)
    text = _clean.escape(text[:_LONGEST_VALUE])
    if isinstance(value, str) and (not text or " " in text or "=" in text or '"' in text):
        return '"' + text.replace('"', "'") + '"'
    return text
