"""Texts: their lengths and positions are Java's, of UTF-16."""

from __future__ import annotations

import base64
import re
import uuid
from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel.builtins.registry import Number, builtin, index, whole
from camunda_client.embedded.feel.errors import NotANumberError

__all__: list[str] = []


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _slice(text: str, first: int, last: int) -> str:
    if text.isascii():
        return text[first:last]
    return _units(text)[2 * first : 2 * last].decode("utf-16-le", "surrogatepass")


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(_units(text)) // 2


builtin("string length", "string", str)(_length)
builtin("upper case", "string", str)(str.upper)
builtin("lower case", "string", str)(str.lower)
builtin("contains", "string, match", str, str)(lambda text, part: part in text)
builtin("starts with", "string, match", str, str)(str.startswith)
builtin("ends with", "string, match", str, str)(str.endswith)
builtin("substring before", "string, match", str, str)(
    lambda text, part: text[: text.find(part)] if part in text else ""
)
builtin("substring after", "string, match", str, str)(
    lambda text, part: text[text.find(part) + len(part) :] if part in text else ""
)
builtin("trim", "string", str)(lambda text: text.strip("".join(map(chr, range(33)))))
builtin("is blank", "string", str, modern=True)(lambda text: not text.strip())
builtin("to base64", "value", str)(lambda text: base64.b64encode(text.encode()).decode())
builtin("uuid", wants_evaluation=True)(
    lambda evaluation: str(uuid.UUID(int=evaluation.random().getrandbits(128), version=4))
)


@builtin("substring", "string, start position", str, Number)
def _substring(text: str, start: int | Decimal, length: int | Decimal | None = None) -> Any:
    size = _length(text)
    first = index(size, start)
    last = size if length is None else min(first + whole(length), size)
    if not 0 <= first <= last:
        raise NotANumberError(f"java.lang.StringIndexOutOfBoundsException: begin {first}, end {last}, length {size}")
    return _slice(text, first, last)


builtin("substring", "string, start position, length", str, Number, Number)(_substring)


def _pattern(text: str, flags: str = "") -> re.Pattern[str]:
    """Return Python's pattern of Java's.

    Raises:
        re.error: There is none.
    """
    chosen = sum({"i": re.I, "s": re.S, "m": re.M, "x": re.X}.get(flag, 0) for flag in set(flags))
    return re.compile(text, chosen | re.A)


@builtin("matches", "input, pattern", str, str)
def _matches(text: str, pattern: str, flags: str = "") -> Any:
    return _pattern(pattern, flags).search(text) is not None


builtin("matches", "input, pattern, flags", str, str, str)(_matches)


@builtin("replace", "input, pattern, replacement", str, str, str)
def _replace(text: str, pattern: str, by: str, flags: str = "") -> Any:
    found = _pattern(pattern, flags)
    parts = _replacement(by, found.groups) if found.search(text) else []
    return found.sub(
        lambda match: "".join(part if isinstance(part, str) else match[part] or "" for part in parts), text
    )


builtin("replace", "input, pattern, replacement, flags", str, str, str, str)(_replace)


def _replacement(text: str, groups: int) -> list[str | int]:
    """Return texts and numbers of groups, as Java reads ``$1`` and backslashes."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        sign = text[at]
        at += 1
        if sign == "\\":
            parts.append(text[at])
            at += 1
        elif sign != "$":
            parts.append(sign)
        else:
            if not text[at : at + 1].isdigit() or int(text[at]) > groups:
                raise ValueError("Illegal group reference")
            number = int(text[at])
            at += 1
            while text[at : at + 1].isdigit() and number * 10 + int(text[at]) <= groups:
                number = number * 10 + int(text[at])
                at += 1
            parts.append(number)
    return parts


@builtin("split", "string, delimiter", str, str)
def _split(text: str, delimiter: str) -> Any:
    parts, at = [], 0
    for match in _pattern(delimiter).finditer(text):
        if match.end() == 0:
            continue  # nothing before the text
        parts.append(text[at : match.start()])
        at = match.end()
    return [*parts, text[at:]]


@builtin("extract", "input, pattern", str, str)
def _extract(text: str, pattern: str) -> Any:
    return [match[0] for match in _pattern(pattern).finditer(text)]


@builtin("string join", "list", list)
def _join(items: list[Any], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None) -> Any:
    if not all(item is None or isinstance(item, str) for item in items):
        raise ValueError("expected a list of strings")
    joined = (delimiter or "").join(item for item in items if item is not None)
    return (prefix or "") + joined + (suffix or "")


_TEXT = (str, type(None))
builtin("string join", "list, delimiter", list, _TEXT)(_join)
builtin("string join", "list, delimiter, prefix, suffix", list, _TEXT, str, str)(_join)
builtin("string join", "list, delimiter, prefix, suffix", list, _TEXT, None, None)(_join)
