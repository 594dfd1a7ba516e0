"""Incidents: an element instance that can't go on until somebody has mended the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import not_found

if TYPE_CHECKING:
    from camunda_client.embedded._keys import Keys
    from camunda_client.embedded.run._instances import ElementInstance
    from camunda_client.embedded.run._jobs import Job


class Incident:
    """One obstacle. ``open`` ends with its resolution, or with its element instance."""

    __slots__ = ("element_id", "element_instance_key", "error_type", "job_key", "key", "message", "open",
                 "process_instance_key", "resolve")  # fmt: skip

    def __init__(self, key: int, instance: ElementInstance, failure: Failure, resolve: Callable[[], None]) -> None:
        self.key = key
        self.error_type = failure.error_type
        self.message = failure.message
        self.element_id = instance.element.id
        self.element_instance_key = instance.key
        self.process_instance_key = instance.process.key
        self.job_key: int | None = None
        self.open = True
        self.resolve = resolve

    def __repr__(self) -> str:
        return f"<incident {self.key} at {self.element_id}: {self.error_type}: {self.message}>"


class Incidents:
    """The open incidents by key."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._open: dict[int, Incident] = {}

    def raise_for(
        self, instance: ElementInstance, failure: Failure, resolve: Callable[[], None], job: Job | None = None
    ) -> Incident:
        """Open an incident; ``resolve`` tries again."""
        incident = Incident(self._keys.next(), instance, failure, resolve)
        if job is not None:
            incident.job_key = job.key
            job.incident = incident
        else:
            instance.incident = incident
        self._open[incident.key] = incident
        instance.process.history.incidents.append(incident)
        return incident

    def get(self, key: int) -> Incident:
        """Return an open incident.

        Raises:
            Rejection: NOT_FOUND.
        """
        if key not in self._open:
            raise not_found("RESOLVE", f"Expected to resolve incident with key '{key}', but no such incident was found")
        return self._open[key]

    def close(self, incident: Incident | None) -> None:
        """End an incident, resolved or with its element."""
        if incident is not None:
            incident.open = False
            self._open.pop(incident.key, None)
