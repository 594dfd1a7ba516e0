"""Who may change the workers through the status port, and what a request for a change must look like."""

from __future__ import annotations

import hmac
import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

#: Characters of a token at least: as many as 96 bits have in hexadecimal.
LEAST_TOKEN: Final = 24
#: Bytes of a request at most.
MOST_BYTES: Final = 16_384
_NAMES: Final = {"job_type", "action", "max_jobs_active"}


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Admin:
    """The rules for changes."""

    #: A file with the token. It is read for each request, so that a new token needs no restart.
    token_file: Path
    #: Whether other machines may ask, too.
    remote: bool = False

    def check(self) -> None:
        """Make sure that the token can be used.

        Raises:
            ConfigurationError: The file can't be read, or what is in it is too short.
        """
        try:
            token = self._token()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"--admin-token-file {self.token_file} can't be read: {error}") from error
        if len(token) < LEAST_TOKEN:
            raise ConfigurationError(
                f"--admin-token-file {self.token_file} has {len(token)} characters; at least {LEAST_TOKEN} are needed: "
                "write one with openssl rand -hex 24"
            )

    def allow(self, client: str, authorization: str | None) -> None:
        """Let a client pass that shows the token.

        Raises:
            RefusedError: It comes from elsewhere, or without the token.
        """
        if not self.remote and not ipaddress.ip_address(client.partition("%")[0]).is_loopback:
            raise RefusedError(403, "changes are taken from this machine only, unless --admin-remote is given")
        scheme, _, shown = (authorization or "").partition(" ")
        try:
            token = self._token()
        except (OSError, UnicodeDecodeError):
            token = ""
        if len(token) < LEAST_TOKEN:
            raise RefusedError(503, "the file of --admin-token-file can't be used any more")
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), token.encode()):
            raise RefusedError(401, "send Authorization: Bearer with the token of --admin-token-file")

    def _token(self) -> str:
        return self.token_file.read_text(encoding="utf-8").strip()


def change_of(content_type: str | None, body: bytes) -> dict[str, Any]:
    """Return the change that a request asks for.

    Raises:
        RefusedError: It is not JSON, or asks for something else.
    """
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, f"Content-Type is {content_type}: send application/json")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from error
    if not isinstance(found, dict) or not found or not set(found) <= _NAMES:
        raise RefusedError(400, f"the body must be an object with some of {', '.join(sorted(_NAMES))}")
    for name, kind in (("job_type", str), ("action", str), ("max_jobs_active", int)):
        if name in found and (not isinstance(found[name], kind) or isinstance(found[name], bool)):
            raise RefusedError(400, f"{name} is {found[name]!r}: it must be a {'text' if kind is str else 'number'}")
    return found
