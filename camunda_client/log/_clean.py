"""What must not leave in a line: control characters, secrets, endless tracebacks."""

from __future__ import annotations

import re
import sys
import traceback
from types import TracebackType
from typing import Any

#: Frames kept of each traceback, innermost last. The outer ones are the worker's own and the same every time.
FRAMES = 20
#: Characters kept of a traceback's text: its beginning and, more of it, its end.
TRACEBACK_CHARACTERS = 8000

REDACTED = "[redacted]"

#: Fields whose value is never shown, compared in lower case and with underscores.
SECRET_KEYS = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "client_secret",
        "cookie",
        "id_token",
        "passwd",
        "password",
        "proxy_authorization",
        "refresh_token",
        "secret",
        "set_cookie",
        "token",
    }
)

# A cheap look for any of these comes first: most lines have none of them.
_HINTS = ("secret", "passw", "token", "authorization", "bearer", "basic ", "api", "cookie", "://")

#: A plain "token" is also a parser's word ("unexpected token: x"), so it takes a key's quotes or an equals sign.
_NAMES = (
    r"""(?:(?:secret|passw(?:or)?d|_token|authorization|api[_-]?key|cookie)(?:\\*["'])?\s*[=:]"""
    r"""|token(?:\\*["']\s*:|=))\s*"""
)
#: In quotes of any depth (JSON within JSON), or up to the next separator. Never across an unescaped double quote:
#: what is left must still be JSON. A run of backslashes is taken whole, or the time would double with each of them.
_QUOTED = r"""(?P<quote>\\*["'])(?:(?!(?P=quote))(?:[^"\\]|\\+(?!\\).))*(?P=quote)"""
_BARE = r"""(?!\[redacted)(?:(?:bearer|basic|negotiate)\s+)?[^\s"'&,;\\)}\]]+"""
_PAIR = re.compile(rf"(?is)({_NAMES})(?:{_QUOTED}|{_BARE})")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_USERINFO = re.compile(r"(://)[^/\s:@\"']*:[^/\s@\"']+@")

#: C0 and C1 controls, DEL, line separators, and the marks that reverse or hide text on a terminal.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def escape(text: str) -> str:
    """Return the text with every character that could act on a terminal, or end the line, written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\u{code:04x}"


def redact(text: str) -> str:
    """Return the text without what looks like a secret: tokens, passwords, credentials in URLs."""
    lower = text.lower()
    for hint in _HINTS:
        if hint in lower:
            break
    else:
        return text
    text = _PAIR.sub(_redacted_pair, text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    return _USERINFO.sub(rf"\1{REDACTED}@", text)


def _redacted_pair(match: re.Match[str]) -> str:
    quote = match.group("quote") or ""
    return f"{match.group(1)}{quote}{REDACTED}{quote}"


def is_secret(key: object) -> bool:
    """Return whether a field of this name is never shown."""
    return isinstance(key, str) and key.lower().replace("-", "_") in SECRET_KEYS


def without_secrets(value: Any, depth: int = 6) -> Any:
    """Return the value with every secret field in it replaced; nested mappings and lists included."""
    if isinstance(value, dict):
        if depth == 0:
            return "{...}"
        return {k: REDACTED if is_secret(k) else without_secrets(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(one, depth - 1) for one in value] if depth else "[...]"
    return value


def exc_info_of(given: Any) -> ExcInfo | None:
    """Return what ``exc_info=`` meant: True, an exception or a triple."""
    if not given:
        return None
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple) and len(given) == 3:
        return given if given[0] is not None else None
    current = sys.exc_info()
    return current if current[0] is not None else None


def format_exception(exc_info: ExcInfo) -> str:
    """Return the traceback as text: no local variables, the innermost frames, the middle cut out if it is long."""
    # Redacted here rather than with the whole line: as JSON, its quotes would be a level deeper.
    text = redact("".join(traceback.format_exception(*exc_info, limit=-FRAMES)).rstrip("\n"))
    if len(text) <= TRACEBACK_CHARACTERS:
        return text
    head = TRACEBACK_CHARACTERS // 4
    tail = TRACEBACK_CHARACTERS - head
    return f"{text[:head]}\n  ... {len(text) - TRACEBACK_CHARACTERS} characters left out ...\n{text[-tail:]}"
