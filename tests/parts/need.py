"""What a test does when a part of the real world is missing here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class MissingPartError(RuntimeError):
    """This machine lacks something that a test needs (Maven, a Java, a compiler); the message says what to do."""


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
