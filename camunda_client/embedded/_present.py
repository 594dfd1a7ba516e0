"""For values the parser has made sure of, where a type can't say so."""

from __future__ import annotations

from typing import TypeVar

from camunda_client.embedded._rejections import EngineError

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return the value.

    Raises:
        EngineError: It is None: a model passed the deployment that should not have.
    """
    if value is None:
        raise EngineError("a part of the model is missing that its deployment should have asked for; please report it")
    return value
