from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._execution import Execution, JobContext
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._hooks import Hooks, JobOutcome, own_hooks
from camunda_client.c8.worker._lease import HeldJob, Lease, now_s
from camunda_client.c8.worker._outcome import Memory
from camunda_client.c8.worker._reporter import Reporter, ReportResult
from camunda_client.c8.worker._settings import resolve
from camunda_client.config import ApiConfig, C8Config
from camunda_client.error import CamundaBusinessException

CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))


class Scene:
    """A worker of one type, whose handler fails at its first run, and what Camunda hears of it."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.told: list[str] = []
        self._fates: list[ReportResult | None] = []
        self._execution = Execution(
            JobContext(), Reporter(self), Memory(), on_end=lambda _held, fate: self._fates.append(fate)
        )
        self._settings = resolve(JobWorker("t", self._handler), CONFIG)

    def settle(self, job_key: str, command: str, body: bytes, may_send: object = None) -> Answer:
        self.told.append(command)
        return Answer(status=204)

    def extend(self, job_key: str, lease_ms: int, timeout_s: float) -> Answer:
        return Answer(status=204)

    def offer(self, retries: int, *, lease_left_s: float = 60.0) -> ReportResult | None:
        job = ActivatedJob.model_validate({"jobKey": "1", "type": "t", "retries": retries})
        held = HeldJob(job, self._settings, now_s(), Lease(60.0, now_s() + lease_left_s))
        self._execution.work(held)
        self._execution.tell(held)
        assert held.ended_s >= held.started_s
        return self._fates.pop()

    def _handler(self, job: Any) -> None:
        self.runs.append(job.retries)
        if len(self.runs) == 1:
            raise KeyError("no such sku")


@pytest.mark.parametrize(("before", "now"), [(1, 5), (2, 1)], ids=["its incident was resolved", "it failed elsewhere"])
def test_a_failure_that_was_never_told_is_not_told_when_the_job_has_other_retries(before: int, now: int) -> None:
    """The old failure, of no retries left, made another incident of one that an operator had just resolved."""
    scene = Scene()
    assert scene.offer(retries=before, lease_left_s=-1.0) is ReportResult.LOST

    assert scene.offer(retries=now) is ReportResult.SETTLED

    assert scene.runs == [before, now]
    assert scene.told == ["completion"]


def test_a_failure_that_was_never_told_is_told_when_the_job_comes_again() -> None:
    scene = Scene()
    assert scene.offer(retries=3, lease_left_s=-1.0) is ReportResult.LOST

    assert scene.offer(retries=3) is ReportResult.SETTLED

    assert scene.runs == [3]
    assert scene.told == ["failure"]


class Hooked(Scene):
    """A worker with hooks, whose handler does what it is given; what the hooks saw is in ``story``."""

    def __init__(self, does: Any) -> None:
        self.story: list[str] = []
        self.outcomes: list[JobOutcome] = []
        super().__init__()
        hooks = own_hooks(self._around, (), self._after, self._on_failure)
        self._settings = resolve(JobWorker("t", lambda job: does(job), hooks=hooks), CONFIG)

    def _around(self, job: ActivatedJob) -> Iterator[None]:
        self.story.append("begin")
        try:
            yield
        finally:
            self.story.append("end")

    def _after(self, job: ActivatedJob, outcome: JobOutcome) -> None:
        self.story.append("after")
        self.outcomes.append(outcome)

    def _on_failure(self, job: ActivatedJob, exception: BaseException, retries_left: int) -> None:
        self.story.append(f"{type(exception).__name__}, {retries_left} left")


def _fail(error: BaseException) -> Any:
    def handler(_job: ActivatedJob) -> None:
        raise error

    return handler


def test_hooks_see_a_completed_job_and_its_result() -> None:
    scene = Hooked(lambda job: {"total": 5})

    assert scene.offer(retries=3) is ReportResult.SETTLED

    assert scene.story == ["begin", "end", "after"]
    assert scene.told == ["completion"]
    outcome = scene.outcomes[0]
    assert (outcome.kind, outcome.result, outcome.exception) == ("completed", {"total": 5}, None)


@pytest.mark.parametrize(("retries", "left"), [(3, 2), (1, 0)])
def test_hooks_see_a_failure_once_and_with_the_retries_it_leaves(retries: int, left: int) -> None:
    error = KeyError("no such sku")
    scene = Hooked(_fail(error))

    scene.offer(retries=retries)

    assert scene.story == ["begin", f"KeyError, {left} left", "end", "after"]
    assert scene.told == ["failure"]
    outcome = scene.outcomes[0]
    assert (outcome.kind, outcome.exception, outcome.retries_left) == ("failed", error, left)


def test_a_bpmn_error_is_no_failure_for_hooks() -> None:
    scene = Hooked(_fail(CamundaBusinessException("NO_STOCK", "none left")))

    scene.offer(retries=3)

    assert scene.story == ["begin", "end", "after"]
    assert scene.told == ["error"]
    assert scene.outcomes[0].kind == "error_thrown"


def test_a_result_that_cannot_be_sent_is_a_failure_for_hooks() -> None:
    scene = Hooked(lambda job: [1])

    scene.offer(retries=3)

    assert scene.story == ["begin", "end", "UnfitResult, 2 left", "after"]
    assert scene.told == ["failure"]


@pytest.mark.parametrize("wrong", [SystemExit(3), gevent.Timeout(1), KeyboardInterrupt()])
def test_whatever_a_handler_raises_its_hooks_end(wrong: BaseException) -> None:
    scene = Hooked(_fail(wrong))

    scene.offer(retries=3)

    assert scene.story[-2:] == ["end", "after"]
    assert scene.told == ["failure"]


def test_what_closes_around_a_finished_handler_and_fails_fails_the_job() -> None:
    """Such as a commit: the handler is through, its work is not kept."""
    scene = Scene()

    def commit(_job: ActivatedJob) -> Iterator[None]:
        yield
        raise ConnectionError("the database is gone")

    hooks: Hooks = own_hooks(commit, (), (), ())
    scene._settings = resolve(JobWorker("t", lambda job: {"saved": True}, hooks=hooks), CONFIG)

    scene.offer(retries=3)

    assert scene.told == ["failure"]
