"""Prints the models of the PyPI package camunda-orchestration-sdk as members, types and whether they must be there.

Runs in an environment that has the package: ``python sdk.py NAME ...``; a name may be several classes joined by ``|``.
"""

from __future__ import annotations

import enum
import inspect
import json
import re
import sys
import types
import typing
from datetime import datetime

import attrs
from camunda_orchestration_sdk import models, semantic_types
from camunda_orchestration_sdk import types as sdk_types

SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", datetime: "string"}
#: Some of its modules write ``datetime`` and others ``datetime.datetime``.
BOTH = type("datetime", (datetime,), {"datetime": datetime})
NAMES = {**vars(typing), **vars(sdk_types), **vars(semantic_types), **vars(models), "datetime": BOTH}


def shape(hint):
    """Return the JSON types of a type hint, and those of its items if it is a list."""
    if hint is typing.Any:
        return {"any"}, set()
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        parts = [shape(part) for part in typing.get_args(hint) if part is not sdk_types.Unset]
        return set().union(*(kinds for kinds, _ in parts)), set().union(*(items for _, items in parts))
    if origin is list:
        return {"array"}, shape(typing.get_args(hint)[0])[0]
    for python, name in SCALARS.items():
        if isinstance(hint, type) and issubclass(hint, python):
            return {name}, set()
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"string"}, set()
    return {"object"}, set()


def plain(name):
    """Return a name without what differs between the wire and Python."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def members(cls):
    """Return the members of one class."""
    fields = [field for field in attrs.fields(cls) if field.init]
    # What it reads, by the names on the wire; its attributes are in another order.
    read = re.findall(r'd\.pop(?:_required)?\(\s*"([\w.$]+)"', inspect.getsource(cls.from_dict))
    wire = {plain(name): name for name in read}
    assert len(wire) == len(fields), f"{cls.__name__}: {wire} and {[field.name for field in fields]}"
    hints = typing.get_type_hints(cls, NAMES)
    found = {}
    for field in fields:
        name = wire[plain(field.name)]
        kinds, items = shape(hints[field.name])
        found[name] = {"types": sorted(kinds), "required": field.default is attrs.NOTHING}
        if items:
            found[name]["items"] = sorted(items)
    return found


def known(name):
    """Tell whether this release has all classes of a name."""
    return all(hasattr(models, part) for part in name.split("|"))


parts = {name: name.split("|") for name in filter(known, sys.argv[1:])}
print(json.dumps({name: [members(getattr(models, part)) for part in named] for name, named in parts.items()}))
