"""What an answer means for its command. Status codes alone are misleading.

A result that is too large is a 500, back-pressure has three shapes, an unknown partition is a 503.
"""

from __future__ import annotations

from enum import Enum, auto

from camunda_client.c8._http._answer import Answer, is_problem


class Verdict(Enum):
    """The outcome of a command, as far as its answer says."""

    DONE = auto()
    #: Not carried out; the engine asks for patience.
    BACK_PRESSURE = auto()
    #: Not carried out: it did not get to the partition.
    NOT_DELIVERED = auto()
    #: Perhaps carried out, perhaps not.
    UNCLEAR = auto()
    #: The token was not good enough; another may be.
    UNAUTHORIZED = auto()
    #: The engine knows nothing by that key, any more or yet.
    GONE = auto()
    #: It exists, in a state in which this can't be done to it.
    CONFLICT = auto()
    #: It will never fit, however often it is tried.
    TOO_LARGE = auto()
    #: Wrong in itself.
    REFUSED = auto()
    #: Not an answer of the engine's REST API: wrong address or version.
    WRONG_ADDRESS = auto()


_TOO_LARGE = ("EXCEEDED_BATCH_RECORD_SIZE", "MALFORMED_REQUEST")
_NOT_DELIVERED = ("ConnectException", "PartitionNotFound", "NoTopologyAvailable")
_BY_STATUS = {
    401: Verdict.UNAUTHORIZED,
    408: Verdict.UNCLEAR,
    409: Verdict.CONFLICT,
    413: Verdict.TOO_LARGE,
    429: Verdict.BACK_PRESSURE,
}


def verdict(answer: Answer) -> Verdict:
    """Return what an answer means.

    Source: answers of Camunda 8.6.0 as recorded in tests/contract/engine-states.json.
    """
    if answer.ok:
        return Verdict.DONE
    if answer.status >= 500:
        return _of_server_error(answer)
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status]
    if answer.status in (404, 405, 406, 415):
        from_engine = answer.status == 404 and is_problem(answer)
        return Verdict.GONE if from_engine else Verdict.WRONG_ADDRESS
    return Verdict.REFUSED


def _of_server_error(answer: Answer) -> Verdict:
    if any(answer.mentions(word) for word in _TOO_LARGE):
        return Verdict.TOO_LARGE
    if answer.mentions("RESOURCE_EXHAUSTED"):
        return Verdict.BACK_PRESSURE
    if answer.status != 504 and any(answer.mentions(word) for word in _NOT_DELIVERED):
        return Verdict.NOT_DELIVERED
    return Verdict.UNCLEAR
