"""Parts of the real world that tests need, and what a test does when one is missing here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class MissingPartError(RuntimeError):
    """This machine lacks something (Maven, a Java, a distribution); the message says what to do."""


class PartFailedError(RuntimeError):
    """A part is here but did not start, stop or answer as it must; the message has the end of its log."""


@contextmanager
def needed() -> Iterator[None]:
    """Skip the test, with a line that says which part is missing; under ``CI=true`` let it fail."""
    try:
        yield
    except MissingPartError as error:
        # A green CI without the real parts would prove nothing.
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
