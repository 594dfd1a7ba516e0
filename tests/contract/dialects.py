"""How a gateway's dialect differs from that of the recordings, which are in the words of Camunda 8.6.0.

This is the one place for it. A translation turns what a recording sends into the dialect's words, and an answer of
the dialect into 8.6.0's. It is strict: a key that is a number where the dialect has text stays wrong, and a member
that the dialect adds must be there. What a recording expects and a dialect does otherwise is in ``OTHERWISE``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from camunda_client.embedded.gateway import DIALECTS

#: Whose words the recordings are in.
RECORDED_VERSION = "8.6.0"
_KEY = re.compile(r"[kK]eys?$")
#: Ends in "Key" and is not one of the engine's.
_NO_KEYS = {"correlationKey"}
#: Hold whatever a user put there.
_OPAQUE = {"variables", "customHeaders"}


@dataclass(frozen=True)
class Translation:
    """Between 8.6.0 and a dialect.

    Args:
        text_keys: Keys are text, not numbers.
        renamed: The dialect's name of a member to that of 8.6.0, for members of jobs.
        added: The members that the dialect adds, by a member, or several, that tell which object is meant.
        left_out: Members that 8.6.0 leaves out where the dialect has null.
        blank: Members that are an empty text in 8.6.0 where the dialect has null.
    """

    text_keys: bool = False
    renamed: dict[str, str] = field(default_factory=dict)
    added: dict[str, frozenset[str]] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()

    def request(self, document: Any) -> Any:
        """Return what is sent for a recorded body."""
        if not self.text_keys:
            return document
        if isinstance(document, list):
            return [self.request(item) for item in document]
        if not isinstance(document, dict):
            return document
        return {
            name: value if name in _OPAQUE else _as_text(value) if _is_key(name) else self.request(value)
            for name, value in document.items()
        }

    def answer(self, document: Any) -> Any:
        """Return an answer in the words of 8.6.0."""
        if isinstance(document, list):
            return [self.answer(item) for item in document]
        if not isinstance(document, dict):
            return document
        extra: frozenset[str] = frozenset()
        for marker, names in self.added.items():
            if all(member in document for member in marker.split()):
                extra |= names
        found = {f"<missing in this dialect: {name}>": None for name in extra - set(document)}
        for name, value in document.items():
            if name not in extra and not (name in self.left_out and value is None):
                known, shown = self._member(name, value)
                found[known] = shown
        return found

    def _member(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a member of an answer under 8.6.0's name."""
        if name in self.blank:
            return name, f"<not null in this dialect: {value!r}>" if value == "" else value or ""
        if name in self.renamed.values():
            return name, f"<not the name in this dialect: {value!r}>"
        if name in _OPAQUE:
            return name, value
        if _is_key(name):
            return self.renamed.get(name, name), self._key(value)
        return name, self.answer(value)

    def _key(self, value: Any) -> Any:
        if not self.text_keys:
            return value
        if isinstance(value, str):
            return int(value) if value.isdigit() else value
        return f"<not text: {value!r}>"


def _is_key(name: str) -> bool:
    return _KEY.search(name) is not None and name not in _NO_KEYS


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_JOB_8_8 = frozenset({"kind", "listenerEventType", "tags"})
_JOB_8_9 = _JOB_8_8 | {"userTask", "rootProcessInstanceKey"}
_JOB_8_10 = _JOB_8_9 | {"priority", "jobLeaseToken", "businessId", "physicalTenantId"}
_DEPLOYED = frozenset({"processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"})
#: Every dialect that the recordings can be translated to; a test fails for one of the embedded gateway without.
TRANSLATIONS = {
    "8.6.0": Translation(),
    "8.6": Translation(renamed={"jobKey": "key"}),
    "8.7": Translation(text_keys=True, renamed={"jobKey": "key"}),
    "8.8": Translation(
        text_keys=True,
        renamed={"jobKey": "key"},
        added={
            "customHeaders": _JOB_8_8,
            "processDefinitionVersion processInstanceKey": frozenset({"tags"}),
            "evaluatedDecisions": frozenset({"decisionEvaluationKey"}),
            "gatewayVersion": frozenset({"lastCompletedChangeId"}),
            "validLicense": frozenset({"isCommercial", "expiresAt"}),
        },
    ),
    "8.9": Translation(
        text_keys=True,
        renamed={"jobKey": "key"},
        added={
            "customHeaders": _JOB_8_9,
            "processDefinitionVersion processInstanceKey": frozenset({"tags"}),
            "evaluatedDecisions": frozenset({"decisionEvaluationKey"}),
            "outputValue": frozenset({"ruleId", "ruleIndex"}),
            "evaluatedInputs": frozenset({"decisionEvaluationInstanceKey", "decisionDefinitionType"}),
            "gatewayVersion": frozenset({"lastCompletedChangeId", "clusterId"}),
            "validLicense": frozenset({"isCommercial", "expiresAt"}),
        },
        left_out=_DEPLOYED | {"businessId"},
        blank=frozenset({"failedDecisionDefinitionId", "failureMessage"}),
    ),
    "8.10": Translation(
        text_keys=True,
        renamed={"jobKey": "key"},
        added={
            "customHeaders": _JOB_8_10,
            "processDefinitionVersion processInstanceKey": frozenset({"tags", "businessId"}),
            "evaluatedDecisions": frozenset({"decisionEvaluationKey"}),
            "outputValue": frozenset({"ruleId", "ruleIndex"}),
            "evaluatedInputs": frozenset({"decisionEvaluationInstanceKey", "decisionDefinitionType"}),
            "gatewayVersion": frozenset({"lastCompletedChangeId", "clusterId"}),
            "nodeId": frozenset({"brokerId"}),
            "partitionId": frozenset({"state"}),
            "validLicense": frozenset({"isCommercial", "expiresAt"}),
        },
        left_out=_DEPLOYED,
        blank=frozenset({"failedDecisionDefinitionId", "failureMessage"}),
    ),
}
#: The dialects that everything is played in.
SPOKEN = tuple(name for name in DIALECTS if name in TRANSLATIONS)

