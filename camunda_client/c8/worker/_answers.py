"""What to do after an answer to a job command: no sending, no waiting.

What the answer says is read by :mod:`camunda_client.c8._http`; here it meets what was tried before.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from camunda_client.c8._http import Verdict as Meaning
from camunda_client.c8._http import is_problem, parsed, printable, problem, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer

#: Kinds of foreign answers that are told of until Camunda answers again.
_MOST_TOLD = 8


class Verdict(Enum):
    """What to do after an answer."""

    # Enum's own is Python code, and each report looks verdicts up.
    __hash__ = object.__hash__

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
    #: It may have been applied, and to send it again could take the job from its next holder.
    UNSURE = "unsure"


#: What Camunda's own problem documents come to. The rest depends on the status, or on what was tried before.
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
    422: Verdict.PAYLOAD,
}
#: What anybody's answers come to: a gate's own refusal is as good as Camunda's, for nothing got past it.
_ANYBODYS = {401: Verdict.FORBIDDEN, 403: Verdict.FORBIDDEN, 429: Verdict.OVERLOADED}
#: Bytes below which a gate's "too large" (413) is not believed: it may say that of everything.
LARGE_BYTES = 64 * 1024


def judge(answer: Answer, *, tried_before: bool, size: int = 0) -> Verdict:
    """Return what is to be done after the answer to a job command.

    Only Camunda's word ends a job: its 204, which has no body, and its problem documents. Whatever stands between
    answers with any status and any body; that is no answer (``UNKNOWN``).

    Args:
        answer: What came back.
        tried_before: Whether an earlier attempt may have been applied (its answer was lost, or said nothing definite).
        size: Bytes that were sent.
    """
    if answer.status == 204 and not answer.body:
        return Verdict.DONE
    if answer.status < 400:
        return Verdict.UNKNOWN
    if not is_camundas(answer):
        if answer.status == 413 and size >= LARGE_BYTES:
            return Verdict.PAYLOAD
        return _ANYBODYS.get(answer.status, Verdict.UNKNOWN)
    meaning = verdict(answer)
    if meaning is Meaning.GONE:
        return Verdict.ASSUMED if tried_before else Verdict.GONE
    # What is left, 405, 406 and 415, is a wrong address: Camunda's web server says these in another form.
    return _BY_MEANING.get(meaning) or _BY_STATUS.get(answer.status, Verdict.UNKNOWN)


def is_camundas(answer: Answer) -> bool:
    """Tell whether the answer is one of Camunda's problem documents.

    Spring Boot's own errors, a gateway's among them, have the same form, and a 404 of theirs means a missing route:
    Camunda's names its code (``NOT_FOUND``) and what it did not find.
    """
    if not is_problem(answer):
        return False
    try:
        document = parsed(answer)
    except ValueError:
        return False
    if not isinstance(document, dict) or document.get("status", answer.status) != answer.status:
        return False
    title = document.get("title")
    return isinstance(title, str) and (answer.status != 404 or title == "NOT_FOUND")


def is_not_applied(answer: Answer) -> bool:
    """Tell whether a command that was answered so has surely not been carried out."""
    if judge(answer, tried_before=False) in (Verdict.OVERLOADED, Verdict.FORBIDDEN, Verdict.PAYLOAD):
        return True
    return is_camundas(answer) and verdict(answer) is Meaning.NOT_DELIVERED


def is_overload(answer: Answer) -> bool:
    """Tell whether Camunda refused for load: 429 (8.6), 500 on activation (8.6.0), 503 (8.8)."""
    return verdict(answer) is Meaning.BACK_PRESSURE


def fields(answer: Answer) -> dict[str, object]:
    """Return an answer's facts for a log line."""
    title, detail = problem(answer)
    return {"status": answer.status, "title": title, "detail": detail}


class ForeignAnswers:
    """Says once that somebody else answers in Camunda's place, until Camunda itself does again."""

    def __init__(self, say: Callable[..., None]) -> None:
        """Call ``say`` with the answer's facts as keyword arguments."""
        self._say = say
        self._told: set[tuple[int, str, str]] = set()

    def meet(self, answer: Answer) -> None:
        """Take note of an answer to a command that is no word of Camunda's; of Camunda's, do nothing.

        A proxy's 5xx is no news: that is how it says that Camunda is away for a moment, which passes.
        """
        if answer.status >= 500 or is_camundas(answer):
            return
        kind = printable(answer.content_type, 80)
        seen = (answer.status, kind, printable(answer.server, 80))
        if seen in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(seen)
        self._say(**fields(answer), content_type=kind, server=seen[2])

    def end(self) -> None:
        """Camunda answers: the next foreign answer is news again."""
        if self._told:
            self._told.clear()
