"""Parts of the real world that tests need, and what a test does when one is missing here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from camunda_client.cli._server_process import PartFailedError

__all__ = ["MissingPartError", "PartFailedError", "needed"]


class MissingPartError(RuntimeError):
    """This machine lacks something (Maven, a Java, a compiler); the message says what to do."""


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
