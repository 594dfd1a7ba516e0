from __future__ import annotations

import decimal
from collections.abc import Iterator
from contextvars import Context, ContextVar
from typing import Any

import pytest

from camunda_client.c8.worker import _execution
from camunda_client.c8.worker._execution import JobContext, keep_in_jobs

VARIABLE: ContextVar[Any] = ContextVar("variable", default=None)


@pytest.fixture(autouse=True)
def _rules() -> Iterator[None]:
    yield
    _execution.forget_rules()


def job_context(value: Any) -> JobContext:
    """Return what jobs get where the application has set the variable."""

    def application() -> JobContext:
        VARIABLE.set(value)
        return JobContext()

    return Context().run(application)


def seen_by_a_job(context: JobContext) -> Any:
    def job() -> Any:
        context.enter()
        return VARIABLE.get()

    return context.new().run(job)


@pytest.mark.parametrize("value", ["text", 5, None, ("a", 1), frozenset({"a"}), decimal.Decimal(1), str])
def test_jobs_get_what_cannot_be_changed(value: Any) -> None:
    context = job_context(value)

    assert seen_by_a_job(context) == value
    assert context.left_out == []


@pytest.mark.parametrize("value", [[], {}, ({},), object(), bytearray()])
def test_jobs_do_not_get_what_they_could_change_for_one_another(value: Any) -> None:
    context = job_context(value)

    assert seen_by_a_job(context) is None
    assert context.left_out == ["variable"]


def test_a_rule_keeps_a_variable_for_all_jobs() -> None:
    keep_in_jobs(VARIABLE)
    shared: list[str] = []

    context = job_context(shared)

    assert seen_by_a_job(context) is shared
    assert context.left_out == []


def test_a_rule_can_give_each_job_a_copy() -> None:
    keep_in_jobs(VARIABLE, list)
    shared = ["application"]

    context = job_context(shared)
    first, second = seen_by_a_job(context), seen_by_a_job(context)

    assert first == second == ["application"]
    assert first is not second
    assert first is not shared


def test_what_one_job_sets_no_other_sees() -> None:
    context = job_context("application")

    context.new().run(VARIABLE.set, "job")

    assert seen_by_a_job(context) == "application"


def test_each_job_has_the_applications_precision_and_its_own_context() -> None:
    def application() -> JobContext:
        decimal.getcontext().prec = 11
        return JobContext()

    def job(context: JobContext, prec: int | None) -> int:
        context.enter()
        if prec is not None:
            decimal.getcontext().prec = prec
        return decimal.getcontext().prec

    context = Context().run(application)

    assert [context.new().run(job, context, prec) for prec in (None, 5, None)] == [11, 5, 11]
