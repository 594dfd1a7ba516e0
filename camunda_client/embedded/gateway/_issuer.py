"""The public keys of an OpenID Connect issuer, fetched when they are needed and kept.

An unknown key is worth a fetch, because issuers change their keys; but not more than one in ``pause_s``,
because anyone can make up the name of a key.
"""

from __future__ import annotations

import http.client
import json
import logging
import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import gevent
from gevent import monkey
from gevent.hub import get_hub
from gevent.lock import BoundedSemaphore

from camunda_client.embedded.gateway._oidc import IssuerError, Oidc, check_url, is_loopback

log = logging.getLogger(__name__)

#: Bytes. Real documents have less than 20,000.
MAX_DOCUMENT = 1_000_000
#: Kinds of keys with a public and a private half. With "oct" the verifier could sign, too.
KINDS = ("RSA", "EC", "OKP")


class Issuer:
    """What an issuer signs with."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._keys: dict[str | None, dict[str, Any]] = {}
        self._fetched_s = self._tried_s = float("-inf")
        self._failure: IssuerError | None = None
        self._lock = BoundedSemaphore()

    def key(self, kid: str | None) -> dict[str, Any] | None:
        """Return a public key as a JWK, None if the issuer has none of that id.

        Args:
            kid: The key's id; None stands for the only key there is.

        Raises:
            IssuerError: The key is unknown, and the issuer can't be asked for it now.
        """
        found = self._find(kid)
        if found is None:
            with self._lock:
                # Another request may have fetched while this one waited.
                found = self._find(kid) or self._find_anew(kid)
        elif time.monotonic() - self._fetched_s >= self._oidc.keep_s and self._lock.acquire(blocking=False):
            try:
                found = self._find_anew(kid)
            except IssuerError:
                pass  # Logged. What was good five minutes ago is better than no answer to everyone.
            finally:
                self._lock.release()
        return found

    def fetch(self) -> None:
        """Fetch the keys.

        Raises:
            IssuerError: The issuer did not answer, or not as it must.
        """
        self._tried_s, self._failure = time.monotonic(), None
        try:
            self._keys = _public_keys(self._documents())
        except IssuerError as error:
            self._failure = error
            raise
        self._fetched_s = time.monotonic()

    def _find(self, kid: str | None) -> dict[str, Any] | None:
        if kid is None and len(self._keys) == 1:
            (only,) = self._keys.values()
            return only
        return self._keys.get(kid)

    def _find_anew(self, kid: str | None) -> dict[str, Any] | None:
        if time.monotonic() - self._tried_s >= self._oidc.pause_s:
            try:
                self.fetch()
            except IssuerError as error:
                log.warning("embedded gateway: %s", error)
                raise
        elif self._failure is not None:
            raise self._failure
        return self._find(kid)

    def _documents(self) -> Any:
        """Return the issuer's key set; its address is in the issuer's discovery document."""
        limit_s = self._oidc.timeout_s
        late = IssuerError(f"the issuer {self._oidc.issuer} did not give its keys within {limit_s:g} s")
        with gevent.Timeout(limit_s, late):
            discovery = _get(f"{self._oidc.issuer.rstrip('/')}/.well-known/openid-configuration", limit_s)
            named = discovery.get("issuer")
            if named != self._oidc.issuer:
                raise IssuerError(f"the issuer {self._oidc.issuer} calls itself {named!r}; write it just so")
            try:
                check_url(str(discovery.get("jwks_uri")), "its jwks_uri")
            except ValueError as error:
                raise IssuerError(f"the issuer {self._oidc.issuer} can't be used: {error}") from error
            return _get(discovery["jwks_uri"], limit_s)


def _public_keys(document: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    given = document.get("keys")
    keys = [key for key in given if isinstance(key, dict)] if isinstance(given, list) else []
    return {
        key.get("kid"): key
        for key in keys
        if key.get("kty") in KINDS and key.get("use", "sig") == "sig" and isinstance(key.get("kid"), str | None)
    }


def _get(url: str, timeout_s: float) -> dict[str, Any]:
    """Return a JSON object, without blocking the hub."""
    try:
        # In a process that is not patched, a socket of the standard library would block this thread's hub.
        if monkey.is_module_patched("socket"):
            body = _read(url, timeout_s)
        else:
            body = get_hub().threadpool.apply(_read, (url, timeout_s))
        document = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise IssuerError(f"can't fetch {url}: {error}") from error
    if not isinstance(document, dict):
        raise IssuerError(f"can't fetch {url}: expected a JSON object, got {str(document)[:80]!r}")
    return document


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would let keys come from anywhere, also by plain http; it is an error like any other status."""

    def redirect_request(self, *arguments: Any) -> None:
        """Follow nothing."""


def _read(url: str, timeout_s: float) -> bytes:
    request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - check_url() let it pass
    handlers: list[Any] = [_NoRedirect()]
    if is_loopback(urlsplit(url).hostname or ""):
        handlers.append(ProxyHandler({}))
    with build_opener(*handlers).open(request, timeout=timeout_s) as answer:
        body: bytes = answer.read(MAX_DOCUMENT + 1)
    if len(body) > MAX_DOCUMENT:
        raise ValueError(f"the document has more than {MAX_DOCUMENT} bytes")
    return body


__all__ = ["Issuer"]
