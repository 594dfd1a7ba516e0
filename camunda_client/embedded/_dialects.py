"""How answers look in 8.6 and in 8.8: keys as integers or strings, members that were renamed or added.

8.6 was recorded from a real 8.6.0 (tests/contract). No 8.8 engine could be had: that side follows the
published OpenAPI description of 8.8 and is marked so in docs/embedded.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camunda_client.embedded._engine import ActivatedJob


@dataclass(frozen=True, slots=True)
class Dialect:
    """The shape of answers of one line of versions."""

    name: str
    version: str
    string_keys: bool

    @property
    def newer(self) -> bool:
        """Whether the members of 8.7 and later are there."""
        return self.string_keys

    def key(self, key: int) -> int | str:
        """Return a key as answers carry it."""
        return str(key) if self.string_keys else key

    def job(self, job: ActivatedJob) -> dict[str, Any]:
        """Return an activated job."""
        body: dict[str, Any] = {
            "jobKey" if self.newer else "key": self.key(job.key),
            "type": job.type,
            "processInstanceKey": self.key(job.process_instance_key),
            "processDefinitionId": job.process_id,
            "processDefinitionVersion": job.process_version,
            "processDefinitionKey": self.key(job.process_definition_key),
            "elementId": job.element_id,
            "elementInstanceKey": self.key(job.element_instance_key),
            "customHeaders": job.headers,
            "worker": job.worker,
            "retries": job.retries,
            "deadline": job.deadline_ms,
            "variables": job.variables,
            "tenantId": job.tenant_id,
        }
        if self.newer:
            body |= {"kind": job.kind, "listenerEventType": job.listener_event_type, "userTask": None, "tags": []}
        return body

    def topology(self, host: str, port: int) -> dict[str, Any]:
        """Return a healthy cluster of one broker."""
        body: dict[str, Any] = {
            "brokers": [
                {
                    "nodeId": 0,
                    "host": host,
                    "port": port,
                    "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy"}],
                    "version": self.version,
                }
            ],
            "clusterSize": 1,
            "partitionsCount": 1,
            "replicationFactor": 1,
            "gatewayVersion": self.version,
        }
        return body | ({"lastCompletedChangeId": "-1"} if self.newer else {})

    def license(self) -> dict[str, Any]:
        """Return the absence of a licence."""
        body: dict[str, Any] = {"validLicense": False, "licenseType": "unknown"}
        return body | ({"isCommercial": False, "expiresAt": None} if self.newer else {})


DIALECTS = {
    "8.6": Dialect("8.6", "8.6.0", string_keys=False),
    "8.8": Dialect("8.8", "8.8.9", string_keys=True),
}


def dialect(name: str) -> Dialect:
    """Return a dialect by name.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are {', '.join(sorted(DIALECTS))}")
    return DIALECTS[name]
