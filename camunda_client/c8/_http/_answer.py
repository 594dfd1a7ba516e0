"""What a server answered, read without trust: it may be a proxy's page, cut, mistyped or hostile."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic_core import from_json

from camunda_client._json import deep_recursion

#: Characters of an answer's text that may get into messages and log lines.
DETAIL_LIMIT = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete HTTP answer."""

    status: int
    content_type: str = ""
    retry_after_s: float | None = None
    body: bytes = b""
    #: The ``Server`` header: who answered, if it says so.
    server: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is any 2xx: 8.6 and 8.8 differ in which one they use."""
        return 200 <= self.status < 300

    def mentions(self, word: str) -> bool:
        """Tell whether the body contains a word; the engine's codes are only found like that."""
        return word.encode() in self.body


def retry_after_s(header: str) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for; dates and nonsense count as nothing asked."""
    text = header.strip()
    return float(text) if text.isascii() and text.isdigit() else None


def parsed(answer: Answer) -> Any:
    """Return the body's JSON; None if it is empty.

    Raises:
        ValueError: It isn't JSON in UTF-8, or has a NaN in it. The text names the content type and cites nothing.
    """
    if not answer.body.strip():
        return None
    try:
        return from_json(answer.body, allow_inf_nan=False)
    except ValueError as error:
        # The fast parser stops at 200 levels; the engine doesn't.
        if "recursion limit" in str(error):
            return _parsed_slowly(answer)
        raise _not_json(answer, str(error)) from None


def _parsed_slowly(answer: Answer) -> Any:
    try:
        return _loads(answer.body.decode("utf-8"))
    except RecursionError:
        raise _not_json(answer, "it is nested too deeply") from None
    except ValueError as error:
        raise _not_json(answer, str(error)) from None


def _loads(text: str) -> Any:
    with deep_recursion():
        return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _not_json(answer: Answer, why: str) -> ValueError:
    kind = printable(answer.content_type, 60) or "no content type"
    return ValueError(f"HTTP {answer.status} with {len(answer.body)} bytes of {kind} is not JSON: {why}")


def is_problem(answer: Answer) -> bool:
    """Tell whether the engine itself refused; False for its web server's own errors, and for proxies."""
    return answer.content_type.startswith("application/problem+json")


def problem(answer: Answer) -> tuple[str, str]:
    """Return title and detail of an error answer, safe to log; either may be empty.

    The engine sends problem+json with ``title`` and ``detail``; its web server sends ``error`` and ``path`` for
    routes it doesn't know. Anything else is only described.
    """
    try:
        content = parsed(answer)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        kind = printable(answer.content_type, 60)
        return "", f"{len(answer.body)} bytes of {kind or 'unknown type'}" if answer.body else "no explanation"
    if "title" in content or "detail" in content:
        return printable(content.get("title") or "", 200), printable(content.get("detail") or "")
    path = content.get("path")
    where = f"the server has nothing at {path}" if path and answer.status == 404 else content.get("message") or ""
    return printable(content.get("error") or "", 200), printable(where)


def printable(value: object, limit: int = DETAIL_LIMIT) -> str:
    """Return text that can be shown in one line: control characters escaped, cut to a limit."""
    text = str(value)
    shown = _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text[:limit])
    return shown if len(text) <= limit else f"{shown}... ({len(text)} characters)"
