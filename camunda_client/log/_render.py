"""From an event to bytes: one JSON object or one readable line, both safe to show on a terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from . import _clean

#: Event, level, logger's name, fields -> one line with its newline.
Renderer = Callable[[str, str, str, Mapping[str, object]], bytes]

#: Bytes. A longer line has its values cut: no sink takes it whole, and no reader wants it.
LONGEST = 32 * 1024
_LONGEST_VALUE = 2000

_second = 0
_second_text = ""


def timestamp() -> str:
    """Return the time now in UTC as ISO 8601 with milliseconds."""
    global _second, _second_text
    now = time.time()
    second = int(now)
    if second != _second:
        # A line a millisecond shares its second with a thousand others.
        _second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = second
    return f"{_second_text}.{int((now - second) * 1000):03d}Z"


def render_json(event: str, level: str, logger: str, fields: Mapping[str, Any]) -> bytes:
    """Return the event as one JSON object."""
    line: dict[str, object] = {"timestamp": timestamp(), "level": level, "event": event, "logger": logger}
    for key, value in fields.items():
        if key in line:
            key += "_"
        kind = type(value)
        if kind is str or kind is int or (kind is float and math.isfinite(value)):
            line[key] = _clean.REDACTED if key in _clean.SECRET_KEYS else value
        else:
            line[key] = _plain(key, value)
    text = _dumped(line)
    if len(text) > LONGEST:
        text = _dumped({key: _cut(value) for key, value in line.items()})
    if not text.isascii() or b"\x7f" in text:
        # All of these can only stand inside a string, where \uXXXX means the same.
        text = _clean.escape(text.decode()).encode()
    return _redacted(text) + b"\n"


def _redacted(text: bytes) -> bytes:
    return _clean.redact(text.decode()).encode()


def _plain(key: object, value: Any) -> Any:
    """Return the value free of secrets and of what JSON has no word for."""
    if _clean.is_secret(key):
        return _clean.REDACTED
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _clean.without_secrets(value)


def _dumped(line: dict[str, object]) -> bytes:
    try:
        return to_json(line, fallback=_described, inf_nan_mode="strings")
    except Exception:  # noqa: BLE001 (any object may be a value, and a line must not fail the job that logs it)
        spelled = {_described(key): _dumpable(value) for key, value in line.items()}
        return to_json(spelled, fallback=_described, inf_nan_mode="strings")


def _dumpable(value: object) -> object:
    try:
        to_json(value, fallback=_described, inf_nan_mode="strings")
    except Exception:  # noqa: BLE001 (as above)
        return _described(value)
    return value


def _described(value: object) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # noqa: BLE001 (as above: a broken __repr__ belongs to the object)
        text = f"<{type(value).__name__}: repr() raised {type(error).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


def _cut(value: object) -> object:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = _described(value)
    if len(text) <= _LONGEST_VALUE:
        return value if isinstance(value, str) else text
    return f"{text[:_LONGEST_VALUE]}... ({len(text)} characters)"


_RESET = "\x1b[0m"
_COLOURS = {"debug": "\x1b[2m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[1;31m"}


def console_renderer(colours: bool) -> Renderer:
    """Return the renderer for people: time, level, event, ``key=value``; a traceback follows, each line indented."""

    def render(event: str, level: str, logger: str, fields: Mapping[str, object]) -> bytes:
        colour = _COLOURS.get(level, "") if colours else ""
        reset = _RESET if colour else ""
        head = f"{time.strftime('%H:%M:%S')} {colour}{level:<8}{reset} {_clean.escape(event)}"
        trace = fields.get("exception")
        text = f"{head} {key_values({k: v for k, v in fields.items() if k != 'exception'})}".rstrip()
        if not logger.startswith("camunda_client"):
            text += f" logger={_clean.escape(logger)}"
        if trace:
            # Several lines for one event, but none that could be taken for another event.
            text += "".join(f"\n         | {_clean.escape(one)}" for one in str(trace).splitlines())
        return _clean.redact(text).encode("utf-8", "backslashreplace") + b"\n"

    return render


def key_values(fields: Mapping[str, object]) -> str:
    """Return ``key=value key=value``, each value in quotes where it would not end at the next blank."""
    return " ".join(f"{_clean.escape(str(key))}={_shown(key, value)}" for key, value in fields.items())


def _shown(key: object, value: object) -> str:
    value = _plain(key, value)
    text = value if isinstance(value, str) else _described(value)
    text = _clean.escape(text[:_LONGEST_VALUE])
    if isinstance(value, str) and (not text or " " in text or "=" in text or '"' in text):
        return '"' + text.replace('"', "'") + '"'
    return text
