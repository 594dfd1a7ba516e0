"""One token request. Messages about its answer hold neither the secret nor the token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from camunda_client.c8 import _http
from camunda_client.c8.auth._client_authentication import prove
from camunda_client.config import C8Config
from camunda_client.error import ConfigurationError, ConnectionFailed, ErrorCode, ServiceException

#: Seconds for the whole request.
FETCH_TIMEOUT_S = 10.0
#: Seconds a token is taken to last if the server doesn't say.
DEFAULT_LIFETIME_S = 3600.0
#: Seconds after which a token is replaced, however long its server says it lasts: renewing once a day costs nothing,
#: and a life given in milliseconds would keep it for years.
LONGEST_LIFETIME_S = 24 * 3600.0
#: What may stand in a header. `requests` would send a NUL or Cyrillic letters as they are.
_TOKEN = re.compile(r"[\x21-\x7e]+")
#: Statuses that may be gone at the next try. 404: some servers say so while they deploy.
_PASSING = {404, 408, 425, 429}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and how many seconds it lasts from now."""

    value: str
    lifetime_s: float

    def __repr__(self) -> str:
        return f"Token(lifetime_s={self.lifetime_s})"


class TokenRefused(ServiceException):
    """The token server says that we may not have one: asking again at once is pointless and may lock us out."""

    default_code = ErrorCode.C8_AUTH_GET_TOKEN_FAILED


def fetch_token(config: C8Config, timeout_s: float = FETCH_TIMEOUT_S) -> Token:
    """Return a new token.

    Args:
        config: Whose token.
        timeout_s: For the whole request.

    Raises:
        ConfigurationError: This configuration has no token server.
        TokenRefused: The server refused, or its address is wrong; a human must act.
        ServiceException: It failed in a way that may pass.
    """
    if config.auth is None or config.auth.oauth is None:
        raise ConfigurationError("auth is neither selfManaged nor saas, so there are no tokens to fetch", option="auth")
    oauth = config.auth.oauth
    who = f"client {oauth.client_id} at {oauth.get_url().partition('?')[0]}"
    try:
        proof = prove(oauth)
    except ValueError as error:
        # A file that is being exchanged may be whole at the next try.
        raise _Temporary(message=f"no token for {who}: {error}") from None
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **proof.headers}
    body = urlencode(proof.form).encode()
    try:
        answer = _http.exchange(
            "POST", oauth.get_url(), body=body, headers=headers, timeout_s=timeout_s, settings=config.api
        )
    except ConnectionFailed as error:
        kind = TokenRefused if error.reason in ("redirect", "tls") else _Temporary
        raise kind(message=f"no token for {who}: {error}") from error
    if not answer.ok:
        raise _refusal(answer, who, proof.secrets)
    return _read(answer, who)


class _Temporary(ServiceException):
    default_code = ErrorCode.C8_AUTH_GET_TOKEN_FAILED


def _refusal(answer: _http.Answer, who: str, secrets: tuple[str, ...]) -> ServiceException:
    try:
        content = _http.parsed(answer)
    except ValueError:
        content = None
    document = content if isinstance(content, dict) else {}
    # RFC 6749 section 5.2 names both members.
    said = str(document.get("error_description") or document.get("error") or _http.problem(answer)[1])
    # Some servers cite the request.
    for secret in secrets:
        said = said.replace(secret, "***")
    why = _http.printable(said, 200)
    if answer.status in _PASSING or answer.status >= 500:
        return _Temporary(message=f"no token for {who}: HTTP {answer.status}, {why}", status=answer.status)
    return TokenRefused(
        message=f"no token for {who}: HTTP {answer.status}, {why}; check auth's client id, secret or key, and address",
        status=answer.status,
    )


def _read(answer: _http.Answer, who: str) -> Token:
    try:
        content = _http.parsed(answer)
    except ValueError as error:
        raise _Temporary(message=f"no token for {who}: {error}") from None
    value = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(value, str) or not value:
        raise _Temporary(message=f"no token for {who}: the answer has no access_token")
    if not _TOKEN.fullmatch(value):
        raise _Temporary(message=f"no token for {who}: it has characters that no header may hold (not shown)")
    return Token(value, _lifetime_s(content.get("expires_in")))


def _lifetime_s(given: Any) -> float:
    try:
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFETIME_S
    # Not negative, no NaN, no infinity: a server that counts wrongly is asked again, not in a loop.
    return min(max(seconds, 1.0), LONGEST_LIFETIME_S) if seconds == seconds else DEFAULT_LIFETIME_S
