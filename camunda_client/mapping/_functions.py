"""Finds what a map names: functions, methods of objects, classes of exceptions, types of arguments."""

from __future__ import annotations

import copy
import datetime
import decimal
import importlib
import os
import uuid
from typing import TYPE_CHECKING, Any, Final

from camunda_client.mapping._check import meant
from camunda_client.mapping._document import Argument

if TYPE_CHECKING:
    from collections.abc import Callable

#: What ``type`` may say without a module.
TYPES: Final[dict[str, Any]] = {
    "text": str,
    "str": str,
    "int": int,
    "float": float,
    "decimal": decimal.Decimal,
    "bool": bool,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "duration": datetime.timedelta,
    "uuid": uuid.UUID,
    "bytes": bytes,
    "list": list,
    "dict": dict,
    "any": Any,
}


class NotThere(Exception):
    """Something that a map names is not there, or can't be used; the text says what and why."""


def thing(dotted: str) -> Any:
    """Return what a dotted name means, imported if need be: ``package.module.Class.method``, or a builtin.

    Raises:
        NotThere: Nothing has that name, or its module needs another that is not there.
        Exception: Whatever its module raises when it is imported.
    """
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise NotThere(f"{name} can't be imported: {error}") from error
        else:
            return _inside(module, name, parts[count:])
    builtins = importlib.import_module("builtins")
    if len(parts) == 1 and hasattr(builtins, dotted):
        return getattr(builtins, dotted)
    raise NotThere(f"there is no module {parts[0]!r} in the working directory, beside the map or on the Python path")


def _inside(found: Any, name: str, attributes: list[str]) -> Any:
    for attribute in attributes:
        if not hasattr(found, attribute):
            raise NotThere(f"{name} has no {attribute!r}{meant(attribute, dir(found))}")
        found, name = getattr(found, attribute), f"{name}.{attribute}"
    return found


def function(dotted: str, objects: dict[str, Any]) -> Callable[..., Any]:
    """Return a function, or a method of one of the objects.

    Raises:
        NotThere: Nothing has that name, or it can't be called.
    """
    first, _, rest = dotted.partition(".")
    found = _inside(objects[first], first, rest.split(".")) if rest and first in objects else thing(dotted)
    if not callable(found):
        raise NotThere(f"{dotted} is {type(found).__name__}, which can't be called")
    return found  # type: ignore[no-any-return]


def exception(dotted: str) -> type[BaseException]:
    """Return a class of exceptions.

    Raises:
        NotThere: Nothing has that name, or it is something else.
    """
    found = thing(dotted)
    if not isinstance(found, type) or not issubclass(found, BaseException):
        raise NotThere(f"{dotted} is not a class of exceptions")
    return found


def kind(name: str) -> Any:
    """Return what ``type`` means.

    Raises:
        NotThere: It is neither one of our words nor a class.
    """
    if name in TYPES:
        return TYPES[name]
    if "." not in name:
        raise NotThere(f"there is no type {name!r}{meant(name, TYPES) or '; write package.module.Class'}")
    return thing(name)


def constant(argument: Argument) -> Callable[[], Any]:
    """Return what gives an argument that is the same for all jobs; each gets a copy of what can be changed.

    Raises:
        NotThere: The environment has no such variable.
    """
    if argument.environment is None:
        value = argument.value
    elif argument.environment in os.environ:
        value = os.environ[argument.environment]
    elif "default" in argument.model_fields_set:
        value = argument.default
    else:
        raise NotThere(f"the environment variable {argument.environment} is not set")
    return lambda: copy.deepcopy(value)
