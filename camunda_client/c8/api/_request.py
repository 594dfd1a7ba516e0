"""Any endpoint, with the tokens, retries and error texts of all other functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, unquote, urlencode

from camunda_client.c8 import _http
from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body as json_body
from camunda_client.c8.api._call import JSON, Call, RepeatRule, run
from camunda_client.error import ErrorCode, InvalidRequestError

__all__ = ["Method", "request"]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: What HTTP promises about them: a repeat leaves no other state behind.
_IDEMPOTENT = ("GET", "PUT", "DELETE")
#: What a path is made of (RFC 3986), without what begins a query or a fragment.
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})+")


def request(
    method: Method,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, str | int | bool] | None = None,
    idempotent: bool | None = None,
    accept: str = JSON,
    timeout: int | None = None,
) -> Any:
    """Ask any endpoint of the REST API, and return its answer.

    It is sent again when it surely was not carried out. When that is not clear, it is only sent again if a repeat does
    no harm: ``GET``, ``PUT``, ``DELETE``, and ``POST`` to a path that ends in ``/search``.

    Args:
        method: In capitals.
        path: ``/v2/user-tasks/5`` or ``user-tasks/5``; what stands for a name in it must be percent-encoded.
        body: What is sent as JSON: a mapping, a list or a request model. None: no body.
        query: Parameters that follow the path's ``?``.
        idempotent: Whether a repeat does no harm, where you know better than the method.
        accept: The media type of the answer, such as ``text/xml``.
        timeout: Milliseconds for everything, including repeats. None: ``api.timeout``.

    Returns:
        The answer's JSON, None for an empty one. Bytes if ``accept`` is not JSON.

    Raises:
        InvalidRequestError: The method, the path or the body can't be right; nothing was sent.
        ServiceException: The engine refused or could not be asked.
    """
    if method not in _METHODS:
        raise InvalidRequestError(f"method must be one of {', '.join(_METHODS)}, not {method!r}")
    relative = checked_path(path)
    if idempotent is None:
        idempotent = method in _IDEMPOTENT or (method == "POST" and relative.endswith("/search"))
    sought = "?" + urlencode({name: _text(value) for name, value in query.items()}, quote_via=quote) if query else ""
    return run(
        Call(
            method,
            relative + sought,
            ErrorCode.C8_REQUEST_FAILED,
            (f"{method} /v2{relative} failed",),
            None if body is None else json_body(body),
            accept=accept,
            repeat=RepeatRule.SAFE if idempotent else RepeatRule.IF_NOT_APPLIED,
            # Asked again for what an earlier try has deleted, the engine does not find it.
            settled_by=(Verdict.GONE,) if method == "DELETE" else (),
            timeout_s=None if timeout is None else timeout / 1000,
        )
    )


def checked_path(path: str) -> str:
    """Return a path below ``/v2``, with its first slash.

    Raises:
        InvalidRequestError: It leads elsewhere, or has what paths don't have.
    """
    shown = _http.printable(repr(path), 200)
    relative = path.removeprefix("/v2/") if isinstance(path, str) else ""
    if relative.startswith("/") or not _PATH.fullmatch(relative):
        if isinstance(path, str) and "?" in path:
            raise InvalidRequestError(f"path must not hold a query, {shown} does; give query={{...}}")
        raise InvalidRequestError(f"path must be like '/v2/user-tasks/5' or 'user-tasks/5', not {shown}")
    segments = [unquote(segment) for segment in relative.split("/")]
    # Also as %2e%2e, %2F and %5C, which some servers decode before they look.
    if "" in segments[:-1] or any(part in (".", "..") for segment in segments for part in re.split(r"[/\\]", segment)):
        raise InvalidRequestError(f"path must not lead elsewhere, {shown} does")
    if ":" in segments[0]:
        raise InvalidRequestError(f"path must not have a scheme or host: {shown}; those come from api.baseUrl")
    return "/" + relative


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
