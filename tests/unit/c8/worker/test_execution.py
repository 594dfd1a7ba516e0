from __future__ import annotations

from contextvars import copy_context
from typing import Any

import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._clock import now_s
from camunda_client.c8.worker._execution import Execution
from camunda_client.c8.worker._held import Held
from camunda_client.c8.worker._lease import Lease
from camunda_client.c8.worker._memory import Memory
from camunda_client.c8.worker._registry import JobWorker, resolve
from camunda_client.c8.worker._reporter import Fate, Reporter
from camunda_client.config import ApiConfig, C8Config

CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))


class Scene:
    """A worker of one type, whose handler fails at its first run, and what Camunda hears of it."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.told: list[str] = []
        self._execution = Execution(copy_context(), Reporter(self), Memory())
        self._settings = resolve(JobWorker("t", self._handler), CONFIG)

    def settle(self, job_key: str, command: str, body: bytes) -> Answer:
        self.told.append(command)
        return Answer(status=204)

    def extend(self, job_key: str, lease_ms: int, timeout_s: float) -> Answer:
        return Answer(status=204)

    def offer(self, retries: int, *, lease_left_s: float = 60.0) -> Fate | None:
        job = ActivatedJob.model_validate({"jobKey": "1", "type": "t", "retries": retries})
        held = Held(job, self._settings, now_s(), Lease(60.0, now_s() + lease_left_s))
        fates: list[Fate | None] = []
        self._execution.work(held)
        self._execution.tell(held, lambda _held, fate: fates.append(fate))
        assert held.ended_s >= held.started_s
        return fates[0]

    def _handler(self, job: Any) -> None:
        self.runs.append(job.retries)
        if len(self.runs) == 1:
            raise KeyError("no such sku")


@pytest.mark.parametrize(("before", "now"), [(1, 5), (2, 1)], ids=["its incident was resolved", "it failed elsewhere"])
def test_a_failure_that_was_never_told_is_not_told_when_the_job_has_other_retries(before: int, now: int) -> None:
    """The old failure, of no retries left, made another incident of one that an operator had just resolved."""
    scene = Scene()
    assert scene.offer(retries=before, lease_left_s=-1.0) is Fate.LOST

    assert scene.offer(retries=now) is Fate.SETTLED

    assert scene.runs == [before, now]
    assert scene.told == ["completion"]


def test_a_failure_that_was_never_told_is_told_when_the_job_comes_again() -> None:
    scene = Scene()
    assert scene.offer(retries=3, lease_left_s=-1.0) is Fate.LOST

    assert scene.offer(retries=3) is Fate.SETTLED

    assert scene.runs == [3]
    assert scene.told == ["failure"]
