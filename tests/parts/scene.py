"""A process of one service task on an engine, and the engine's own verdict on its jobs."""

from __future__ import annotations

from typing import Any

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.work import start_many


class Scene:
    """Jobs of a type that nothing else on the engine uses."""

    def __init__(self, camunda: EngineProcess, resource: str = "one.bpmn") -> None:
        self.camunda = camunda
        self.run = rest.unique()
        self.job_type = f"t-{self.run}"
        self.process_id = f"{resource.partition('.')[0]}-{self.run}"
        rest.deploy(camunda.base_url, resource, run=self.run)

    def start(self, count: int = 1) -> list[int]:
        """Start instances with ``{"number": 0}`` and so on; return their keys."""
        return start_many(self.camunda.base_url, self.process_id, count)

    def jobs(self, state: str, count: int = 1, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """Wait until so many of the type's jobs had a state, and return all that had."""
        return self.camunda.wait_for_jobs(count, state, job_type=self.job_type, timeout_s=timeout_s)

    def now(self, state: str) -> list[dict[str, Any]]:
        """Return the type's jobs that had a state so far."""
        return self.camunda.jobs(state, job_type=self.job_type)

    def incident(self) -> dict[str, Any]:
        """Wait for the first incident and return it."""
        return self.camunda.wait_for_incidents(1, process_id=self.process_id)[0]

    def completed_once(self, count: int = 1, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """Wait until so many jobs are completed, and check that each was once and none ended otherwise."""
        completed = self.jobs("COMPLETED", count, timeout_s)
        assert len(completed) == count
        assert len({job["key"] for job in completed}) == count
        assert self.camunda.incidents(process_id=self.process_id) == []
        return completed
