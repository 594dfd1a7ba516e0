"""A JSON schema is reduced to its members, their types, and whether they must be there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.schemas.regenerate import PACKAGES, members, one_of

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        (TEXT, ["string"]),
        ({"type": ["string", "null"]}, ["null", "string"]),
        ({"anyOf": [TEXT, {"type": "null"}]}, ["null", "string"]),
        ({"anyOf": [{"oneOf": [TEXT, NUMBER]}, {"type": "null"}]}, ["integer", "null", "string"]),
        ({"enum": ["a"]}, ["string"]),
        ({}, ["any"]),
    ],
)
def test_a_member_has_the_types_of_all_its_choices(schema: dict[str, Any], types: list[str]) -> None:
    assert members({"properties": {"x": schema}}) == {"x": {"types": types, "required": False}}


def test_a_list_has_items() -> None:
    schema = {"properties": {"x": {"type": "array", "items": TEXT}}, "required": ["x"]}

    assert members(schema) == {"x": {"types": ["array"], "required": True, "items": ["string"]}}


def test_parts_are_put_together() -> None:
    assert set(members({"allOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]})) == {"a", "b"}


def test_of_several_schemas_only_what_all_insist_on_must_be_there() -> None:
    by_id = {"properties": {"id": TEXT, "n": NUMBER}, "required": ["id", "n"]}
    by_key = {"properties": {"key": TEXT, "n": TEXT}, "required": ["key", "n"]}

    found = members({"oneOf": [by_id, by_key]})

    assert found == one_of([members(by_id), members(by_key)])
    assert {name for name, member in found.items() if member["required"]} == {"n"}
    assert found["n"]["types"] == ["integer", "string"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.path.stem)
def test_each_file_names_its_package_and_licence(package: Any) -> None:
    text = package.path.read_text(encoding="utf-8")

    assert f"{package.name} {package.version}" in text
    assert "Apache License 2.0" in text
