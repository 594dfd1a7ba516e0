"""Contexts."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded.feel.builtins.registry import Any_, builtin

__all__: list[str] = []


@builtin("context", "entries", list)
def _context(entries: list[Any]) -> Any:
    if not all(isinstance(one, dict) and isinstance(one.get("key"), str) and "value" in one for one in entries):
        raise ValueError("an entry needs a key and a value")
    return {one["key"]: one["value"] for one in entries}


for _names in ("m, key", "context, key"):
    builtin("get value", _names, dict, str)(lambda context, key: context[key])


@builtin("get value", "context, keys", dict, list)
def _get_value(context: Any, keys: list[Any]) -> Any:
    if not keys:
        raise ValueError("no keys")
    for key in keys:
        context = context[key]
    return context


@builtin("context put", "context, key, value", dict, str, Any_)
def _context_put(context: dict[str, Any], key: str, value: Any) -> Any:
    return {**context, key: value}


builtin("put", "context, key, value", dict, str, Any_)(_context_put)


@builtin("context put", "context, keys, value", dict, list, Any_)
def _context_put_deep(context: dict[str, Any], keys: list[Any], value: Any) -> Any:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise ValueError("expected a list of strings")
    head, rest = keys[0], keys[1:]
    inner = context.get(head)
    return {
        **context,
        head: _context_put_deep(inner if isinstance(inner, dict) else {}, rest, value) if rest else value,
    }


for _names in ("context", "m"):

    @builtin("get entries", _names, dict)
    def _entries(context: dict[str, Any]) -> Any:
        return [{"key": key, "value": value} for key, value in context.items()]


def _merge(contexts: list[Any]) -> Any:
    if not all(isinstance(context, dict) for context in contexts):
        raise ValueError("expected contexts")
    return {key: value for context in contexts for key, value in context.items()}


builtin("context merge", "*contexts", list)(_merge)
builtin("put all", "*contexts", list)(_merge)
