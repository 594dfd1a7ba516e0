"""The usual calls in one line each; their failures are named by method and path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._call import JSON, Call, RepeatRule, read, run, run_for
from camunda_client.c8.models.base import ResponseModel
from camunda_client.error import ErrorCode, InvalidRequestError

Found = TypeVar("Found", bound=ResponseModel)


def call_of(
    method: str,
    path: str,
    content: bytes | None = None,
    *,
    query: Mapping[str, str | int | None] | None = None,
    safe: bool = True,
    settled_by: tuple[Verdict, ...] = (),
    accept: str = JSON,
    content_type: str = JSON,
    since: str = "8.8",
) -> Call:
    """Return a call whose failure is named by method and path.

    Args:
        method: Of HTTP.
        path: Below ``/v2``, without a query.
        content: The body.
        query: Parameters; those that are None are left out.
        safe: Whether a repeat does no harm.
        settled_by: Verdicts that mean success if an earlier try may have worked.
        accept: What the answer should be.
        content_type: What the body is.
        since: The first version of Camunda that has the endpoint.
    """
    sought = {name: value for name, value in (query or {}).items() if value is not None}
    endpoint = f"{method} /v2{path}"
    return Call(
        method,
        path + ("?" + urlencode(sought) if sought else ""),
        ErrorCode.C8_REQUEST_FAILED,
        (f"{endpoint} failed",),
        content,
        accept=accept,
        content_type=content_type,
        repeat=RepeatRule.SAFE if safe else RepeatRule.IF_NOT_APPLIED,
        settled_by=settled_by,
        since=((endpoint, since),),
    )


def got(
    path: str, found: type[Found], *, query: Mapping[str, str | int | None] | None = None, since: str = "8.8"
) -> Found:
    """Return what a GET is answered."""
    return run_for(found, call_of("GET", path, query=query, since=since))


def got_if_any(path: str, found: type[Found]) -> Found | None:
    """Return what a GET is answered; None for an empty answer."""
    call = call_of("GET", path)
    content = run(call)
    return None if content is None else read(found, call, content)


def got_xml(path: str) -> str:
    """Return the text of a GET's XML."""
    return bytes(run(call_of("GET", path, accept="text/xml"))).decode("utf-8", "replace")


def send(
    method: str,
    path: str,
    content: bytes | None = None,
    *,
    query: Mapping[str, str | int | None] | None = None,
    safe: bool = True,
    settled_by: tuple[Verdict, ...] = (),
    since: str = "8.8",
) -> None:
    """Send a command whose answer says nothing."""
    run(call_of(method, path, content, query=query, safe=safe, settled_by=settled_by, since=since))


def moment(time: datetime, what: str) -> str:
    """Return a time as the API takes it.

    Raises:
        InvalidRequestError: It has no zone.
    """
    if time.tzinfo is None:
        raise InvalidRequestError(f"{what} needs a zone, {time.isoformat()} has none; write datetime.now(timezone.utc)")
    return time.isoformat()
