"""What is sent, as JSON in UTF-8, or a message that says which value in it is to blame.

Pydantic's encoder is fast and lets through what Camunda refuses or silently changes (NaN, 1e400): only where its text
gives cause is the value walked, slowly, to find the place.
"""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping
from contextlib import suppress

from pydantic import BaseModel
from pydantic_core import to_json

from camunda_client.error import InvalidRequestError

#: Integers that Camunda's MessagePack can hold.
_INTEGERS = range(-(2**63), 2**64)
#: What a Decimal without a value becomes.
_NO_NUMBERS = (b'"NaN"', b'"Infinity"', b'"-Infinity"')
#: Levels; beyond, Python's own stack would be the limit.
_DEEPEST = 900


def encoded(content: object) -> bytes:
    """Return JSON.

    Decimal, datetime, UUID, Enum, set, tuple, bytes (UTF-8), dataclass and pydantic model become what pydantic makes of
    them: text for Decimal, datetime and UUID, a list for sets and tuples, an object by alias for models. Scalars of
    numpy and of libraries like it become the number they hold.

    Raises:
        InvalidRequestError: Something in it has no exact JSON form; the message says what and where.
    """
    try:
        text: bytes = to_json(content, fallback=_scalar)
    except Exception as error:
        told = blame(content) or f"not JSON: {type(error).__name__}: {str(error)[:300]}"
        raise InvalidRequestError(told) from error
    # A quick look for what the encoder lets through; only then the walk that knows text from number.
    if (b"NaN" in text or b"Infinity" in text) and (culprit := blame(content)):
        raise InvalidRequestError(culprit)
    return text


def is_key(text: str) -> bool:
    """Tell whether the text is a key as Camunda makes them, and fit for a path; other scripts have digits, too."""
    return text.isascii() and text.isdigit()


def blame(value: object, path: str = "", seen: frozenset[int] = frozenset()) -> str:
    """Return which value is to blame if Camunda can't take this, with its path, or an empty text if none stands out."""
    at = path or "it"
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return "" if value in _INTEGERS else f"{at} is {shown(value)}, beyond the 64 bits that Camunda holds"
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"{at} is {value}, which JSON has no number for"
    if isinstance(value, str):
        return _of_text(value, at)
    if id(value) in seen:
        return f"{at} contains itself"
    if len(seen) > _DEEPEST:
        return f"{path[:200]}… is nested more than {_DEEPEST} deep"
    return _of_container(value, path, seen | {id(value)})


def _of_container(value: object, path: str, seen: frozenset[int]) -> str:
    at = path or "it"
    if isinstance(value, BaseModel):
        try:
            value = value.model_dump(by_alias=True)
        except Exception:  # noqa: BLE001 - its serializers are the user's
            return f"{at} is {shown(value)}, which has no JSON form"
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        steps = [(f"{path}.{key}" if path else str(key), key, item) for key, item in value.items()]
        return next(
            (told for place, key, item in steps if (told := _of_key(key, path) or blame(item, place, seen))), ""
        )
    if isinstance(value, (list, tuple, set, frozenset)):
        return next((told for index, item in enumerate(value) if (told := blame(item, f"{path}[{index}]", seen))), "")
    with suppress(Exception):
        return blame(_scalar(value), path, seen)
    try:
        text = to_json(value)
    except (ValueError, TypeError):
        return f"{at} is {shown(value)}, which has no JSON form{_instead(value)}"
    return f"{at} is {shown(value)}, which JSON has no number for" if text in _NO_NUMBERS else ""


def _of_key(key: object, path: str) -> str:
    try:
        to_json({key: 0})
    except (ValueError, TypeError):
        return f"{path or 'it'} has the key {shown(key)}, which can't be a name in JSON"
    return ""


def _scalar(value: object) -> object:
    """Return the number behind an object that pydantic does not know: numpy.int64, float32, bool_ and their like.

    Raises:
        TypeError: There is none.
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        value = item()
        if isinstance(value, (bool, int, float, str)):
            return value
    return operator.index(value)  # type: ignore[arg-type]


def _instead(value: object) -> str:
    """Return what to write instead, where that is known."""
    for method in ("to_dict", "tolist"):
        if callable(getattr(value, method, None)):
            return f"; use its .{method}()"
    return ""


def _of_text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"{path} has the lone surrogate {value[error.start]!r} at {error.start}, which UTF-8 can't hold"
    return ""


def shown(value: object) -> str:
    """Return type and beginning of a value, whatever its ``__repr__`` does."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a broken __repr__ must not cost the job its failure
        text = "?"
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:60] + '…'}"
