"""Values as JSON in UTF-8, or a message that says which of them JSON or Camunda cannot hold.

Pydantic's encoder is fast and lets through what Camunda refuses or silently changes (NaN, 1e400): only where its text
gives cause is the value walked, slowly, to find the place. It also stops at 254 levels, where Camunda takes 900.
"""

from __future__ import annotations

import dataclasses
import json
import math
import operator
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from enum import Enum

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from camunda_client.error import InvalidRequestError

#: Integers that Camunda's MessagePack can hold.
_INTEGERS = range(-(2**63), 2**64)
#: Levels. Camunda refuses documents of about 1,000.
_DEEPEST = 900

#: Levels of a document, and of the calls below its parsing.
_RECURSION = 2000

#: A value and its path, which is empty for the whole.
_Place = tuple[str, object]


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Allow documents of 1,000 levels, as Camunda's may have: Python's JSON counts them among our own calls."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


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
        if culprit := blame(content):
            raise InvalidRequestError(culprit) from error
        return _encoded_slowly(content, error)
    # A quick look for what the encoder lets through; only then the walk that knows text from number.
    if b"NaN" in text or b"Infinity" in text:
        culprit = blame(content)
        if culprit or not _is_strict(text):
            raise InvalidRequestError(culprit or "it holds NaN or Infinity, which JSON cannot represent")
    return text


def _encoded_slowly(content: object, refusal: Exception) -> bytes:
    """Return what the fast encoder would, had it no limit of levels."""
    try:
        with deep_recursion():
            return json.dumps(
                content, default=_simple, allow_nan=False, ensure_ascii=False, separators=(",", ":")
            ).encode()
    except Exception as error:  # noqa: BLE001 - it may run the code of any value's class
        cause = refusal if "depth" not in str(refusal) else error
        message = f"not JSON: {type(cause).__name__}: {str(cause)[:300]}"
        raise InvalidRequestError(message) from refusal


def _simple(value: object) -> object:
    if isinstance(value, Iterator):
        # The fast encoder has read it by now, and it would be sent as empty.
        raise TypeError("it is nested more than 250 deep and has a generator in it; make that a list")
    return from_json(to_json(value), allow_inf_nan=False)


def _is_strict(text: bytes) -> bool:
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return "recursion limit" in str(error)
    return True


def is_key(text: str) -> bool:
    """Return whether the text is a key as Camunda makes them, and fit for a path; other scripts have digits, too."""
    return text.isascii() and text.isdigit()


def blame(value: object) -> str:
    """Return which value is to blame if Camunda can't take this, with its path, or an empty text if none stands out."""
    # With a list of its own instead of recursion: at 300 levels Python's stack would end before the value.
    levels: list[tuple[int, Iterator[_Place]]] = [(0, iter([("", value)]))]
    open_ids: set[int] = set()
    while levels:
        opened, places = levels[-1]
        found = next(places, None)
        if found is None:
            levels.pop()
            open_ids.discard(opened)
            continue
        path, item = found
        culprit, inside = _looked_at(item, path)
        if culprit:
            return culprit
        if inside is None:
            continue
        if id(item) in open_ids:
            return f"{path or 'it'} contains itself"
        if len(levels) > _DEEPEST:
            return f"{path[:200]}… is nested more than {_DEEPEST} deep"
        open_ids.add(id(item))
        levels.append((id(item), inside))
    return ""


def _looked_at(value: object, path: str) -> tuple[str, Iterator[_Place] | None]:
    """Return what is wrong with the value itself, and the places in it if it is a container."""
    at = path or "it"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool) or value is None:
        return "", None
    if isinstance(value, int):
        return "" if value in _INTEGERS else f"{at} is {shown(value)}, beyond the 64 bits that Camunda holds", None
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"{at} is {value}, which JSON cannot represent", None
    if isinstance(value, Decimal):
        return "" if value.is_finite() else f"{at} is {shown(value)}, which JSON cannot represent", None
    if isinstance(value, str):
        return _of_text(value, at), None
    return _of_container(value, path)


def _of_container(value: object, path: str) -> tuple[str, Iterator[_Place] | None]:
    at = path or "it"
    if isinstance(value, BaseModel):
        try:
            value = value.model_dump(by_alias=True)
        except Exception:  # noqa: BLE001 - its serializers are the user's
            return f"{at} is {shown(value)}, which has no JSON form", None
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        steps = [(f"{path}.{key}" if path else str(key), key, item) for key, item in value.items()]
        culprit = next((found for _, key, _ in steps if (found := _of_key(key, path))), "")
        return culprit, iter([(place, item) for place, _, item in steps])
    if isinstance(value, (list, tuple, set, frozenset)):
        return "", iter([(f"{path}[{index}]", item) for index, item in enumerate(value)])
    with suppress(Exception):
        return _looked_at(_scalar(value), path)
    try:
        text = to_json(value)
    except Exception:  # noqa: BLE001 - it runs what the value's class brings along
        return f"{at} is {shown(value)}, which has no JSON form{_instead(value)}", None
    return "" if _is_strict(text) else f"{at} is {shown(value)}, which JSON cannot represent", None


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
    # polars' to_dict() is of its own columns.
    for method in ("to_dicts", "to_dict", "tolist", "to_list"):
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
