"""Turns a caller's arguments into a request, and checks them before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel, ValidationError

from camunda_client.c8 import _http
from camunda_client.c8.api._versions import Needs, needed
from camunda_client.error import InvalidRequestError
from camunda_client.utils import JsonBaseModel

Model = TypeVar("Model", bound=JsonBaseModel)
Fields = ParamSpec("Fields")
#: Where a wire name has an underscore in Python.
_WORD = re.compile("(?<=[a-z])([A-Z])")


def made(model: Callable[Fields, Model], *args: Fields.args, **fields: Fields.kwargs) -> Model:
    """Return a request made of a caller's arguments.

    Raises:
        InvalidRequestError: One of them can't be right; the message says which, with its value.
    """
    try:
        return model(*args, **fields)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        if not wrong["loc"]:  # about the whole: its text names what is wrong
            raise InvalidRequestError(wrong["msg"]) from error
        where = ".".join(_WORD.sub(r"_\1", str(step)).lower() for step in wrong["loc"])
        raise InvalidRequestError(f"{where} is {_http.shown(wrong['input'])}: {wrong['msg']}") from error


class Body(bytes):
    """A request's JSON, and which members older engines refuse."""

    needs: Needs = ()


def body(call_body: Any) -> Body:
    """Return a request's JSON.

    Raises:
        InvalidRequestError: It has none.
    """
    found = Body(_http.encoded(_members(call_body)))
    found.needs = tuple(needed(call_body))
    return found


def _members(content: Any) -> Any:
    # Without the request's own Nones, which the engine takes for wrong values. model_dump() would leave them out of
    # models among the variables as well, where they are values.
    if isinstance(content, list):
        return [_members(item) for item in content]
    if not isinstance(content, JsonBaseModel):
        return content
    fields = type(content).model_fields
    names = {name: field.serialization_alias or name for name, field in fields.items()}
    return {names.get(name, name): _members(value) for name, value in content if value is not None}


def json_object(content: Any, what: str) -> dict[str, Any]:
    """Return a mapping or model as what JSON calls an object; keys that are numbers become text, as in JSON.

    Raises:
        InvalidRequestError: It is neither, or has other keys.
    """
    if isinstance(content, BaseModel):
        kind, content = type(content), content.model_dump(by_alias=True)
        if not isinstance(content, dict):
            raise InvalidRequestError(f"{what} must be an object, and {kind.__name__} is {_http.shown(content)}")
        return content
    if not isinstance(content, Mapping):
        raise InvalidRequestError(f"{what} must be a dict or a pydantic model, not {type(content).__name__}")
    odd = next((name for name in content if not isinstance(name, (str, int))), None)
    if odd is not None:
        raise InvalidRequestError(f"{what} has a name that is not text: {_http.printable(repr(odd), 80)}")
    return {str(name): value for name, value in content.items()}


def key(value: str | int, what: str) -> str:
    """Return a key as a part of a path: digits, and nothing that could lead elsewhere.

    Raises:
        InvalidRequestError: It isn't digits.
    """
    text = str(value)
    if isinstance(value, bool) or not _http.is_key(text):
        raise InvalidRequestError(f"{what} must be a key (digits only), not {_http.printable(repr(value), 80)}")
    return text
