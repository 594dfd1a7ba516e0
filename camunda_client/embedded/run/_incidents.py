"""Incidents: an element instance that can't go on until its cause has been removed."""

from __future__ import annotations

from collections.abc import Callable

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._keys import Keys
from camunda_client.embedded._rejections import not_found
from camunda_client.embedded.run._history import Incident
from camunda_client.embedded.run._instances import ElementInstance, Job


class Incidents:
    """The open incidents by key."""

    def __init__(self, keys: Keys, now_ms: Callable[[], int]) -> None:
        self._keys = keys
        self._now_ms = now_ms
        self._open: dict[int, Incident] = {}

    def raise_for(
        self, instance: ElementInstance, failure: Failure, resolve: Callable[[], None], job: Job | None = None
    ) -> Incident:
        """Open an incident; ``resolve`` tries again."""
        process = instance.process
        incident = Incident(
            self._keys.next(),
            failure.error_type,
            failure.message,
            instance.element.id,
            instance.key,
            process.key,
            resolve,
        )
        if job is not None:
            incident.job_key = job.key
            job.incident = incident
        else:
            instance.incident = incident
        incident.created_ms = self._now_ms()
        self._open[incident.key] = incident
        process.history.incidents.append(incident)
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
            if incident.open:
                incident.closed_ms = self._now_ms()
            incident.open = False
            self._open.pop(incident.key, None)
