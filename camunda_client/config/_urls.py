"""Addresses, checked once so that everything after may simply be appended to them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
#: A part of a host's name, between dots. Underscores are no part of the rules, and common in container networks.
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
#: Its colon may be missing: https//me:secret@host has a password all the same.
_SCHEME = re.compile(r"\s*(?:[a-z]+://|https?:?/+)", re.IGNORECASE)


def checked_url(value: str, *, query_allowed: bool = False) -> str:
    """Return an http(s) address as it was given, if it can be one.

    Raises:
        ValueError: It can't; the message says why and shows the right form, but never the value.
    """
    if not _PRINTABLE.fullmatch(value):
        raise ValueError("must not be empty nor contain blanks, control or non-ASCII characters (encode them)")
    if not re.match(r"https?://", value, re.IGNORECASE):
        raise ValueError("must begin with http:// or https://, such as http://localhost:8080")
    host, has_user = _host_of(value)
    if has_user:
        raise ValueError("must not contain a user name or password; they belong into the auth options")
    if not host:
        raise ValueError("has no host name, such as http://localhost:8080 has")
    if not _is_host(host):
        raise ValueError(
            "is not a valid URL: a part of its host name is empty, longer than 63 characters, or has odd characters"
        )
    if "#" in value or ("?" in value and not query_allowed):
        raise ValueError("must end before any '?' or '#'")
    if {".", ".."} & set(urlsplit(value).path.split("/")):
        raise ValueError("must not contain '.' or '..' as a part of its path")
    return value


def checked_base_url(value: str) -> str:
    """Return the address to append ``/v2/...`` to: without a slash or ``/v2`` at its end."""
    base = checked_url(value.strip()).rstrip("/")
    return base[: -len("/v2")].rstrip("/") if base.endswith("/v2") else base


def masked(value: str) -> str:
    """Return an address or any other text without what may be secret in it: user information and a query.

    A password that is not encoded may hold any character, and the scheme may be missing.
    """
    if "@" in value:
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme is not None else 0
        user, _, host = value[start:].rpartition("@")
        # A '?' or '#' before the '@' may belong to the password or begin a query: nothing after it is shown.
        value = value[:start] + "***" + ("" if re.search(r"[?#]", user) else "@" + host)
    shown = re.sub(r"[?#].*", "?***", value, flags=re.DOTALL)
    return shown if len(shown) <= 100 else shown[:100] + "..."


def _is_host(name: str) -> bool:
    """Tell whether a host can have this name; look-ups fail for others with errors of their own kind, for ever."""
    if ":" in name:
        return True  # urlsplit has checked what stands in brackets
    parts = name.removesuffix(".").split(".")
    return len(name) <= 253 and all(_LABEL.fullmatch(part) for part in parts)


def _host_of(value: str) -> tuple[str | None, bool]:
    """Return the host's name, and whether a user's stands before it."""
    # Never urlsplit's own text: it has the part of the address that it stumbled over, which may be of a password.
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("is not a valid URL: its host must look like localhost or [::1]") from None
    if "@" in parts.netloc:
        return parts.hostname, True
    try:
        parts.port  # noqa: B018 - it is read to be checked
    except ValueError:
        if "@" in value:
            return parts.hostname, True
        raise ValueError("is not a valid URL: its port should be a number up to 65535") from None
    return parts.hostname, False
