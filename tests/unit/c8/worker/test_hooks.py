from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import _hooks
from camunda_client.c8.worker._hooks import Hooks, JobOutcome
from camunda_client.error import ConfigurationError

JOB = ActivatedJob.model_validate({"jobKey": "1", "type": "t", "retries": 3, "variables": {}})


class Story:
    """What was called, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def around(self, name: str) -> Any:
        def hook(_job: ActivatedJob) -> Iterator[None]:
            self.lines.append(f"{name} begins")
            try:
                yield
            finally:
                self.lines.append(f"{name} ends")

        return _hooks.as_around(hook)

    def line(self, text: str) -> Any:
        return lambda *_: self.lines.append(text)


@pytest.fixture
def story() -> Story:
    return Story()


def test_around_hooks_enclose_the_handler_first_registered_outermost(story: Story) -> None:
    hooks = Hooks(around=[story.around("outer"), story.around("inner")], before=[story.line("before")])

    result = hooks.call(lambda _job: story.lines.append("handler") or 5, JOB, story.line("failed"))

    assert result == 5
    assert story.lines == ["outer begins", "inner begins", "before", "handler", "inner ends", "outer ends"]


def test_a_failure_is_said_while_the_scope_around_is_open(story: Story) -> None:
    hooks = Hooks(around=[story.around("scope")])

    def handler(_job: ActivatedJob) -> None:
        raise ValueError("no stock")

    with pytest.raises(ValueError, match="no stock"):
        hooks.call(handler, JOB, story.line("failed"))

    assert story.lines == ["scope begins", "failed", "scope ends"]


def test_a_hook_that_swallows_the_exception_completes_no_job(story: Story) -> None:
    hooks = Hooks(around=[lambda _job: contextlib.suppress(ValueError)])

    def handler(_job: ActivatedJob) -> None:
        raise ValueError("no stock")

    with pytest.raises(ValueError, match="no stock"):
        hooks.call(handler, JOB, story.line("failed"))


def test_what_a_hook_before_raises_is_the_handlers_failure(story: Story) -> None:
    def before(_job: ActivatedJob) -> None:
        raise ConnectionError("no database")

    with pytest.raises(ConnectionError):
        Hooks(before=[before]).call(story.line("handler"), JOB, story.line("failed"))

    assert story.lines == ["failed"]


def test_a_hook_that_fails_at_the_end_keeps_no_other_from_running(story: Story) -> None:
    def broken(*_: object) -> None:
        raise SystemExit(3)

    hooks = Hooks(after=[broken, story.line("after")], on_failure=[broken, story.line("on_failure")])

    hooks.failed(JOB, ValueError("no stock"), 2)
    hooks.ended(JOB, JobOutcome("failed", 0.1))

    assert story.lines == ["on_failure", "after"]


def test_a_handlers_own_hooks_are_inside_those_of_all(story: Story) -> None:
    everywhere = Hooks(around=[story.around("all")], after=[story.line("all after")])
    own = Hooks(around=[story.around("own")], after=[story.line("own after")])

    both = everywhere + own
    both.call(story.line("handler"), JOB, story.line("failed"))
    both.ended(JOB, JobOutcome("completed", 0.1))

    assert story.lines == ["all begins", "own begins", "handler", "own ends", "all ends", "own after", "all after"]


def test_hooks_register_by_decorators() -> None:
    @_hooks.around_job
    def around(_job: ActivatedJob) -> Iterator[None]:
        yield

    @_hooks.before_job
    def before(_job: ActivatedJob) -> None: ...

    @_hooks.after_job
    def after(_job: ActivatedJob, _outcome: JobOutcome) -> None: ...

    @_hooks.on_failure
    def failed(_job: ActivatedJob, _error: BaseException, _retries_left: int) -> None: ...

    registered = Hooks(*[list(hooks) for hooks in vars(_hooks.everywhere).values()])
    _hooks.forget()

    kinds = (registered.around, registered.before, registered.after, registered.on_failure)
    assert [len(hooks) for hooks in kinds] == [1, 1, 1, 1]
    assert not _hooks.everywhere


async def asynchronous(_job: ActivatedJob) -> None: ...


@pytest.mark.parametrize(
    ("register", "hook", "message"),
    [
        (_hooks.before_job, lambda: None, r"before_job calls its hook as hook\(job\)"),
        (_hooks.after_job, lambda job: None, r"after_job calls its hook as hook\(job, outcome\)"),
        (
            _hooks.on_failure,
            lambda job, error: None,
            r"on_failure calls its hook as hook\(job, exception, ",
        ),
        (_hooks.around_job, 5, r"around_job needs a plain function of \(job\), got 5"),
        (_hooks.before_job, asynchronous, "before_job needs a plain function"),
    ],
)
def test_what_cannot_be_called_is_refused_at_registration(register: Any, hook: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        register(hook)

    assert not _hooks.everywhere
