"""What an answer to a job command means. Pure: no sending, no waiting.

Status codes alone lie: too large a result is a 500, an unknown partition a 503, back-pressure a 429, 500 or 503.
Source: measured on Camunda 8.6.0, and the OpenAPI files of 8.8 and 8.9.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from camunda_client.c8._http import problem

if TYPE_CHECKING:
    from camunda_client.c8._http import Answer


class Verdict(Enum):
    """What to do after an answer."""

    DONE = "done"
    #: 404 after an attempt whose fate is unknown: that attempt did it.
    ASSUMED = "assumed"
    #: 404 at once: finished, cancelled, or never there. Nothing more can be sent.
    GONE = "gone"
    #: The job is in a state that takes no outcome (409), or was refused for good.
    REJECTED = "rejected"
    #: Camunda can't take what we sent; sending it again changes nothing.
    PAYLOAD = "payload"
    #: Not applied, for load. Ask less, later.
    OVERLOADED = "overloaded"
    #: No definite answer; the command may have been applied.
    UNKNOWN = "unknown"
    #: Our credentials were refused (401, 403).
    FORBIDDEN = "forbidden"


#: Words in a 5xx that make it permanent: the command is too large for the broker's log or its transport.
_TOO_LARGE = ("EXCEEDED_BATCH_RECORD_SIZE", "MALFORMED_REQUEST")


def judge(answer: Answer, *, tried_before: bool) -> Verdict:
    """Return what the answer to a job command means.

    Args:
        answer: What came back.
        tried_before: Whether an earlier attempt may have been applied (its answer was lost, or said nothing definite).
    """
    status = answer.status
    if 200 <= status < 300:
        # A sign-in page is a 200 as well; taken for Camunda's word, it would lose the work behind the command.
        return Verdict.UNKNOWN if answer.content_type.startswith("text/html") else Verdict.DONE
    if 300 <= status < 400:
        # Nobody follows it: a sign-in page or a proxy being changed, and gone when the way is free again.
        return Verdict.UNKNOWN
    if status == 404:
        return _not_found(answer, tried_before=tried_before)
    if status in (401, 403):
        return Verdict.FORBIDDEN
    if is_overload(answer):
        return Verdict.OVERLOADED
    if status in (400, 413, 422) or (status >= 500 and any(word.encode() in answer.body for word in _TOO_LARGE)):
        return Verdict.PAYLOAD
    if status >= 500 or status == 408:
        return Verdict.UNKNOWN
    # 409: the job already failed or threw an error. 405, 406, 415: a wrong address or version.
    return Verdict.REJECTED


def is_overload(answer: Answer) -> bool:
    """Tell whether Camunda refused for load: 429 (8.6), 500 on activation (8.6.0), 503 (8.8)."""
    return answer.status == 429 or (answer.status >= 500 and b"RESOURCE_EXHAUSTED" in answer.body)


def _not_found(answer: Answer, *, tried_before: bool) -> Verdict:
    if not answer.content_type.startswith("application/problem+json"):
        # Not Camunda's word for a missing job: a proxy without a route, or a wrong base URL.
        return Verdict.UNKNOWN
    return Verdict.ASSUMED if tried_before else Verdict.GONE


def fields(answer: Answer) -> dict[str, object]:
    """Return an answer's facts for a log line."""
    title, detail = problem(answer)
    return {"status": answer.status, "title": title, "detail": detail}
