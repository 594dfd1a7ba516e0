"""The Authorization header for whatever kind of `auth` is configured."""

from __future__ import annotations

import base64
import weakref
from collections.abc import Callable

from camunda_client.c8 import _target
from camunda_client.c8._per_config import PerConfig
from camunda_client.c8.auth._cache import TokenCache
from camunda_client.c8.auth._fetch import Token, fetch_token
from camunda_client.c8.models import C8ApiHeaders
from camunda_client.config import BasicAuthConfig, C8Config
from camunda_client.error import ErrorCode, ServiceException

_BEARER = "Bearer "
_caches: PerConfig[C8Config, TokenCache] = PerConfig()


def authorization(config: C8Config, wait_s: float | None = None) -> str | None:
    """Return the value of the Authorization header; None where none is to be sent.

    Args:
        config: Whose credentials.
        wait_s: Longest time to wait if a token has to be fetched first.

    Raises:
        ServiceException: No token could be fetched.
    """
    auth = config.auth
    if auth is None or auth.none:
        return None
    if auth.basic is not None:
        return _basic(auth.basic)
    return _BEARER + _cache(config).token(wait_s)


def authorization_after_401(config: C8Config, rejected: str, wait_s: float | None = None) -> str | None:
    """Return another header than the one the engine refused; None if there is nothing better to offer.

    All that were refused with one token share one fetch.

    Raises:
        ServiceException: A new token could not be fetched.
    """
    if config.auth is not None and config.auth.basic is not None:
        config.auth.basic.password.look_again()
        header = _basic(config.auth.basic)
        return header if header != rejected else None
    if config.auth is None or config.auth.oauth is None or not rejected.startswith(_BEARER):
        return None
    token = _cache(config).token_after_401(rejected.removeprefix(_BEARER), wait_s)
    return _BEARER + token if token is not None else None


def _basic(basic: BasicAuthConfig) -> str:
    pair = f"{basic.username}:{basic.password.get_secret_value()}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def get_token() -> tuple[str, int]:
    """Return a new token and the seconds it lasts, asked for now.

    Raises:
        ConfigurationError: `auth` is of a kind without tokens.
        ServiceException: The token server gave none.

    Source: RFC 6749 section 4.4, client credentials.
    """
    token = fetch_token(_target.config())
    return token.value, int(token.lifetime_s)


def get_c8_api_headers() -> dict[str, str]:
    """Return the headers for requests of your own to the engine, with a token that is valid now.

    Raises:
        ServiceException: No token could be fetched.
    """
    value = authorization(_target.config())
    if value is None:
        return {"Content-Type": "application/json"}
    if value.startswith(_BEARER):
        return C8ApiHeaders(Authorization=value).model_dump()
    return {"Authorization": value, "Content-Type": "application/json"}


class AuthenticationManager:
    """The process's authentication as one object; all instances are the same one."""

    _only: AuthenticationManager | None = None

    def __new__(cls) -> AuthenticationManager:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def is_healthy(self) -> bool:
        """Return whether we can authenticate now; asks the token server if need be."""
        try:
            authorization(_target.config())
        except ServiceException:
            return False
        return True

    def get_c8_api_headers(self) -> dict[str, str]:
        """Return the same as the function of this name."""
        return get_c8_api_headers()


def _cache(config: C8Config) -> TokenCache:
    return _caches.get_or_make(config, lambda: TokenCache(_fetching(weakref.ref(config))))


def _fetching(ref: weakref.ref[C8Config]) -> Callable[[float], Token]:
    """Return what fetches tokens of a configuration without keeping it, and so its cache, for ever."""

    def fetch(timeout_s: float) -> Token:
        config = ref()
        if config is None:  # renewed beside the last call of a client that is gone
            raise ServiceException(ErrorCode.C8_AUTH_GET_TOKEN_FAILED, "its client is gone")
        return fetch_token(config, timeout_s)

    return fetch
