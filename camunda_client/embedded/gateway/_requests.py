"""Requests, read as leniently as the real gateway reads them.

A number may come as ``"5"`` or ``5.9``, an empty string or null is an absent number, unknown members are
passed over, what follows the JSON document too. A boolean for a number, or a list for a text, is a 400.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from camunda_client.embedded.gateway._problems import JSON_TYPE, Refused, bad_request, invalid, spring

INT32, INT64 = (1 << 31) - 1, (1 << 63) - 1
#: A string longer than this can't be read (the gateway's JSON reader's limit).
MAX_STRING = 20_000_000
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_\-:.]{0,99}")
#: Characters of a business id.
MAX_BUSINESS_ID = 256
_MANY_DIGITS = re.compile(rb"\d{19}")
UNREADABLE = "Failed to read request"


class _UnreadableError(ValueError):
    pass


class _Huge(int):
    """A whole number variables can't hold."""


def _float(text: str) -> Any:
    value = float(text)
    return value if math.isfinite(value) else ("-Infinity" if value < 0 else "Infinity")


def _int(text: str) -> int:
    value = int(text)
    if not -(1 << 63) <= value < 1 << 64:
        return _Huge(value)
    return value


def _constant(text: str) -> Any:
    raise _UnreadableError(text)


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=_constant)


class Body:
    """A JSON object with typed members; ``path`` is the request's, for problem details."""

    def __init__(self, document: dict[str, Any], path: str, *, huge: bool = False) -> None:
        self.document = document
        self.path = path
        self._huge = huge

    def _unreadable(self) -> Refused:
        return bad_request(UNREADABLE, self.path)

    def has(self, name: str) -> bool:
        """Whether a member is there, null or not."""
        return name in self.document

    def text(self, name: str) -> str | None:
        """Return a text; numbers and booleans count as their text."""
        value = self.document.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            raise self._unreadable()
        return json.dumps(value)

    def integer(self, name: str, limit: int = INT64) -> int | None:
        """Return a whole number."""
        value = self.document.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                if not value.strip():
                    return None
                value = int(value.strip())
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                raise self._unreadable()
            number = int(value)
        except (ValueError, OverflowError):
            raise self._unreadable() from None
        if not -limit - 1 <= number <= limit:
            raise self._unreadable()
        return number

    def boolean(self, name: str) -> bool | None:
        """Return a boolean."""
        value = self.document.get(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value != 0
        if value in ("true", "false", ""):
            return value == "true" if value else None
        raise self._unreadable()

    def object(self, name: str) -> dict[str, Any] | None:
        """Return an object as it is."""
        value = self.document.get(name)
        if value is not None and not isinstance(value, dict):
            raise self._unreadable()
        if self._huge and _holds_huge(value):
            raise bad_request("MessagePack cannot serialize BigInteger larger than 2^64-1", self.path)
        return value

    def texts(self, name: str) -> list[str] | None:
        """Return a list of texts."""
        value = self.document.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or any(isinstance(item, (dict, list)) for item in value):
            raise self._unreadable()
        return [item if isinstance(item, str) else json.dumps(item) for item in value]

    def tags(self) -> list[str]:
        """Return the tags; a letter comes first in each."""
        tags = self.texts("tags") or []
        for tag in tags:
            if not _TAG.fullmatch(tag):
                raise invalid(
                    f"The provided tag '{tag[:200]}' is not valid. A tag starts with a letter, followed by letters, "
                    "digits, '_', '-', ':' or '.', and has 100 characters at most.",
                    self.path,
                )
        return tags

    def business_id(self) -> str | None:
        """Return the business id."""
        value = self.text("businessId")
        if value is not None and not 1 <= len(value) <= MAX_BUSINESS_ID:
            raise invalid(
                f"The provided businessId has {len(value)} characters, but must have 1 to {MAX_BUSINESS_ID}.", self.path
            )
        return value

    def inner(self, name: str) -> Body | None:
        """Return an object to read further."""
        value = self.object(name)
        return None if value is None else Body(value, self.path)

    def inners(self, name: str) -> list[Body] | None:
        """Return a list of objects to read further."""
        value = self.document.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or any(not isinstance(item, dict) for item in value):
            raise self._unreadable()
        return [Body(item, self.path) for item in value]


def check_content_type(environ: dict[str, Any], path: str, *, wanted: str = JSON_TYPE, optional: bool = False) -> None:
    """Answer 415 for another content type than the wanted one.

    With ``optional`` a request may have none, if it has no body either.
    """
    given = environ.get("CONTENT_TYPE") or ""
    media = given.partition(";")[0].strip().lower()
    if media == wanted or (optional and not media):
        return
    raise Refused(spring(415, path, [("Accept", wanted)]))


def read_body(environ: dict[str, Any], path: str, raw: bytes, *, optional: bool = False) -> Body:
    """Return the request's JSON object."""
    check_content_type(environ, path, optional=optional and not raw)
    if environ.get("HTTP_CONTENT_ENCODING", "identity") not in ("", "identity"):
        raise bad_request(UNREADABLE, path)
    document = _document(raw, path)
    if document is None:
        if optional:
            return Body({}, path)
        raise bad_request("Required request body is missing", path)
    if not isinstance(document, dict):
        raise bad_request(UNREADABLE, path)
    if len(raw) > MAX_STRING and _longest(document) > MAX_STRING:
        raise bad_request(UNREADABLE, path)
    return Body(document, path, huge=_MANY_DIGITS.search(raw) is not None)


def _holds_huge(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_huge, value.values()))
    return any(map(_holds_huge, value)) if isinstance(value, list) else isinstance(value, _Huge)


def _document(raw: bytes, path: str) -> Any:
    """Return the JSON document; None for an empty body, as for a null."""
    try:
        text = raw.decode("utf-8-sig").strip()
        return _DECODER.raw_decode(text)[0] if text else None
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise bad_request(UNREADABLE, path) from None


def _longest(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return max((_longest(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return max((_longest(item) for item in value), default=0)
    return 0


def acceptable(environ: dict[str, Any]) -> bool:
    """Whether the client takes JSON (or problem details, which count as JSON here)."""
    given = environ.get("HTTP_ACCEPT", "")
    if not given.strip():
        return True
    for part in given.split(","):
        media, _, parameters = part.partition(";")
        if "q=0" in parameters.replace(" ", "").split(";"):
            continue
        if media.strip().lower() in (
            "*/*",
            "application/*",
            "application/json",
            "application/problem+json",
            "application/*+json",
        ):
            return True
    return False
