from __future__ import annotations

import json
from typing import Any

import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._gateway import UnreadableJob, read_jobs

JOB: dict[str, Any] = {"jobKey": "5", "type": "t", "retries": 3, "variables": {"a": 1}}


def answer(body: str | bytes, content_type: str = "application/json") -> Answer:
    return Answer(200, content_type, None, body.encode() if isinstance(body, str) else body)


def one(job: str) -> ActivatedJob:
    """The only job of an answer, which can be read."""
    [read] = read_jobs(answer('{"jobs":[%s]}' % job))
    assert isinstance(read, ActivatedJob)
    return read


@pytest.mark.parametrize("key", [{"jobKey": "5"}, {"key": 5}, {"jobKey": 5}])
def test_keys_are_read_in_every_dialect(key: dict[str, Any]) -> None:
    assert one(json.dumps({"type": "t", **key})).job_key == "5"


def test_what_newer_engines_add_is_kept_and_what_is_null_is_empty() -> None:
    more = {"brandNew": [1], "customHeaders": None, "variables": None, "kind": "NOT_YET_KNOWN"}

    job = one(json.dumps(JOB | more))

    assert (job.custom_headers, job.variables, job.kind) == ({}, {}, "NOT_YET_KNOWN")
    assert job.model_extra == {"brandNew": [1]}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "Infinity"])
def test_one_job_with_a_number_that_is_none_does_not_spoil_the_others(number: str) -> None:
    body = '{"jobs":[%s,{"jobKey":"6","type":"t","retries":2,"variables":{"deep":[{"x":%s}]}}]}' % (
        json.dumps(JOB),
        number,
    )

    good, bad = read_jobs(answer(body))

    assert isinstance(good, ActivatedJob)
    assert good.variables == {"a": 1}
    assert isinstance(bad, UnreadableJob)
    assert (bad.job_key, bad.retries) == ("6", 2)


@pytest.mark.parametrize("note", ["NaN", "-Infinity", "to Infinity and beyond"])
def test_words_for_numbers_that_are_none_may_be_text(note: str) -> None:
    assert one(json.dumps(JOB | {"variables": {"note": note}})).variables == {"note": note}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"type": "t"}, None),
        ({"jobKey": "../x", "type": "t"}, None),
        ({"jobKey": "7", "type": "t", "variables": [1]}, "7"),
        ({"key": 7, "type": None}, "7"),
        ("text", None),
    ],
)
def test_a_job_that_cannot_be_read_says_why_and_who_it_is(raw: Any, key: str | None) -> None:
    good, bad = read_jobs(answer(json.dumps({"jobs": [JOB, raw]})))

    assert isinstance(good, ActivatedJob)
    assert isinstance(bad, UnreadableJob)
    assert bad.job_key == key
    assert str(bad)


@pytest.mark.parametrize(
    "body",
    [
        "<html>log in</html>",
        '{"jobs":[{"jobKey"',
        "",
        "[]",
        "{}",
        '{"jobs":5}',
        '{"jobs":null}',
        b"\xff\xfe",
        '"jobs"',
        "[" * 100_000,
    ],
    ids=["HTML", "cut", "empty", "list", "object", "number", "null", "UTF-16", "text", "bottomless"],
)
def test_what_is_no_activation_answer_is_a_failure_and_not_an_empty_poll(body: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_jobs(answer(body, "text/html"))


def test_variables_may_be_nested_as_deep_as_the_engine_allows() -> None:
    # 996 is the most that 8.6.0 hands out again.
    deep = "[" * 996 + "]" * 996

    job = one('{"jobKey":"5","type":"t","variables":{"deep":%s}}' % deep)

    assert job.variables["deep"] != []
