"""Authentication: tokens are fetched early, once for all callers, and again when the engine refuses one."""

from camunda_client.c8.auth._authorization import (
    AuthenticationManager,
    authorization,
    authorization_after_401,
    get_c8_api_headers,
    get_token,
)

__all__ = [
    "AuthenticationManager",
    "authorization",
    "authorization_after_401",
    "get_c8_api_headers",
    "get_token",
]
