"""How answers look in 8.6, 8.8 and 8.10: keys as integers or strings, members that were renamed or added.

8.6 was recorded from a real 8.6.0 (tests/contract). No newer engine could be had: 8.8 follows the published API
description and 8.10 the models of Camunda's Apache-2.0 Python SDK 10.0.1, and docs/embedded.md marks them so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camunda_client.embedded.run import ActivatedJob

#: The physical tenant of requests that name none.
PHYSICAL_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The shape of answers of one line of versions."""

    name: str
    version: str
    string_keys: bool
    #: Whether it has what came with 8.9 and 8.10: leases with a token, priorities, and members of answers.
    newest: bool = False

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
        if self.newest:
            body |= {
                "rootProcessInstanceKey": self.key(job.root_process_instance_key),
                "priority": job.priority,
                "jobLeaseToken": job.lease_token or None,
                "tags": job.tags,
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
        if self.newest:
            body["clusterId"] = None
        return body

    def license(self) -> dict[str, Any]:
        """Return the absence of a licence."""
        body: dict[str, Any] = {"validLicense": False, "licenseType": "unknown"}
        return body | ({"isCommercial": False, "expiresAt": None} if self.newer else {})


DIALECTS = {
    "8.6": Dialect("8.6", "8.6.0", string_keys=False),
    "8.8": Dialect("8.8", "8.8.9", string_keys=True),
    "8.10": Dialect("8.10", "8.10.9", string_keys=True, newest=True),
}


def dialect(name: str) -> Dialect:
    """Return a dialect by name.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]
