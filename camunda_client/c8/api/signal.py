"""Signals: sent to everything that waits for them."""

from __future__ import annotations

from camunda_client.c8.api._arguments import body
from camunda_client.c8.api._call import Call, RepeatRule, run_for
from camunda_client.c8.models import BroadcastSignalRequest, BroadcastSignalResponse
from camunda_client.error import ErrorCode

__all__ = ["broadcast_signal"]


def broadcast_signal(request: BroadcastSignalRequest) -> BroadcastSignalResponse:
    """Broadcast a signal.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/signals/broadcast.
    """
    call = Call(
        "POST",
        "/signals/broadcast",
        ErrorCode.C8_FAILED_TO_BROADCAST_SIGNAL,
        body=body(request),
        repeat=RepeatRule.IF_NOT_APPLIED,
    )
    return run_for(BroadcastSignalResponse, call)
