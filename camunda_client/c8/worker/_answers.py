"""What to do after an answer to a job command. Pure: no sending, no waiting.

What the answer says is read by :mod:`camunda_client.c8._http`; here it meets what was tried before.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from camunda_client.c8._http import Verdict as Meaning
from camunda_client.c8._http import problem, verdict

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


#: What most answers come to. The rest depends on the status, or on what was tried before.
_BY_MEANING = {
    Meaning.BACK_PRESSURE: Verdict.OVERLOADED,
    Meaning.CONFLICT: Verdict.REJECTED,
    Meaning.NOT_DELIVERED: Verdict.UNKNOWN,
    Meaning.TOO_LARGE: Verdict.PAYLOAD,
    Meaning.UNAUTHORIZED: Verdict.FORBIDDEN,
    Meaning.UNCLEAR: Verdict.UNKNOWN,
}
_BY_STATUS = {
    400: Verdict.PAYLOAD,
    403: Verdict.FORBIDDEN,
    # Not Camunda's word for a missing job: a proxy without a route, or a wrong base URL.
    404: Verdict.UNKNOWN,
    422: Verdict.PAYLOAD,
}


def judge(answer: Answer, *, tried_before: bool) -> Verdict:
    """Return what is to be done after the answer to a job command.

    Args:
        answer: What came back.
        tried_before: Whether an earlier attempt may have been applied (its answer was lost, or said nothing definite).
    """
    meaning = verdict(answer)
    if meaning is Meaning.DONE:
        # A sign-in page is a 200 as well; taken for Camunda's word, it would lose the work behind the command.
        return Verdict.UNKNOWN if answer.content_type.startswith("text/html") else Verdict.DONE
    if meaning is Meaning.GONE:
        return Verdict.ASSUMED if tried_before else Verdict.GONE
    if 300 <= answer.status < 400:
        # Nobody follows it: a sign-in page or a proxy being changed, and gone when the way is free again.
        return Verdict.UNKNOWN
    # What is left, 405, 406 and 415 above all, is a wrong address or version.
    return _BY_MEANING.get(meaning) or _BY_STATUS.get(answer.status, Verdict.REJECTED)


def is_overload(answer: Answer) -> bool:
    """Tell whether Camunda refused for load: 429 (8.6), 500 on activation (8.6.0), 503 (8.8)."""
    return verdict(answer) is Meaning.BACK_PRESSURE


def fields(answer: Answer) -> dict[str, object]:
    """Return an answer's facts for a log line."""
    title, detail = problem(answer)
    return {"status": answer.status, "title": title, "detail": detail}
