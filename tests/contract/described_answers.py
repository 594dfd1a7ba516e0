"""Answers of the embedded gateway, held to the schemas of its dialect."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded import Gateway
from tests.contract.strict_server import SCHEMAS
from tests.parts import rest

#: The dialects with schemas, and by which package.
PACKAGES = {"8.8": "8.8-npm", "8.9": "8.9-npm", "8.10": "8.10-pypi"}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "any": (object,), "null": (type(None),),
}  # fmt: skip
#: Described in 8.9 by the Python package and not by the one for JavaScript.
_DISPUTED = {
    "messageSubscriptionType", "extensionProperties", "processDefinitionName", "processDefinitionVersion", "toolName",
    "inboundConnectorType",
}  # fmt: skip


def ask(gateway: Gateway, method: str, path: str, body: Any = None) -> Any:
    """Return the JSON of an answer of status 200."""
    status, answer = rest.call(gateway.base_url, method, path, body)
    assert status == 200, answer
    return answer


def search(gateway: Gateway, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return the items of a search."""
    items: list[dict[str, Any]] = ask(gateway, "POST", f"/v2/{path}/search", query)["items"]
    return items


def wrong(dialect: str, schema: str, answer: dict[str, Any]) -> list[str]:
    """Return what breaks the schema of an answer."""
    members = SCHEMAS[PACKAGES[dialect]][schema]
    disputed = _DISPUTED if (dialect, schema) == ("8.9", "MessageSubscriptionResult") else set()
    found = [f"unknown {name}" for name in set(answer) - set(members) - disputed]
    found += [f"missing {name}" for name, about in members.items() if about["required"] and name not in answer]
    for name, value in answer.items():
        kinds = members.get(name, {"types": ["any"]})["types"]
        if not any(isinstance(value, _TYPES[kind]) for kind in kinds):
            found.append(f"{name} is {value!r}, not of {kinds}")
    return found
