"""One request to the cluster, and all that can be said of how it was answered; for those who look for what is wrong."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from camunda_client.c8._http import exchange, is_problem
from camunda_client.c8.auth import authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from camunda_client.config import C8Config

#: Seconds for an answer, beyond what it is asked to wait.
_PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Probed:
    """An answer. Names of headers are in lower case; ``is_problem`` tells that Camunda itself refused."""

    status: int
    is_problem: bool
    content_type: str
    server: str
    body: bytes
    headers: Mapping[str, str]
    took_s: float


def probe(config: C8Config, method: str, path: str, body: object = None, wait_s: float = 0.0) -> Probed:
    """Return how the cluster answers one request, whatever its status.

    Args:
        config: Where it is, and who we are.
        method: In capitals.
        path: Below ``/v2``.
        body: Sent as JSON.
        wait_s: How long the answer may be held back.

    Raises:
        ServiceException: There was no token, or no complete answer.
    """
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if (value := authorization(config, _PATIENCE_S)) is not None:
        headers["Authorization"] = value
    seen: dict[str, str] = {}
    began_s = time.monotonic()
    answer = exchange(
        method,
        config.api.rest_url + path,
        body=None if body is None else json.dumps(body).encode(),
        headers=headers,
        timeout_s=wait_s + _PATIENCE_S,
        settings=config.api,
        seen=lambda found: seen.update({name.lower(): text for name, text in found.items()}),
    )
    took_s = time.monotonic() - began_s
    return Probed(answer.status, is_problem(answer), answer.content_type, answer.server, answer.body, seen, took_s)
