"""Requests, held to what is described: from 8.8 on a real Camunda refuses unknown members and other types.

``described.json`` is made of the schemas in Camunda's Apache-2.0 clients (tests/contract/schemas/generate_tables.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "any": (object,),
}  # fmt: skip
#: What a member that is an object, or a list of them, holds.
INNER = {
    ("JobUpdateRequest", "changeset"): "JobChangeset",
    ("JobCompletionRequest", "result"): "JobResult",
    ("JobResult", "corrections"): "JobResultCorrections",
    ("JobResult", "activateElements"): "JobResultActivateElement",
    ("AdHocSubProcessActivateActivitiesInstruction", "elements"): "AdHocSubProcessActivateActivityReference",
    ("ProcessInstanceCreationInstruction", "startInstructions"): "ProcessInstanceCreationStartInstruction",
    ("ProcessInstanceCreationInstruction", "runtimeInstructions"): "ProcessInstanceCreationTerminateInstruction",
    ("ProcessInstanceMigrationInstruction", "mappingInstructions"): "MigrateProcessInstanceMappingInstruction",
    ("ProcessInstanceModificationInstruction", "activateInstructions"):
        "ProcessInstanceModificationActivateInstruction",
    ("ProcessInstanceModificationInstruction", "terminateInstructions"):
        "ProcessInstanceModificationTerminateInstruction",
    ("ProcessInstanceModificationInstruction", "moveInstructions"): "ProcessInstanceModificationMoveInstruction",
    ("ProcessInstanceModificationActivateInstruction", "variableInstructions"):
        "ModifyProcessInstanceVariableInstruction",
    ("ProcessInstanceModificationMoveInstruction", "variableInstructions"): "ModifyProcessInstanceVariableInstruction",
    ("ProcessInstanceModificationMoveInstruction", "sourceElementInstruction"): "SourceElementInstruction",
    ("ProcessInstanceModificationMoveInstruction", "ancestorScopeInstruction"): "AncestorScopeInstruction",
    ("UserTaskUpdateRequest", "changeset"): "Changeset",
}  # fmt: skip
#: Described without it in 8.8, where it tells this instruction from others.
_TOLD_ELSEWHERE = {("ProcessInstanceCreationTerminateInstruction", "type")}


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    text = files("camunda_client.embedded.gateway").joinpath("described.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, str]]] = json.loads(text)
    return found


def described(dialect: str, schema: str) -> dict[str, str]:
    """Return the members of a schema, each with its types."""
    return _tables()[dialect].get(schema, {})


def shown(dialect: str, schema: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the members that are described; one that can't be null is left out instead."""
    members = described(dialect, schema)
    return {
        name: row[name] for name, types in members.items() if name in row and (row[name] is not None or "null" in types)
    }


def misfits(dialect: str, schema: str, document: dict[str, Any]) -> Iterator[str]:
    """Yield the members of a request that are not described, or of another type, as ``outer.inner``.

    Those that are missing are for the handler to find: it says so in Camunda's words.
    """
    members = _tables()[dialect][schema]
    for name, value in document.items():
        if name not in members:
            if (schema, name) not in _TOLD_ELSEWHERE:
                yield name
        elif value is not None:
            types, _, items = members[name].rstrip("!").partition(":")
            if not _fits(value, types) or (items and not all(_fits(item, items) for item in value)):
                yield name
            elif (schema, name) in INNER:
                inner = INNER[schema, name]
                for one in value if isinstance(value, list) else [value]:
                    yield from (f"{name}.{found}" for found in misfits(dialect, inner, one))


def _fits(value: Any, types: str) -> bool:
    kinds = types.split("|")
    if isinstance(value, bool):
        return "boolean" in kinds or "any" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds if kind != "null")
