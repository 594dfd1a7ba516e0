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

#: How the names of fields end whose value is never shown, in lower case and with underscores.
SECRET_ENDS = (
    "secret",
    "passwd",
    "password",
    "passphrase",
    "pwd",
    "token",
    "authorization",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "account_key",
    "accountkey",
    "secret_key",
    "secretkey",
    "private_key",
    "privatekey",
    "cookie",
)

#: A plain "token" is also a parser's word ("unexpected token: x"), so it takes a key's quotes or an equals sign.
_NAMES = (
    r"""(?:(?:secret|passw(?:or)?d|passphrase|_token|authorization|cookie"""
    r"""|(?:api|access|account|secret|private|secret[_-]?access)[_-]?key)(?:\\*["'])?\s*[=:]"""
    r"""|token(?:\\*["']\s*:|=)"""
    # The working directory is PWD=/, too; sig= and X-Amz- are of signed addresses.
    r"""|\bpwd(?:\\*["']\s*:|\s*=\s*(?!/))|[?&;]sig=|\bx-amz-(?:signature|credential|security-token)=)\s*"""
)
#: An option on a command line, its value behind a blank.
_OPTION = re.compile(
    r"""(?i)(--?(?:[a-z]+-)*(?:password|passwd|passphrase|secret|token|(?:api|access|account|secret|private)-?key)\s+)"""
    r"""(?!-|\[redacted|(?:option|flag|argument|or|and|is|was|must|may|needs|to|for|with|from|in|of)\b)(?:"[^"]*"|'[^']*'|[^\s"',;\])}]+)"""
)
#: Schemes whose credentials are lists: nothing in them is shown up to the line's end.
_LISTED = re.compile(
    r"""(?i)(authorization(?:\\*["'])?\s*[=:]\s*(?:\\*["'])?)(?:digest|aws4-hmac-sha256|hawk|oauth|signature)\s[^\r\n}]*"""
)
#: What shows by itself that it is a secret, wherever it stands: private keys, JWTs, keys of well-known services.
_PEM = re.compile(r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----.*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|\Z)")
_BY_THEMSELVES = re.compile(
    r"""\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"""
    r"""|\bAKIA[A-Z0-9]{16}\b|\bghp_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"""
)
#: In quotes of any depth (JSON within JSON), up to the text's end if it was cut before the closing one. A run of
#: backslashes is taken whole, or the time would double with each of them.
_QUOTED = r"""(?P<quote>\\*["'])(?:(?!(?P=quote))(?:[^\\]|\\+(?!\\).))*(?:(?P=quote)|\\*\Z)"""
#: A list or mapping as text, with one more level in it.
_NESTED = r"""\{(?:[^{}]|\{[^{}]*\})*\}|\[(?!redacted)(?:[^\[\]]|\[[^\[\]]*\])*\]"""
#: Up to the next separator; not the words that say that there is no secret.
_BARE = (
    r"""(?!\[redacted|(?:null|none|true|false)(?:[\s"'&,;\\)}\]]|\Z))"""
    r"""(?:(?:bearer|basic|negotiate)\s+)?[^\s"'&,;\\)}\]]+"""
)
_PAIR = re.compile(rf"(?is)({_NAMES})(?:{_QUOTED}|{_NESTED}|{_BARE})")
#: A header's cookies, to the last: pairs, each with quoted parts or none.
_CRUMB = r"""(?:[^\s"'\\;]|"[^"\r\n]*")+"""
_COOKIES = re.compile(rf"(?i)(cookie\s*[=:]\s*)(?!\[redacted){_CRUMB}(?:;[ \t]*{_CRUMB})*")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
#: Up to the last @ before the path: a password may have one.
_USERINFO = re.compile(r"(://)[^/\s:@\"']*:[^/\s\"']+@")
#: A token alone is longer than the names of users are.
_TOKEN_AS_USER = re.compile(r"(://)[^/\s:@\"'?#]{16,}@")

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


def hints_at_secret(text: str) -> bool:
    """Return whether the text may have a secret in it; cheap, and never False for one that has."""
    lower = text.lower()
    # Most lines have none of these, and each secret has one in it. Written out, it takes half the time of a loop.
    return (
        "secret" in lower
        or "pass" in lower
        or "token" in lower
        or "authorization" in lower
        or "bearer" in lower
        or "basic " in lower
        or "api" in lower
        or "cookie" in lower
        or "://" in lower
        or "pwd" in lower
        or "acc" in lower  # account, access
        or "private" in lower
        or "eyj" in lower  # a JWT
        or "akia" in lower
        or "ghp_" in lower
        or "_pat_" in lower
    )


def redact(text: str) -> str:
    """Return the text without what looks like a secret: tokens, passwords, credentials in URLs.

    Give it the text alone, never a finished line: one text's quote would be taken for the end of another's.
    """
    if not hints_at_secret(text):
        return text
    text = _PEM.sub(REDACTED, text)
    text = _BY_THEMSELVES.sub(REDACTED, text)
    text = _COOKIES.sub(rf"\1{REDACTED}", text)
    text = _LISTED.sub(rf"\1{REDACTED}", text)
    text = _OPTION.sub(rf"\1{REDACTED}", text)
    text = _PAIR.sub(_redacted_pair, text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    text = _USERINFO.sub(rf"\1{REDACTED}@", text)
    return _TOKEN_AS_USER.sub(rf"\1{REDACTED}@", text)


def _redacted_pair(match: re.Match[str]) -> str:
    quote = match.group("quote") or ""
    return f"{match.group(1)}{quote}{REDACTED}{quote}"


def is_secret(key: object) -> bool:
    """Return whether a field of this name is never shown."""
    return isinstance(key, str) and key.lower().replace("-", "_").endswith(SECRET_ENDS)


def hidden(value: object) -> object:
    """Return what is shown of a secret field: that it is not set, or a switch, does not reveal it."""
    return value if value is None or isinstance(value, bool) else REDACTED


def without_secrets(value: Any) -> Any:
    """Return a plain value with every secret field in it replaced, and every text redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            redact(key) if isinstance(key, str) else key: hidden(one) if is_secret(key) else without_secrets(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
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
    # Redacted before it is cut, which could take the beginning of a secret away by which it is known.
    text = redact("".join(traceback.format_exception(*exc_info, limit=-FRAMES)).rstrip("\n"))
    return shortened(text)


def shortened(text: str) -> str:
    """Return the beginning and, more of it, the end of a text in several lines."""
    if len(text) <= TRACEBACK_CHARACTERS:
        return text
    head = TRACEBACK_CHARACTERS // 4
    tail = TRACEBACK_CHARACTERS - head
    return f"{text[:head]}\n  ... {len(text) - TRACEBACK_CHARACTERS} characters left out ...\n{text[-tail:]}"


def indented(text: str) -> str:
    """Return a traceback for a place where line ends count: escaped, and only its first line begins at the margin."""
    # What an exception says may have lines of its own, made to look like an event.
    return "\n  ".join(escape(line) for line in text.splitlines())
