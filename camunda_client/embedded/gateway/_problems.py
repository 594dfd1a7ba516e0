"""Answers: JSON, problem details, and the other error shape of Camunda's gateway (Spring's)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any

from camunda_client.embedded._rejections import Rejection

PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = "application/json"
#: What the gateway answers for each code of a rejection.
STATUS_OF = {
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "INVALID_STATE": 409,
    "INVALID_ARGUMENT": 400,
    "EXCEEDED_BATCH_RECORD_SIZE": 500,
}


@dataclass(slots=True)
class Answer:
    """Status, headers and body of a response."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class Refused(Exception):
    """Ends a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{answer.status} {answer.body[:200]!r}")


def as_bytes(value: Any) -> bytes:
    """Return JSON; characters that have no UTF-8 become ``?``, as the real gateway does it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def ok(value: Any, status: int = 200) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, as_bytes(value), JSON_TYPE)


def no_content() -> Answer:
    """Return 204."""
    return Answer(204)


def problem(status: int, title: str, detail: str | None, instance: str) -> Answer:
    """Return a problem detail (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance}
    if detail is None:
        del body["detail"]
    return Answer(status, as_bytes(body), PROBLEM_TYPE)


def bad_request(detail: str | None, path: str) -> Refused:
    """Return a 400 for what can't be read."""
    return Refused(problem(400, "Bad Request", detail, path))


def invalid(messages: list[str] | str, path: str) -> Refused:
    """Return a 400 for what was read and is wrong."""
    detail = messages if isinstance(messages, str) else " ".join(messages)
    return Refused(problem(400, "INVALID_ARGUMENT", detail, path))


def of_rejection(rejection: Rejection, path: str) -> Answer:
    """Return the answer to a command the engine refused."""
    return problem(STATUS_OF[rejection.code], rejection.code, str(rejection), path)


def spring(status: int, path: str, headers: list[tuple[str, str]] | None = None) -> Answer:
    """Return the body Spring makes where no controller was reached."""
    stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    body = {"timestamp": stamp, "status": status, "error": HTTPStatus(status).phrase, "path": path}
    return Answer(status, as_bytes(body), JSON_TYPE, headers or [])


def not_acceptable(environ: dict[str, Any], path: str) -> Answer:
    """Return 406; Spring names the type it was asked for, and sends JSON all the same."""
    answer = spring(406, path, [("Accept", "application/json, application/problem+json")])
    wanted = environ.get("HTTP_ACCEPT", "").partition(",")[0].partition(";")[0].strip()
    if wanted.endswith("json"):
        answer.content_type = wanted
    return answer
