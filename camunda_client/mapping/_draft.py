"""Writes a first map from a module's functions, for a person to go on from."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any

from camunda_client.mapping import _functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_HEAD = """\
# yaml-language-server: $schema=./workers.schema.json  (camunda-client map schema > workers.schema.json)
# Job types are guesses: set them to those of your models, and delete what is not for a worker.
# Check it with: camunda-client worker --check --map THIS_FILE
"""


def draft(module: ModuleType, folders: list[str] | None = None) -> str:
    """Return a map of all public functions of a module, as text: those of ``__all__``, else all that it defines itself.

    Args:
        module: The module, imported.
        folders: Folders to import it from, relative to the map.

    Raises:
        ValueError: It defines no public function.
    """
    functions = {name: found for name, found in vars(module).items() if _is_own(module, name, found)}
    if not functions:
        raise ValueError(f"{module.__name__} defines no public function")
    path = f"path: {json.dumps(folders)}\n" if folders else ""
    return _HEAD + path + "workers:\n" + "".join(_entry(module, *named) for named in functions.items())


def _is_own(module: ModuleType, name: str, found: Any) -> bool:
    if not inspect.isfunction(found) or inspect.iscoroutinefunction(found) or inspect.isgeneratorfunction(found):
        return False
    said = getattr(module, "__all__", None)
    if said is not None:
        return name in said
    # What a decorator or a lambda made has another name than the module has for it; else that is an alias.
    is_named = name == found.__name__ or "<" in found.__qualname__
    return found.__module__ == module.__name__ and not name.startswith("_") and is_named


def _entry(module: ModuleType, name: str, function: Callable[..., Any]) -> str:
    lines = [f"  {name.replace('_', '-')}:", f"    call: {module.__name__}.{name}"]
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    if summary:
        lines.append(f"    description: {json.dumps(summary, ensure_ascii=False)}")
    arguments = list(_arguments(function))
    lines += ["    arguments:", *arguments] if arguments else []
    lines += _result(name, function)
    return "\n".join(lines) + "\n"


def _arguments(function: Callable[..., Any]) -> Iterator[str]:
    for name, one in inspect.signature(function).parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        variable, word = _camel(name), _word(one.annotation)
        line = f"{name}: {variable}" if word is None else f"{name}: {{variable: {variable}, type: {word}}}"
        if one.default is one.empty:
            yield f"      {line}"
        else:
            yield f"      # {line}  # default: {one.default!r}"


def _camel(name: str) -> str:
    """Return a name as models mostly write it; ``from_`` and the like have their underscore for Python only."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda found: found[1].upper(), name).rstrip("_")


def _word(annotation: Any) -> str | None:
    """Return the map's word for a type; annotated functions need none, but see what is read."""
    for word, kind in _functions.TYPES.items():
        if annotation in (kind, getattr(kind, "__name__", None)) and word not in ("any", "str"):
            return word
    return None


def _result(name: str, function: Callable[..., Any]) -> list[str]:
    returned = inspect.signature(function).return_annotation
    if returned in (None, "None"):
        return ["    result: false"]
    if returned is inspect.Signature.empty:
        return ["    # result: nameOfOneVariable  # or {variable: path.in.it}; left out: a dict of variables"]
    scalar = _word(returned) not in (None, "dict")
    return [f"    result: {_camel(name)}Result"] if scalar else []
