"""Make the table of what the embedded gateway reads and tells: ``python -m tests.contract.schemas.generate_tables``.

It is made of the schemas of this folder, and in the package because the gateway runs without them. A member's types are
joined by ``|``, its items' follow a colon, and ``!`` says that it must be there.
"""

from __future__ import annotations

import json
from typing import Any

from tests.contract.schemas.regenerate import FILTERS, FOLDER, FOUND, PACKAGES, REQUESTS, SENT, Members

TABLE = FOLDER.parents[2] / "camunda_client/embedded/gateway/described.json"
#: Requests in requests that the schemas of this folder only have as "object": by hand, from the same descriptions.
INNER: dict[str, dict[str, dict[str, str]]] = {
    "8.8": {
        "SearchQueryPageRequest": {"limit": "integer", "from": "integer", "after": "string", "before": "string"},
        "SearchQuerySortRequest": {"field": "string!", "order": "string"},
    },
    "8.9": {
        "SourceElementInstruction": {
            "sourceType": "string!", "sourceElementId": "string", "sourceElementInstanceKey": "string",
        },
        "AncestorScopeInstruction": {"ancestorScopeType": "string!", "ancestorElementInstanceKey": "string"},
    },
}  # fmt: skip


#: Described as an object, but of a type that takes any JSON: Camunda's own tests and documentation have text there.
ANY = {("CreateClusterVariableRequest", "value"), ("UpdateClusterVariableRequest", "value")}


def merged(dialect: str) -> dict[str, dict[str, str]]:
    """Return the table of a version: what any of its packages describes."""
    found: dict[str, dict[str, Any]] = {}
    for package in PACKAGES:
        if package.camunda == dialect:
            schemas: dict[str, Members] = json.loads(package.path.read_text(encoding="utf-8"))["schemas"]
            for name in (*REQUESTS, *FILTERS, *SENT, *FOUND):
                for member, about in schemas.get(name, {}).items():
                    one = found.setdefault(name, {}).setdefault(member, {"types": set(), "items": set(), "all": []})
                    one["types"] |= set(about["types"])
                    one["items"] |= set(about.get("items", ()))
                    one["all"].append(about["required"])
    for name, member in ANY:
        if member in found.get(name, {}):
            found[name][member]["types"] = {"any"}
    shown = {name: {member: _shown(about) for member, about in found[name].items()} for name in sorted(found)}
    return shown | {
        name: members for since, inner in INNER.items() for name, members in inner.items() if _at_least(dialect, since)
    }


def _at_least(dialect: str, since: str) -> bool:
    return [int(part) for part in dialect.split(".")] >= [int(part) for part in since.split(".")]


def _shown(about: dict[str, Any]) -> str:
    items = ":" + "|".join(sorted(about["items"])) if about["items"] else ""
    return "|".join(sorted(about["types"])) + items + ("!" if all(about["all"]) else "")


def text() -> str:
    """Return the file: a line for each schema."""
    lines = []
    for dialect in ("8.8", "8.9", "8.10"):
        of = ",\n".join(f"  {json.dumps(name)}: {json.dumps(members)}" for name, members in merged(dialect).items())
        lines.append(f' "{dialect}": {{\n{of}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
    print(f"wrote {TABLE.name}")
