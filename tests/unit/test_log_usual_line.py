"""The usual line of a job is the one that rendering it anew makes, whatever the job has; else it is not made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from camunda_client.log import _usual, bind_job, job_context, job_fields, set_line_fields, unbind_job
from camunda_client.log._context import add_java_names
from camunda_client.log._render import render_json
from camunda_client.log._usual import usual_line

EVENT = ("job.completed", "info", "camunda_client.c8.worker._reporter")
TIMES: dict[str, Any] = {"duration_s": 0.000012, "report_s": 1.5}


def job_of(**values: Any) -> SimpleNamespace:
    usual = {
        "job_key": "2251799813685250", "job_type": "charge-card", "process_instance_key": "2251799813685249",
        "process_definition_id": "order", "element_id": "charge", "worker": "default", "tenant_id": "<default>",
        "retries": 3, "process_definition_key": "1", "element_instance_key": "2",
    }  # fmt: skip
    return SimpleNamespace(**usual | values)


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    _usual._pieces.clear()
    _usual._names.clear()
    token = job_context.set(None)
    yield
    job_context.reset(token)
    set_line_fields((), None)
    add_java_names(wanted=False)


def read(line: bytes) -> list[tuple[str, Any]]:
    """Return a line's fields in their order, without the moment."""
    assert line.endswith(b"}\n")
    found: list[tuple[str, Any]] = json.loads(line, object_pairs_hook=list)
    assert found[0][0] == "timestamp"
    return found[1:]


def rendered(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    return read(render_json(*EVENT, {**job_fields(), **fields}))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"tenant_id": None, "element_id": ""},
        {"element_id": 'a "quoted" \\ one\n', "process_definition_id": "größer \u2028 \x7f"},
        {"worker": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", "element_id": "https://me:secret@example.com"},
        {"element_id": "x" * 5000},
        {"worker": 1.5},
    ],
)
def test_a_line_is_as_if_it_was_rendered_anew(values: dict[str, Any]) -> None:
    for number in (1, 2):
        for attempt in (None, number):
            token = bind_job(job_of(job_key=str(number), **values), attempt)
            line = usual_line(*EVENT, TIMES)
            assert line is not None
            assert read(line) == rendered(TIMES)
            unbind_job(token)


def test_each_job_has_its_own_values() -> None:
    for element in ("charge", "refund"):
        for retries in (3, 2):
            bind_job(job_of(element_id=element, retries=retries, job_key=f"{retries}1"), 1)
            line = usual_line(*EVENT, TIMES)
            assert line is not None
            fields = dict(read(line))
            assert (fields["element_id"], fields["retries"], fields["job_key"]) == (element, retries, f"{retries}1")


def test_what_a_line_has_said_of_a_job_the_next_one_says_too() -> None:
    job = job_of()
    bind_job(job, 1)
    before = rendered(TIMES)
    job.retries, job.element_id = 0, "elsewhere"

    line = usual_line(*EVENT, TIMES)

    assert line is not None
    assert read(line) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"duration_s": float("nan")},
        {"bytes": "many"},
        {"is_late": True},
        {"retries": 2},
        {"level": 1},
        {"jobKey": 1, "no name": 2},
        {"password": 1234},
        {"exc_info": 1},
        {"bytes": 10**5000},
        {"größe": 1},
    ],
)
def test_fields_that_are_no_plain_numbers_are_left_to_the_renderer(fields: dict[str, Any]) -> None:
    bind_job(job_of(), 1)

    assert usual_line(*EVENT, fields) is None
    assert usual_line(*EVENT, fields) is None


@pytest.mark.parametrize(
    "values",
    [
        {"retries": True},
        {"retries": "many"},
        {"element_id": "x90000000000000000002"},
        {"job_key": "a1"},
        {"job_key": 5},
        {"job_key": "\u0663"},
        {"process_instance_key": ""},
        {"worker": ["x"]},
    ],
)
def test_a_job_whose_values_are_no_usual_ones_is_left_to_the_renderer(values: dict[str, Any]) -> None:
    bind_job(job_of(**values), 1)

    assert usual_line(*EVENT, TIMES) is None


def test_lines_outside_jobs_and_lines_with_more_are_left_to_the_renderer() -> None:
    assert usual_line(*EVENT, TIMES) is None
    bind_job(job_of(), 1)
    set_line_fields(("trace_id",), lambda: {"trace_id": "1"})
    assert usual_line(*EVENT, TIMES) is None
    set_line_fields((), None)
    add_java_names(wanted=True)
    assert usual_line(*EVENT, TIMES) is None


def test_a_line_that_is_too_long_is_left_to_the_renderer_that_cuts_it() -> None:
    bind_job(job_of(), 1)

    assert usual_line(*EVENT, {f"field_{number}": 2**60 for number in range(900)}) is not None
    assert usual_line(*EVENT, {f"field_{number}": 2**60 for number in range(1200)}) is None


def test_no_more_lines_are_remembered_than_fit() -> None:
    for number in range(3000):
        bind_job(job_of(element_id=f"element-{number}"), 1)
        assert usual_line(*EVENT, {f"field_{number}": number}) is not None

    assert len(_usual._pieces) <= 1024
    assert len(_usual._names) <= 1024
