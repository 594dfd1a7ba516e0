"""Variables as Camunda 7 writes them, with a type beside each value, and as Camunda 8 has them: plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

_TYPES = ((bool, "Boolean"), (int, "Long"), (float, "Double"), (str, "String"), (type(None), "Null"))

#: Patterns of the names of variables whose objects and lists are given as text.
as_text: list[str] = []


def typed(variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return variables with their types, by name."""
    return {name: _typed(name, value) for name, value in variables.items()}


def _typed(name: str, value: Any) -> dict[str, Any]:
    for kind, word in _TYPES:
        if isinstance(value, kind):
            return {"value": value, "type": word, "valueInfo": {}}
    if any(fnmatchcase(name, pattern) for pattern in as_text):
        return {"value": json.dumps(value), "type": "Json", "valueInfo": {}}
    return {"value": value, "type": "Object", "valueInfo": {}}


def plain(variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what handlers give as variables, values with or without a type, as Camunda 8 takes them."""
    return {name: _plain(value) for name, value in (variables or {}).items()}


def _plain(value: Any) -> Any:
    if not isinstance(value, Mapping) or "value" not in value:
        return value
    content = value["value"]
    info = value.get("valueInfo")
    kept_as = info.get("serializationDataFormat") if isinstance(info, Mapping) else None
    is_json = value.get("type") in ("Json", "json") or kept_as == "application/json"
    return json.loads(content) if is_json and isinstance(content, str) else content
