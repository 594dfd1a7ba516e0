"""A process of one service task on an engine, and the engine's own verdict on its jobs."""

from __future__ import annotations

from typing import Any

from camunda_client.testing.real_camunda import RealCamunda
from tests.parts import rest
from tests.parts.work import start_many


class Scene:
    """Jobs of a type that nobody else on the engine uses."""

    def __init__(self, camunda: RealCamunda, resource: str = "one.bpmn") -> None:
        self.camunda = camunda
        self.run = rest.unique()
        self.job_type = f"t-{self.run}"
        self.process_id = f"{resource.partition('.')[0]}-{self.run}"
        rest.deploy(camunda.base_url, resource, run=self.run)

    def start(self, count: int = 1) -> list[int]:
        """Start instances with ``{"number": 0}`` and so on; return their keys."""
        return start_many(self.camunda.base_url, self.process_id, count)

    def jobs(self, intent: str, count: int = 1, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """Wait for so many of the type's job records and return all that are there."""
        records = self.camunda.wait_for_records(
            count, "JOB", intent, of=lambda value: self._is_ours(value, intent), timeout_s=timeout_s
        )
        return [{**record["value"], "key": record["key"]} for record in records]

    def _is_ours(self, value: dict[str, Any], intent: str) -> bool:
        # The gateway hands back by itself what it activated for a poll that had just ended.
        is_gateways = intent == "FAILED" and value["errorMessage"].startswith("Failed to send activated jobs")
        return value["type"] == self.job_type and not is_gateways

    def now(self, intent: str) -> list[dict[str, Any]]:
        """Return the type's job records so far."""
        return self.jobs(intent, 0)

    def incident(self) -> dict[str, Any]:
        """Wait for the first incident and return it."""
        records = self.camunda.wait_for_records(
            1, "INCIDENT", "CREATED", of=lambda value: value["bpmnProcessId"] == self.process_id
        )
        return dict(records[0]["value"])

    def completed_once(self, count: int = 1, timeout_s: float = 60.0) -> list[dict[str, Any]]:
        """Wait until so many jobs are completed, and check that each was once and none ended otherwise."""
        completed = self.jobs("COMPLETED", count, timeout_s)
        assert len(completed) == count
        assert len({job["key"] for job in completed}) == count
        incidents = [
            record
            for record in self.camunda.records("INCIDENT", "CREATED")
            if record["value"]["bpmnProcessId"] == self.process_id
        ]
        assert incidents == []
        return completed
