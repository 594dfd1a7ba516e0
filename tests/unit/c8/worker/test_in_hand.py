from __future__ import annotations

import logging

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.worker._health import handler_of, in_hand, innermost, stack_of, tell_jobs_in_hand
from camunda_client.c8.worker._lease import HeldJob, now_s
from tests.parts.fake_gateway import held


def test_each_job_in_hand_has_a_line_and_no_variables(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    tell_jobs_in_hand(held(key, now_s=now_s(), variables={"secret": "of the business"}) for key in (1, 2))

    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[0] for line in lines] == ["job.in_hand", "job.in_hand", "jobs.in_hand"]
    assert "job_key=1" in lines[0]
    assert "stage=waiting" in lines[0]
    assert "count=2" in lines[2]
    assert "business" not in caplog.text


def wait_deep(levels: int, go_on: Event) -> None:
    if levels:
        wait_deep(levels - 1, go_on)
    else:
        go_on.wait(10)


@pytest.fixture
def waiting() -> HeldJob:
    one = held(now_s=now_s())
    go_on = Event()
    one.greenlet = gevent.spawn(wait_deep, 20, go_on)
    gevent.sleep(0)
    return one


def test_a_waiting_handlers_stack_is_told_by_its_innermost_frames(waiting: HeldJob) -> None:
    stack = stack_of(waiting)

    assert len(stack) == 8
    assert any("test_in_hand.py" in line and line.endswith("in wait_deep") for line in stack)


def test_what_does_not_run_has_no_stack() -> None:
    assert stack_of(held(now_s=now_s())) == []
    assert innermost(None) == []


class Loader:
    """Of an application's own import hook; it can't give source."""

    def get_source(self, name: str) -> str:
        raise KeyError(name)


def test_a_stack_is_told_without_reading_source() -> None:
    """A loader that fails ended the watch of handlers, and the thread that watches the hub."""
    scope: dict[str, object] = {"__loader__": Loader(), "__name__": "odd", "gevent": gevent}
    exec(compile("def handler():\n    gevent.sleep(60)\n", "<odd>", "exec"), scope)
    one = held(now_s=now_s())
    handler = scope["handler"]
    assert callable(handler)
    one.greenlet = gevent.spawn(handler)
    gevent.sleep(0)

    stack = stack_of(one)
    one.greenlet.kill()

    assert "<odd>:2 in handler" in stack


def test_a_stuck_handler_is_named(waiting: HeldJob) -> None:
    waiting.overdue = True

    [job] = in_hand([waiting])

    assert job.stuck
    assert job.handler == handler_of(waiting.settings)
    assert job.handler.startswith("tests.")
