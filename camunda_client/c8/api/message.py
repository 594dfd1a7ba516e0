"""Messages: publish to what waits or will wait, or correlate now."""

from __future__ import annotations

from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body
from camunda_client.c8.api._call import Call, RepeatRule, run_for
from camunda_client.c8.models import (
    CorrelateMessageRequest,
    CorrelateMessageResponse,
    PublishMessageRequest,
    PublishMessageResponse,
)
from camunda_client.error import ErrorCode

__all__ = ["correlate_message", "publish_message"]

#: Seconds that a repeat may take from here to the engine; as long as opening a connection may take by default.
_ON_THE_WAY_S = 5.0


def publish_message(request: PublishMessageRequest) -> PublishMessageResponse:
    """Publish a message.

    One with a ``message_id`` may be sent again when it isn't clear whether it arrived, because the engine
    refuses a second one while the first is buffered; the answer's ``message_key`` is then empty. That ends with
    ``time_to_live``, so it is only done where a repeat is sure to arrive before: within 25 s of the first try
    if that is 30 s, never if it is 5 s or less.

    Raises:
        ServiceException: The engine refused or could not be asked. A message that perhaps arrived all the same, and
            could not be sent again, says so.

    Source: POST /v2/messages/publication.
    """
    call = Call(
        "POST",
        "/messages/publication",
        ErrorCode.C8_FAILED_TO_PUBLISH_MESSAGE,
        body=body(request),
        repeat=RepeatRule.SAFE if request.message_id else RepeatRule.IF_NOT_APPLIED,
        # The engine begins to count when the message arrives, which is later: that errs on the safe side.
        recognised_for_s=request.time_to_live / 1000 - _ON_THE_WAY_S,
        settled_by=(Verdict.CONFLICT,),
    )
    return run_for(PublishMessageResponse, call)


def correlate_message(request: CorrelateMessageRequest) -> CorrelateMessageResponse:
    """Hand a message to an instance that waits for it, and return which one took it.

    Raises:
        ServiceException: Nothing waits for it (status 404), or the engine could not be asked.

    Source: POST /v2/messages/correlation.
    """
    call = Call(
        "POST",
        "/messages/correlation",
        ErrorCode.C8_FAILED_TO_CORRELATE_MESSAGE,
        body=body(request),
        repeat=RepeatRule.IF_NOT_APPLIED,
    )
    return run_for(CorrelateMessageResponse, call)
