"""Waits until searches show what has happened: they are a few seconds behind the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from camunda_client.error import InvalidRequestError, ServiceException

__all__ = ["wait_until"]

Value = TypeVar("Value")


def wait_until(question: Callable[[], Value | None], *, timeout_s: float = 10.0, every_s: float = 0.25) -> Value:
    """Ask again and again, and return the first answer that is true.

    An answer of status 404 counts as not yet. All other failures end the wait.

    Args:
        question: Asks Camunda, such as ``lambda: api.get_process_instance(key).state == "COMPLETED"``.
        timeout_s: Seconds until the wait is given up. The question is asked at least once.
        every_s: Seconds between two questions.

    Raises:
        TimeoutError: No answer was true in time; the last 404, if there was one, is its cause.
        ServiceException: As the question does.
    """
    if every_s <= 0:
        raise InvalidRequestError(f"every_s must be above 0, not {every_s!r}")
    deadline = time.monotonic() + timeout_s
    while True:
        missing: ServiceException | None = None
        try:
            answer = question()
            if answer:
                return answer
        except ServiceException as error:
            if error.status != 404:
                raise
            missing = error
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError(f"not true within {timeout_s:g} s") from missing
        time.sleep(min(every_s, left_s))
