"""The cluster itself: its health, its licence, the authenticated user, and its clock (for tests)."""

from __future__ import annotations

from datetime import datetime

from camunda_client.c8.api._arguments import body, made
from camunda_client.c8.api._short import got, moment, send
from camunda_client.c8.models import PinClockRequest
from camunda_client.c8.models.generated import License, Me
from camunda_client.error import ConnectionFailed, ServiceException

__all__ = ["get_license", "get_me", "is_ready", "pin_clock", "reset_clock"]


def is_ready() -> bool:
    """Return whether a partition has a healthy leader, so that commands can work. It does not raise if nothing answers.

    Raises:
        ServiceException: Something else answered, or refused the token.

    Source: GET /v2/status.
    """
    try:
        # Not safe, so that a 503 is not asked for again: it is the answer.
        send("GET", "/status", safe=False)
    except ConnectionFailed:
        return False
    except ServiceException as error:
        if error.status == 503:
            return False
        raise
    return True


def get_license() -> License:
    """Return the cluster's licence.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/license.
    """
    return got("/license", License)


def get_me() -> Me:
    """Return the user or client that our token belongs to, with tenants, groups and roles.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/authentication/me.
    """
    return got("/authentication/me", Me)


def pin_clock(at: datetime) -> None:
    """Stop the engine's clock at a time; only where its configuration allows that, which is for tests.

    Args:
        at: With a zone.

    Raises:
        InvalidRequestError: The time has no zone.
        ServiceException: The engine refused or could not be asked.

    Source: PUT /v2/clock.
    """
    moment(at, "at")
    send("PUT", "/clock", body(made(PinClockRequest, timestamp=round(at.timestamp() * 1000))))


def reset_clock() -> None:
    """Let the engine's clock follow the machine's again.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/clock/reset.
    """
    send("POST", "/clock/reset")
