"""What happened, as rows that searches and gets tell: instances, elements, jobs, incidents, variables, user tasks.

They are made of the engine's histories as these were at one moment, which may lie a little back on purpose. Keys are
numbers in rows, under names that end in ``Key``; a member that is never shown only serves as a filter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from camunda_client.embedded._keys import PARTITION
from camunda_client.embedded.model import Definition
from camunda_client.embedded.run import InstanceHistory, JobRecord, MessageRecord, UserTaskRecord

Row = dict[str, Any]
#: Characters of a variable's value that a search shows.
PREVIEW = 8191
_JOB_STATES = {"ACTIVATED": "CREATED"}
#: Keys that are not the engine's own are in the half of the partition's keys that it does not come to.
_DERIVED_KEYS = (1 << 51) + (1 << 50)


def date_text(ms: int | None) -> str | None:
    """Return a moment as answers have it."""
    if ms is None:
        return None
    at = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def variable_key(scope_key: int, name: str) -> int:
    """Return the key of a variable: always the same, so that it need not be remembered."""
    return _derived(f"{scope_key}/{name}")


def subscription_key(holder_key: int, element_id: str, name: str) -> int:
    """Return the key of a message subscription; its holder is an element instance, or a definition at its start."""
    return _derived(f"{holder_key}/{element_id}/{name}")


def _derived(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return _DERIVED_KEYS + int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Past:
    """One instance as it was at a moment."""

    history: InstanceHistory
    definition: Definition | None
    until_ms: int

    def _before(self, records: Iterable[Any]) -> Iterator[Any]:
        return (record for record in records if record.at_ms <= self.until_ms)

    def _by_key(self, records: Iterable[Any], key: str) -> Iterable[list[Any]]:
        """Return what was put on record of each, the oldest first."""
        found: dict[int, list[Any]] = {}
        for record in self._before(records):
            found.setdefault(getattr(record, key), []).append(record)
        return found.values()

    @property
    def _common(self) -> Row:
        history = self.history
        return {
            "processDefinitionId": history.process_id, "processDefinitionKey": history.process_definition_key,
            "processDefinitionVersion": history.version, "processInstanceKey": history.process_instance_key,
            "rootProcessInstanceKey": history.root_key, "tenantId": history.tenant_id, "tags": list(history.tags),
            "businessId": history.business_id or None,
        }  # fmt: skip

    @property
    def process_name(self) -> str | None:
        """The name of the process; None where it has none."""
        return None if self.definition is None else self.definition.process.root.name or None

    def _name(self, element_id: str) -> str | None:
        element = None if self.definition is None else self.definition.elements.get(element_id)
        return None if element is None else element.name or None

    def instance(self) -> Row | None:
        """Return the process instance; None if it had not begun."""
        root = next((row for row in self.elements() if row["type"] == "PROCESS"), None)
        if root is None:
            return None
        variables = [{"name": row["name"], "value": row["value"]} for row in self.variables()]
        return self._common | {
            "processDefinitionName": root["elementName"], "processDefinitionVersionTag": None,
            "startDate": root["startDate"], "endDate": root["endDate"], "state": root["state"],
            "suspendedDate": None, "hasIncident": any(row["state"] == "ACTIVE" for row in self.incidents()),
            "parentProcessInstanceKey": self.history.parent_key, "variables": variables,
            "parentElementInstanceKey": self.history.parent_element_key,
        }  # fmt: skip

    def elements(self) -> list[Row]:
        """Return the element instances, the process itself first."""
        incidents = {row["elementInstanceKey"]: row for row in self.incidents() if row["state"] == "ACTIVE"}
        found: dict[int, Row] = {}
        for record in self._before(self.history.elements):
            if record.state == "ACTIVATED" or (record.key and record.key not in found):
                incident = incidents.get(record.key)
                found[record.key] = self._common | {
                    "elementInstanceKey": record.key, "elementId": record.element_id, "type": record.kind,
                    "elementName": self._name(record.element_id) or record.element_id, "state": "ACTIVE",
                    "startDate": date_text(record.at_ms), "endDate": None, "hasIncident": incident is not None,
                    "incidentKey": None if incident is None else incident["incidentKey"],
                }  # fmt: skip
            if record.state in ("COMPLETED", "TERMINATED") and record.key in found:
                found[record.key] |= {"state": record.state, "endDate": date_text(record.at_ms)}
        return list(found.values())

    def around(self, key: int) -> list[int]:
        """Return an element instance and all that it is in, the innermost first."""
        scopes = {one.key: one.scope_key for one in self._before(self.history.elements)}
        found = []
        while key:
            found.append(key)
            key = scopes.get(key, 0)
        return found

    def inside(self, key: int) -> set[int]:
        """Return an element instance and all that are in it."""
        found = {key}
        for one in self._before(self.history.elements):  # an outer one begins before those in it
            if one.scope_key in found:
                found.add(one.key)
        return found

    def incidents(self) -> list[Row]:
        """Return the incidents."""
        return [
            self._common | {
                "incidentKey": one.key, "errorType": one.error_type, "errorMessage": one.message,
                "elementId": one.element_id, "elementInstanceKey": one.element_instance_key, "jobKey": one.job_key,
                "creationTime": date_text(one.created_ms),
                "state": "ACTIVE" if one.closed_ms is None or one.closed_ms > self.until_ms else "RESOLVED",
            }
            for one in list(self.history.incidents)
            if one.created_ms <= self.until_ms
        ]  # fmt: skip

    def jobs(self) -> list[Row]:
        """Return the jobs, each as its latest record has it."""
        return [self._job(records) for records in self._by_key(self.history.jobs, "job_key")]

    def _job(self, records: list[JobRecord]) -> Row:
        last, ended = records[-1], records[-1].state in ("COMPLETED", "CANCELED", "ERROR_THROWN")
        failed = next((record for record in reversed(records) if record.message), None)
        return self._common | {
            "jobKey": last.job_key, "type": last.job_type, "worker": last.worker, "retries": last.retries,
            "state": _JOB_STATES.get(last.state, last.state), "kind": last.kind, "elementId": last.element_id,
            "listenerEventType": last.listener_event_type, "elementInstanceKey": last.element_instance_key,
            "customHeaders": self._headers(last.element_id),
            "isDenied": last.denied_reason is not None if last.kind == "TASK_LISTENER" and ended else None,
            "deniedReason": last.denied_reason,
            "deadline": date_text(last.deadline_ms) if last.state == "ACTIVATED" else None,
            "endTime": date_text(last.at_ms) if ended else None, "errorCode": last.error_code or None,
            "errorMessage": None if failed is None else failed.message, "priority": last.priority,
            "hasFailedWithRetriesLeft": last.state == "FAILED" and last.retries > 0,
            "creationTime": date_text(records[0].at_ms), "lastUpdateTime": date_text(last.at_ms),
        }  # fmt: skip

    def _headers(self, element_id: str) -> dict[str, str]:
        element = None if self.definition is None else self.definition.elements.get(element_id)
        return {} if element is None else dict(element.headers)

    def variables(self) -> list[Row]:
        """Return the variables, each with its latest value as JSON."""
        latest = {(record.scope_key, record.name): record for record in self._before(self.history.written)}
        return [
            self._common | {
                "variableKey": variable_key(*place), "name": record.name, "scopeKey": record.scope_key,
                "value": json.dumps(record.value, ensure_ascii=False, separators=(",", ":")), "isTruncated": False,
            }
            for place, record in latest.items()
        ]  # fmt: skip

    def user_tasks(self) -> list[Row]:
        """Return the user tasks, each as its latest record has it."""
        return [self._user_task(records) for records in self._by_key(self.history.user_tasks, "key")]

    def _user_task(self, records: list[UserTaskRecord]) -> Row:
        last, process_name = records[-1], self._name(self.history.process_id)
        return self._common | {
            "userTaskKey": last.key, "name": self._name(last.element_id) or last.element_id, "state": last.state,
            "assignee": last.assignee or None, "elementId": last.element_id,
            "elementInstanceKey": last.element_instance_key, "candidateGroups": last.candidate_groups,
            "candidateUsers": last.candidate_users, "candidateGroup": last.candidate_groups,
            "candidateUser": last.candidate_users, "creationDate": date_text(records[0].at_ms),
            "completionDate": date_text(last.at_ms) if last.state == "COMPLETED" else None,
            "followUpDate": last.follow_up_date or None, "dueDate": last.due_date or None,
            "externalFormReference": last.external_reference or None, "priority": last.priority,
            "customHeaders": self._headers(last.element_id), "processName": process_name,
            "formKey": int(last.form_key) if last.form_key.isdigit() else None,
            "processInstanceVariables": self._named(self.history.process_instance_key),
            "localVariables": self._named(last.element_instance_key),
        }  # fmt: skip

    def _named(self, scope_key: int) -> list[Row]:
        of_scope = [row for row in self.variables() if row["scopeKey"] == scope_key]
        return [{"name": row["name"], "value": row["value"]} for row in of_scope]

    def sequence_flows(self) -> list[Row]:
        """Return the sequence flows that were taken, each once."""
        taken = dict.fromkeys(one.element_id for one in self._before(self.history.elements) if one.state == "TAKEN")
        instance = self.history.process_instance_key
        return [self._common | {"sequenceFlowId": f"{instance}_{flow}", "elementId": flow} for flow in taken]

    def message_subscriptions(self) -> list[Row]:
        """Return the message subscriptions of element instances, each as its latest record has it."""
        latest = {
            (one.element_instance_key, one.element_id, one.name): one for one in self._before(self.history.messages)
        }
        return [
            self._subscription(one) | {
                "messageSubscriptionKey": subscription_key(*place), "messageSubscriptionState": one.state,
                "lastUpdatedDate": date_text(one.at_ms), "messageSubscriptionType": "PROCESS_EVENT",
                "processDefinitionName": self.process_name,
                "extensionProperties": {}, "toolProperties": {}, "toolName": None, "inboundConnectorType": None,
            }
            for place, one in latest.items()
            if one.element_instance_key
        ]  # fmt: skip

    def correlated_messages(self) -> list[Row]:
        """Return the messages that the instance was handed, the one that started it first."""
        return [
            self._subscription(one) | {
                "subscriptionKey": subscription_key(
                    one.element_instance_key or self.history.process_definition_key, one.element_id, one.name
                ),
                "messageKey": one.message_key, "correlationTime": date_text(one.at_ms), "partitionId": PARTITION,
            }
            for one in self._before(self.history.messages)
            if one.state == "CORRELATED"
        ]  # fmt: skip

    def _subscription(self, one: MessageRecord) -> Row:
        return self._common | {
            "elementId": one.element_id, "elementInstanceKey": one.element_instance_key or None,
            "messageName": one.name, "correlationKey": one.correlation_key,
        }  # fmt: skip

    def statistics(self) -> list[Row]:
        """Return how many instances of each element are active, completed and so on."""
        found: dict[str, Row] = {}
        for row in self.elements():
            if row["type"] not in ("PROCESS", "AD_HOC_SUB_PROCESS_INNER_INSTANCE"):
                counts = dict.fromkeys(("active", "canceled", "incidents", "completed"), 0)
                one = found.setdefault(row["elementId"], {"elementId": row["elementId"], **counts})
                state = {"ACTIVE": "active", "COMPLETED": "completed", "TERMINATED": "canceled"}[row["state"]]
                one["incidents" if row["hasIncident"] else state] += 1
        return list(found.values())
