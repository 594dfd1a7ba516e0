"""How answers look from 8.6 to 8.10: keys as integers or strings, members that were renamed or added.

8.6.0 was recorded from a real one (tests/contract). No newer engine could be had: 8.8 to 8.10 follow the descriptions
in Camunda's Apache-2.0 clients, and 8.6 and 8.7 what is known of them; docs/embedded.md marks them so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camunda_client.embedded.gateway._strict import shown
from camunda_client.embedded.run import ActivatedJob

#: The physical tenant of requests that name none.
PHYSICAL_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The shape of answers of one line of versions."""

    name: str
    version: str

    @property
    def _number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.name.split("."))

    @property
    def string_keys(self) -> bool:
        """Whether keys in answers are text."""
        return self._number >= (8, 7)

    @property
    def newer(self) -> bool:
        """Whether it has what came with 8.8: requests read strictly, searches, and members of answers."""
        return self._number >= (8, 8)

    @property
    def nullable(self) -> bool:
        """Whether it has what came with 8.9: more members, which are null where others leave them out."""
        return self._number >= (8, 9)

    @property
    def newest(self) -> bool:
        """Whether it has what came with 8.10: leases with a token, priorities."""
        return self._number >= (8, 10)

    @property
    def backpressure_status(self) -> int | None:
        """The status of a refusal for back-pressure; None for those that were recorded."""
        if self.name == "8.6.0":
            return None
        return 503 if self.newer else 429

    def key(self, key: int) -> int | str:
        """Return a key as answers carry it."""
        return str(key) if self.string_keys else key

    def job(self, job: ActivatedJob) -> dict[str, Any]:
        """Return an activated job."""
        body: dict[str, Any] = {
            "key" if self.name == "8.6.0" else "jobKey": self.key(job.key),
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
            body |= {"kind": job.kind, "listenerEventType": job.listener_event_type, "tags": job.tags}
            if job.user_task is not None:
                task = job.user_task | {"userTaskKey": self.key(job.user_task["userTaskKey"])}
                body["userTask"] = shown(self.name, "UserTaskProperties", task)
        if self.nullable:
            body["rootProcessInstanceKey"] = self.key(job.root_process_instance_key)
            body.setdefault("userTask", None)
        if self.newest:
            body |= {
                "priority": job.priority,
                "jobLeaseToken": job.lease_token or None,
                "businessId": job.business_id or None,
                "physicalTenantId": PHYSICAL_TENANT,
            }
        return body

    def topology(self, host: str, port: int) -> dict[str, Any]:
        """Return a healthy cluster of one broker."""
        partition: dict[str, Any] = {"partitionId": 1, "role": "leader", "health": "healthy"}
        broker: dict[str, Any] = {
            "nodeId": 0,
            "host": host,
            "port": port,
            "partitions": [partition],
            "version": self.version,
        }
        if self.newest:
            partition["state"] = "active"
            broker["brokerId"] = "0"
        body: dict[str, Any] = {
            "brokers": [broker],
            "clusterSize": 1,
            "partitionsCount": 1,
            "replicationFactor": 1,
            "gatewayVersion": self.version,
        }
        if self.newer:
            body["lastCompletedChangeId"] = "-1"
        if self.nullable:
            body["clusterId"] = None
        return body

    def license(self) -> dict[str, Any]:
        """Return the absence of a licence."""
        body: dict[str, Any] = {"validLicense": False, "licenseType": "unknown"}
        return body | ({"isCommercial": False, "expiresAt": None} if self.newer else {})


DIALECTS = {
    "8.6.0": Dialect("8.6.0", "8.6.0"),
    "8.6": Dialect("8.6", "8.6.38"),
    "8.7": Dialect("8.7", "8.7.20"),
    "8.8": Dialect("8.8", "8.8.9"),
    "8.9": Dialect("8.9", "8.9.1"),
    "8.10": Dialect("8.10", "8.10.9"),
}


def dialect(name: str) -> Dialect:
    """Return a dialect by name.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]
