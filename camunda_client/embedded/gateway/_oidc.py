"""Whose tokens a gateway takes: an OpenID Connect issuer, and what its tokens must say.

Loads neither PyJWT nor the network, so that every gateway may know these words.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Oidc:
    """An issuer whose access tokens a gateway checks: signature, ``exp``, ``nbf``, ``iat``, ``iss`` and ``aud``.

    Args:
        issuer: The issuer's URL, as its tokens have it in ``iss``; https, or http on loopback.
        audience: What a token's ``aud`` must be or contain; left out, any will do.
        leeway_s: Seconds by which the issuer's clock may differ from ours. A real 8.6.0 refuses a token 5 s late.
        pause_s: Seconds between two fetches of the issuer's keys, however many tokens of unknown keys come.
        keep_s: Seconds after which the keys are fetched again, so that a withdrawn one is refused.
        timeout_s: Seconds that a fetch may take; requests with a token of an unknown key wait so long at most.

    Raises:
        ValueError: The issuer is not such a URL, or a number of seconds is negative.
    """

    issuer: str
    audience: str | None = None
    leeway_s: float = 1.0
    pause_s: float = 1.0
    keep_s: float = 300.0
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        check_url(self.issuer, "the issuer")
        for name in ("leeway_s", "pause_s", "keep_s", "timeout_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")


class IssuerError(RuntimeError):
    """The issuer did not give its keys; the message says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 401: one of the recorded answers, and a detail of our own where no real one was recorded for its reason."""

    state: str
    detail: str | None = None


def check_url(url: str, what: str) -> None:
    """Refuse an address that keys must not come from: an attacker who changes them on the way can sign tokens.

    Raises:
        ValueError: It is not https, nor http on loopback, or has a password, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{what} {url!r} is not a valid URL: {error}") from error
    if "@" in parts.netloc:
        raise ValueError(f"{what} must not contain a user name or password")
    if not host or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise ValueError(f"{what} {url!r} is not a valid URL; expected one such as https://login.example.com/realms/c8")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError(f"{what} {url!r} must be https, or http on loopback, because its keys decide who gets in")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


__all__ = ["IssuerError", "Oidc", "Refusal", "check_url", "is_loopback"]
