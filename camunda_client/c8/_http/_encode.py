"""What is sent, as JSON in UTF-8, or a message that says where it isn't JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from camunda_client.error import InvalidRequestError


def encoded(content: Any) -> bytes:
    """Return JSON. Dates, UUIDs, Decimals, enums, sets and pydantic models are written as pydantic writes them.

    Raises:
        InvalidRequestError: Something in it has no JSON form; the message says what and where.
    """
    try:
        text = to_json(content, inf_nan_mode="constants")
    except Exception as error:
        raise InvalidRequestError(f"not JSON: {type(error).__name__}: {str(error)[:300]}") from error
    # Only then is it worth looking: the engine answers 400 to NaN and stores Infinity as a word.
    if b"NaN" in text or b"Infinity" in text:
        for path, value in _floats(content, "$"):
            if not math.isfinite(value):
                raise InvalidRequestError(f"not JSON: {path} is {value}; send None or a string instead")
    return text


def _floats(content: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(content, float):
        yield path, content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _floats(value, f"{path}.{key}")
    elif isinstance(content, (list, tuple, set, frozenset)):
        for index, value in enumerate(content):
            yield from _floats(value, f"{path}[{index}]")
    elif hasattr(content, "__dict__"):
        yield from _floats(vars(content), path)
