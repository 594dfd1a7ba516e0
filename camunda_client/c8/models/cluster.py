"""The cluster's clock, which tests may stop."""

from __future__ import annotations

from camunda_client.c8.models.base import RequestModel

__all__ = ["PinClockRequest"]


class PinClockRequest(RequestModel):
    """Stops the engine's clock."""

    #: Milliseconds since 1970 in UTC.
    timestamp: int
