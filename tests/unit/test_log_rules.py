"""Which lines are left out on request, and that what was left out is said."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client import log
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._outcome import failed
from camunda_client.c8.worker._settings import RetryRule
from camunda_client.log import _context, _logger
from camunda_client.log._rules import LEFT_OUT, Rules, part_of, rules_of
from tests.parts.time_given import Clock


class Lines:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def route(self, level: int, name: str, event: str, fields: dict[str, Any]) -> None:
        self.lines.append((event, fields))

    def count(self, event: str) -> int:
        return sum(one == event for one, _ in self.lines)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    lines, state = Lines(), _logger._state
    before = state.route, state.rules
    state.route = lines.route
    yield lines
    state.route, state.rules = before


@pytest.mark.parametrize(
    ("text", "part"), [("all", 1.0), ("failed", 0.0), ("1/4", 0.25), ("1/0", None), ("some", None), ("2/3", None)]
)
def test_a_part_of_the_jobs_is_named_by_a_word_or_a_fraction(text: str, part: float | None) -> None:
    assert part_of(text) == part


def test_nothing_is_left_out_unless_it_is_asked_for() -> None:
    assert rules_of({}) == (None, [])
    assert rules_of({"CAMUNDA_LOG_JOBS": "all", "CAMUNDA_LOG_REPEATS": "0"}) == (None, [])
    rules, wrong = rules_of({"CAMUNDA_LOG_JOBS": "most", "CAMUNDA_LOG_REPEATS": "often"})
    assert rules is None
    assert wrong == [("CAMUNDA_LOG_JOBS", "most"), ("CAMUNDA_LOG_REPEATS", "often")]


def test_jobs_that_go_well_are_sampled_and_failures_all_said(lines: Lines) -> None:
    logger = log.get_logger("camunda_client.x")
    _logger._state.rules = Rules(0.25, 0)
    for _ in range(2000):
        logger.info("job.completed")
        logger.warning("job.failed")

    assert 300 < lines.count("job.completed") < 700
    assert lines.count("job.failed") == 2000

    _logger._state.rules = Rules(0.0, 0)
    lines.lines.clear()
    logger.info("job.completed")
    logger.info("shutdown.drained")
    assert [event for event, _ in lines.lines] == ["shutdown.drained"]


def test_repeats_are_counted_and_said_when_the_minute_is_over(lines: Lines) -> None:
    logger, clock = log.get_logger("camunda_client.x"), Clock()
    _logger._state.rules = Rules(1.0, 3, clock)
    for _ in range(10):
        logger.warning("lease.lost", job_type="a")
        logger.error("report.given_up", job_type="a")
    logger.warning("lease.lost", job_type="b")

    assert lines.count("lease.lost") == 4
    assert lines.count("report.given_up") == 10, "errors are never left out"

    clock.advance(61.0)
    log.flush()
    said = [fields for event, fields in lines.lines if event == LEFT_OUT]
    assert said == [{"repeated": "lease.lost", "count": 7, "job_type": "a"}]
    logger.warning("lease.lost", job_type="a")
    assert lines.count("lease.lost") == 5


class Job:
    job_key, job_type, process_instance_key, process_definition_id = "1", "pay", "2", "order"
    element_id, worker, tenant_id, retries = "e", "w", "<default>", 3
    process_definition_key, element_instance_key = "4", "5"


def test_lines_have_the_names_of_javas_logging_context_on_request() -> None:
    _context.add_java_names(wanted=True)
    token = log.bind_job(Job())
    try:
        found = log.job_fields()
    finally:
        log.unbind_job(token)
        _context.add_java_names(wanted=False)

    names = {"jobKey": "1", "processInstanceKey": "2", "processDefinitionKey": "4", "elementInstanceKey": "5"}
    assert {name: found[name] for name in names} == names
    assert found["job_key"] == "1"


def test_the_last_lines_of_a_job_end_its_failures_message_on_request() -> None:
    log.add_job_to_lines()
    log.keep_lines(2)
    token = log.bind_job(Job())
    try:
        for number in range(3):
            logging.getLogger("shop").warning("step %d password=hunter2", number)
        kept = log.kept_lines()
        outcome = failed(
            ValueError("no"), ActivatedJob.model_validate({"jobKey": "1", "type": "pay", "retries": 3}), RetryRule(0, 0)
        )
    finally:
        log.unbind_job(token)
        log.keep_lines(0)

    message = json.loads(outcome.body)["errorMessage"]
    assert [line.split()[:3] for line in kept] == [["warning", "step", "1"], ["warning", "step", "2"]]
    assert message.startswith("ValueError: no\n")
    assert "last lines of its log:\n  warning step 1" in message
    assert "hunter2" not in message
    assert log.kept_lines() == []


def test_structlogs_lines_are_kept_too() -> None:
    log.keep_lines(5)
    token = log.bind_job(Job())
    try:
        log.add_job_context(None, "info", {"event": "asked", "price": 3})
        kept = log.kept_lines()
    finally:
        log.unbind_job(token)
        log.keep_lines(0)

    assert kept == ["info asked 3"]
