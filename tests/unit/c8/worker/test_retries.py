from __future__ import annotations

from typing import Any

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._outcome import back_off_ms, parse_duration_ms, retries_left
from camunda_client.c8.worker._settings import RetryRule

RULE = RetryRule(first_ms=1000, ceiling_ms=10_000)


def a_job(**fields: Any) -> ActivatedJob:
    return ActivatedJob.model_validate({"jobKey": "1", "type": "t", "retries": 3} | fields)


@pytest.mark.parametrize(
    ("retries", "asked", "left"),
    [(3, None, 2), (0, None, 0), (-1, None, 0), (3, 9, 9), (3, -5, 0), (3, 2**31, 2**31 - 1)],
)
def test_retries_go_down_by_one_unless_asked_otherwise(retries: int, asked: int | None, left: int) -> None:
    assert retries_left(retries, asked) == left


def test_the_wait_doubles_with_each_failure_up_to_the_ceiling() -> None:
    waits = [back_off_ms(RULE, a_job(), retries=9, attempt=attempt) for attempt in (1, 2, 3, 50)]

    for wait, full in zip(waits, (1000, 2000, 4000, 10_000), strict=True):
        assert 0.8 * full <= wait <= full


def test_a_job_with_few_retries_left_has_failed_before() -> None:
    assert 1600 <= back_off_ms(RULE, a_job(), retries=1) <= 2000


def test_the_exception_beats_the_header_and_the_header_the_rule() -> None:
    job = a_job(customHeaders={"retryBackoff": "PT1M"})

    assert back_off_ms(RULE, job, retries=2) == 60_000
    assert back_off_ms(RULE, job, retries=2, asked_ms=5) == 5
    assert back_off_ms(RULE, job, retries=2, asked_ms=2**63) < 2**63
    assert back_off_ms(RULE, job, retries=0) == 0


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("PT30S", 30_000),
        ("pt1m30.5s", 90_500),
        ("P1DT1H", 90_000_000),
        ("1500", 1500),
        (1500, 1500),
        ("P", None),
        ("PT", None),
        ("soon", None),
        ("²", None),
        ("٣", None),
        ("9" * 5000, None),
        (f"PT{'9' * 5000}S", None),
        (None, None),
        (True, None),
        ({}, None),
    ],
)
def test_durations_are_iso_8601_or_milliseconds(text: object, milliseconds: int | None) -> None:
    assert parse_duration_ms(text) == milliseconds