#: Where a dialect does otherwise than 8.6.0: (conversation, number of the step) to what that step must answer there.
#: Source: the 8.8 REST API as camunda_client.embedded implements it (no 8.8 engine could be had).
OTHERWISE: dict[str, dict[tuple[str, int], dict[str, Any]]] = {
    "8.6.0": {},
    "8.6": {},
    "8.7": {},
    "8.8": {
        # A request without a body needs no content type, so it is the incident that is missing.
        ("incident_errors", 0): {
            "status": 404,
            "type": "application/problem+json",
            "body": {
                "type": "about:blank",
                "title": "NOT_FOUND",
                "status": 404,
                "detail": "Command 'RESOLVE' rejected with code 'NOT_FOUND': Expected to resolve incident with key "
                "'2251799813685249', but no such incident was found",
                "instance": "/v2/incidents/2251799813685249/resolution",
            },
        },
        # Deletion answers with a document, which is empty before 8.9.
        ("resource_deletion", 3): {"status": 200, "type": "application/json", "body": {}},
        # Searches came with 8.8; the embedded engine has them.
        ("unknown_route", 3): {"status": 200, "type": "application/json"},
        ("wrong_method", 6): {"status": 200, "type": "application/json"},
        # The route exists.
        ("unknown_route", 5): {"status": 204, "type": None, "empty": True},
    },
}
# What 8.8 does otherwise, 8.9 and 8.10 do too, but for what deletion answers.
OTHERWISE["8.9"] = OTHERWISE["8.10"] = OTHERWISE["8.8"] | {
    ("resource_deletion", 3): {
        "status": 200,
        "type": "application/json",
        "body": {"resourceKey": "${pd}", "batchOperation": None},
    },
}
# From 8.10 on any file may be deployed.
OTHERWISE["8.10"] = OTHERWISE["8.10"] | {("deploy_invalid", 3): {"status": 200, "type": "application/json"}}
#: Steps that 8.8 and later refuse, because they read strictly: to the member that can't be parsed.
STRICT = {
    "broadcast_signal": {7: "variables"},
    "clock": {2: "timestamp"},
    "empty_string_number": {0: "timeout", 2: "worker"},
    "error_validation": {7: "errorCode"},
    "fail_variables": {3: "variables"},
    "publish_errors": {3: "correlationKey", 7: "variables"},
    "set_variables": {9: "variables"},
    "wrong_types": {
        0: "timeout", 1: "timeout", 2: "timeout", 5: "type", 6: "type", 7: "fetchVariable", 8: "tenantIds",
        9: "fetchVariable", 10: "variables", 11: "variables", 12: "processDefinitionVersion", 13: "variables",
        14: "variables", 15: "retries", 16: "changeset", 17: "changeset.retries",
    },
}  # fmt: skip
#: Steps that are sent otherwise there, because what follows needs what they make.
SENT_STRICTLY = {("string_keys", 2): {"text": '{"processDefinitionKey":"${k1}","operationReference":7}'}}
#: States of engine-states.json whose status changed.
OTHER_STATUS = {
    dialect: {"backpressure_command": status, "backpressure_activation": status}
    for dialect, status in (("8.6", 429), ("8.7", 429), ("8.8", 503), ("8.9", 503), ("8.10", 503))
}


def as_in(dialect: str, case: dict[str, Any]) -> dict[str, Any]:
    """Return a conversation with what the dialect answers otherwise."""
    steps = list(case["steps"])
    for (name, number), expected in OTHERWISE[dialect].items():
        if name == case["name"]:
            steps[number] = {**steps[number], "expect": expected}
    if dialect in ("8.8", "8.9", "8.10"):
        for number, member in STRICT.get(case["name"], {}).items():
            steps[number] = {**steps[number], "expect": _refused(member, steps[number]["path"])}
        for (name, number), sent in SENT_STRICTLY.items():
            if name == case["name"]:
                steps[number] = {**steps[number], **sent}
    return {**case, "steps": steps}


def _refused(member: str, path: str) -> dict[str, Any]:
    detail = f"Request property [{member}] cannot be parsed"
    body = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail, "instance": path}
    return {"status": 400, "type": "application/problem+json", "body": body}


def of_version(version: str) -> str:
    """Return the dialect of a Camunda's version: the newest known one that is not newer."""
    if version == RECORDED_VERSION:
        return version
    wanted, later = _numbers(version), set(TRANSLATIONS) - {RECORDED_VERSION}
    return max((name for name in later if _numbers(name) <= wanted), key=_numbers, default=RECORDED_VERSION)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
