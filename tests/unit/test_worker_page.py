"""docs/worker.md: its tables say what the code does."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import inspect
import json
import pathlib
import re
import uuid
from typing import Any

import pytest

from camunda_client.c8.worker import StopReport, camunda_worker
from camunda_client.c8.worker._outcome import UnfitResult
from camunda_client.config import JobConfig
from tests.parts.fake_gateway import completed

PAGE = (pathlib.Path(__file__).parent.parent.parent / "docs" / "worker.md").read_text()


def rows(first_cell: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with this cell."""
    _, _, rest = PAGE.partition(f"\n| {first_cell} |")
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_settings_has_every_argument_option_and_default() -> None:
    table = {row[0].strip("`"): row for row in rows("argument")}
    defaults = JobConfig().model_dump()

    assert set(table) == set(inspect.signature(camunda_worker).parameters) - {"job_type"}
    for argument, (_, option, told, _) in table.items():
        if re.fullmatch(r"\d+|true|camunda-8-client-worker", told) and argument != "request_timeout":
            assert str(defaults[option.strip("`").removeprefix("api.job.")]).lower() == told, argument


def test_the_report_of_a_stop_has_the_members_told() -> None:
    for member in dataclasses.fields(StopReport):
        assert f"`{member.name}`" in PAGE


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (decimal.Decimal("1.50"), "1.50"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc), "2026-01-02T03:04:05Z"),
        (datetime.timedelta(seconds=90), "PT1M30S"),
    ],
)
def test_the_texts_of_the_table_of_values_are_what_is_sent(value: Any, told: str) -> None:
    assert json.loads(completed({"a": value}).body) == {"variables": {"a": told}}
    assert f'`"{told}"`' in PAGE


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.Path("/a"), "/a"),
        (Colour.RED, "red"),
        ((1, 2), [1, 2]),
        (frozenset({1}), [1]),
        ((number for number in (1, 2)), [1, 2]),
        (b"abc", "abc"),
        ({1: 2}, {"1": 2}),
    ],
)
def test_the_other_values_become_what_the_table_says(value: Any, becomes: Any) -> None:
    assert json.loads(completed({"a": value}).body) == {"variables": {"a": becomes}}


@pytest.mark.parametrize("value", [b"\xff", float("nan"), decimal.Decimal("-Infinity"), "\ud800", object()])
def test_what_the_table_refuses_names_its_place(value: Any) -> None:
    with pytest.raises(UnfitResult, match=r"order\.lines\[1\]\.price "):
        completed({"order": {"lines": [{}, {"price": value}]}})
