"""Models are written by their wire names and never with a null."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from camunda_client.utils import JsonBaseModel


class Inner(JsonBaseModel):
    some_name: int | None = Field(default=None, alias="someName")


class Outer(JsonBaseModel):
    inner: Inner = Field(default_factory=Inner)
    values: dict[str, Any] = Field(default_factory=dict)
    gone: str | None = None


def test_fields_are_taken_by_either_name_and_written_by_the_wires() -> None:
    assert Inner(someName=1) == Inner(some_name=1)
    assert Inner(someName=1).model_dump() == {"someName": 1}


def test_none_is_left_out_of_models_and_kept_in_plain_dicts() -> None:
    outer = Outer(values={"a": None, "b": {"c": None}})

    assert outer.model_dump() == {"inner": {}, "values": {"a": None, "b": {"c": None}}}
    assert json.loads(outer.model_dump_json()) == outer.model_dump()


def test_nobody_can_ask_for_something_else() -> None:
    assert Inner().model_dump(by_alias=False, exclude_none=False) == {}
    assert Inner(someName=1).model_dump_json(by_alias=False) == '{"someName":1}'


def test_pydantics_newer_keywords_are_accepted() -> None:
    assert Outer().model_dump(exclude_computed_fields=True, mode="json", round_trip=False) == {
        "inner": {},
        "values": {},
    }
