"""Addresses, checked once so that everything after may simply be appended to them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def checked_url(value: str, *, query_allowed: bool = False) -> str:
    """Return an http(s) address as it was given, if it can be one.

    Raises:
        ValueError: It can't; the message says why and shows the right form, but never the value.
    """
    if not _PRINTABLE.fullmatch(value):
        raise ValueError("must not be empty nor contain blanks, control or non-ASCII characters (encode them)")
    if not re.match(r"https?://", value, re.IGNORECASE):
        raise ValueError("must begin with http:// or https://, such as http://localhost:8080")
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is no address: {error}") from None
    if not host:
        raise ValueError("has no host name, such as http://localhost:8080 has")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password; they belong into the auth options")
    if "#" in value or ("?" in value and not query_allowed):
        raise ValueError("must end before any '?' or '#'")
    if {".", ".."} & set(parts.path.split("/")):
        raise ValueError("must not contain '.' or '..' as a part of its path")
    return value


def checked_base_url(value: str) -> str:
    """Return the address to append ``/v2/...`` to: without a slash or ``/v2`` at its end."""
    base = checked_url(value.strip()).rstrip("/")
    return base[: -len("/v2")].rstrip("/") if base.endswith("/v2") else base


def masked(value: str) -> str:
    """Return an address or any other text without what may be secret in it: user information and a query."""
    shown = re.sub(r"//[^/@\s]*@", "//***@", value)
    shown = re.sub(r"[?#].*", "?***", shown, flags=re.DOTALL)
    return shown if len(shown) <= 100 else shown[:100] + "..."
