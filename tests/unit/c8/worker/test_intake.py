from __future__ import annotations

import json
from typing import Any

import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._gateway import UnreadableJob, raw_jobs, read_job

JOB: dict[str, Any] = {"jobKey": "5", "type": "t", "retries": 3, "variables": {"a": 1}}


def answer(body: str | bytes, content_type: str = "application/json") -> Answer:
    return Answer(200, content_type, None, body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize("key", [{"jobKey": "5"}, {"key": 5}, {"jobKey": 5}])
def test_keys_are_read_in_every_dialect(key: dict[str, Any]) -> None:
    [raw] = raw_jobs(answer(json.dumps({"jobs": [{"type": "t", **key}]})))

    assert read_job(raw).job_key == "5"


def test_what_newer_engines_add_is_kept_and_what_is_null_is_empty() -> None:
    job = read_job(JOB | {"brandNew": [1], "customHeaders": None, "variables": None, "kind": "NOT_YET_KNOWN"})

    assert (job.custom_headers, job.variables, job.kind) == ({}, {}, "NOT_YET_KNOWN")
    assert job.model_extra == {"brandNew": [1]}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "Infinity"])
def test_one_job_with_a_number_that_is_none_does_not_spoil_the_others(number: str) -> None:
    body = '{"jobs":[%s,{"jobKey":"6","type":"t","retries":2,"variables":{"deep":[{"x":%s}]}}]}' % (
        json.dumps(JOB),
        number,
    )

    good, bad = raw_jobs(answer(body))

    assert read_job(good).variables == {"a": 1}
    with pytest.raises(UnreadableJob) as unreadable:
        read_job(bad)
    assert (unreadable.value.job_key, unreadable.value.retries) == ("6", 2)


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
    with pytest.raises(UnreadableJob) as unreadable:
        read_job(raw)

    assert unreadable.value.job_key == key
    assert str(unreadable.value)


@pytest.mark.parametrize(
    "body",
    ["<html>log in</html>", '{"jobs":[{"jobKey"', "", "[]", '{"jobs":5}', b"\xff\xfe", '"jobs"', "[" * 100_000],
    ids=["HTML", "cut", "empty", "list", "number", "UTF-16", "text", "bottomless"],
)
def test_what_is_no_activation_answer_is_a_failure_and_not_an_empty_poll(body: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        raw_jobs(answer(body, "text/html"))


def test_variables_may_be_nested_as_deep_as_the_engine_allows() -> None:
    # 996 is the most that 8.6.0 hands out again.
    deep = "[" * 996 + "]" * 996

    [raw] = raw_jobs(answer('{"jobs":[{"jobKey":"5","type":"t","variables":{"deep":%s}}]}' % deep))

    assert read_job(raw).variables["deep"] != []
