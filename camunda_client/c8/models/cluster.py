"""The cluster's clock, which tests may stop."""

from __future__ import annotations

from camunda_client.c8.models._base import Request

__all__ = ["PinClockRequest"]


class PinClockRequest(Request):
    """Stops the engine's clock."""

    #: Milliseconds since 1970 in UTC.
    timestamp: int
