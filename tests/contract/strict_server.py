"""A gateway made from the schemas: it refuses what they don't describe, and answers what they do, in four kinds.

A request's members must be known, of a described type, and there if they must be. Answers have the required members
only, all members, null wherever it is allowed, or members that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.contract.schemas.regenerate import PACKAGES
from tests.parts.plain_http import Reply, Request

SCHEMAS: dict[str, dict[str, Any]] = {
    package.path.stem: json.loads(package.path.read_text(encoding="utf-8"))["schemas"] for package in PACKAGES
}
KINDS = ("required", "all", "nulls", "unknown")
#: A value of each JSON type, text also where it has to be a key.
SAMPLES: dict[str, Any] = {
    "string": "7", "integer": 7, "number": 7.5, "boolean": True, "array": [], "object": {}, "any": {}, "null": None,
}  # fmt: skip
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "any": (object,), "null": (type(None),),
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One endpoint: what is sent, what is answered, and whether that is one item of a list or of pages."""

    method: str
    path: str
    #: Of the body, if that is JSON; for a search: of its filter.
    sent: str | None = None
    answered: str | None = None
    #: ``object``, ``list`` (of items), ``plain list``, ``search``, ``filtered`` (a list for a filter), or the member of
    #: the answer that is a list.
    shape: str = "object"
    status: int = 200
    since: str = "8.8"


class StrictServer:
    """Answers for one package's schemas; ``complaints`` says what was wrong with the requests."""

    def __init__(self, package: str, kind: str) -> None:
        self.schemas = SCHEMAS[package]
        self.kind = kind
        self.complaints: list[str] = []

    def answer(self, operation: Operation) -> Callable[[Request], Reply]:
        """Return what answers an operation."""

        def answered(request: Request) -> Reply:
            self.check(operation, request)
            body = self.body(operation)
            return Reply(operation.status, b"" if body is None else json.dumps(body).encode())

        return answered

    def check(self, operation: Operation, request: Request) -> None:
        """Compare a request with its description."""
        where = f"{request.method} {urlsplit(request.path).path}"
        if not request.body or request.headers.get("content-type", "").startswith("multipart/"):
            if operation.sent is not None:
                self.complaints.append(f"{where} has no body")
            return
        body = json.loads(request.body)
        if operation.shape in ("search", "filtered"):
            self.complaints += [f"{where}: unknown {name}" for name in {*body} - {"page", "filter", "sort"}]
            self.complaints += [
                f"{where}: unknown page.{name}" for name in {*body.get("page", {})} - {"limit", "after"}
            ]
            for one in body.get("sort", []):
                if {*one} != {"field", "order"} or one["order"] not in ("ASC", "DESC"):
                    self.complaints.append(f"{where}: sorts by {one}")
            body = body.get("filter", {})
        if operation.sent is None:
            self.complaints += [f"{where} has a body"] if body or operation.shape != "search" else []
        else:
            self.complaints += [f"{where}: {what}" for what in misfits(self.schemas[operation.sent], body)]

    def body(self, operation: Operation) -> Any:
        """Return an answer of this kind."""
        if operation.answered is None:
            return None
        item = self.example(operation.answered)
        page = self.example("SearchQueryPageResponse") | {"totalItems": 1, "endCursor": None}
        listed = {"items": [item]}
        shapes = {"object": item, "list": listed, "filtered": listed, "plain list": [item]}
        shapes["search"] = {"items": [item], "page": page}
        return shapes.get(operation.shape, {operation.shape: [item]})

    def example(self, schema: str) -> dict[str, Any]:
        """Return an object of a schema."""
        found = {}
        for name, member in self.schemas[schema].items():
            if self.kind != "required" or member["required"]:
                nullable = "null" in member["types"]
                found[name] = None if nullable and self.kind == "nulls" else sample(member)
        return found | ({"unheardOf": {"a": [1]}} if self.kind == "unknown" else {})


def sample(member: dict[str, Any]) -> Any:
    """Return a value of a member; a plain one where it may be several."""
    kind = next(kind for kind in SAMPLES if kind in member["types"])
    items = [item for item in member.get("items", []) if item in SAMPLES]
    return [SAMPLES[items[0]]] if kind == "array" and items else SAMPLES[kind]


def misfits(schema: dict[str, Any], body: dict[str, Any]) -> list[str]:
    """Return what is wrong with an object."""
    wrong = [f"unknown {name}" for name in body if name not in schema]
    wrong += [f"missing {name}" for name, member in schema.items() if member["required"] and name not in body]
    for name, value in body.items():
        kinds = [kind for kind in schema.get(name, {"types": ["any"]})["types"] if kind != "null"]
        fitting = [kind for kind in kinds if isinstance(value, _TYPES[kind])]
        if not fitting or (isinstance(value, bool) and not {"boolean", "any"} & {*kinds}):
            wrong.append(f"{name} is {value!r}, not of {kinds}")
    return wrong
