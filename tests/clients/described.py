"""What the schemas of 8.8, 8.9 and 8.10 say of an exchange: its path, its request and its answer, member by member.

The schemas are those of tests/contract/schemas, which name each object's members, their JSON types, and whether they
must be there. What is inside of what is said here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.contract.strict_server import SCHEMAS
from tests.parts.recording import Recorded

#: The dialects that are described, and by which file.
PACKAGE = {"8.8": "8.8-npm", "8.9": "8.9-npm", "8.10": "8.10-pypi"}
#: The members that hold described objects, or lists of them.
INSIDE = {
    ("ActivatedJobResult", "userTask"): "UserTaskProperties",
    ("JobCompletionRequest", "result"): "JobResult",
    ("JobResult", "corrections"): "JobResultCorrections",
    ("JobResult", "activateElements"): "JobResultActivateElement",
    ("JobUpdateRequest", "changeset"): "JobChangeset",
    ("AdHocSubProcessActivateActivitiesInstruction", "elements"): "AdHocSubProcessActivateActivityReference",
    ("DeploymentResult", "deployments"): "DeploymentMetadataResult",
    ("DeploymentMetadataResult", "processDefinition"): "DeploymentProcessResult",
    ("DeploymentMetadataResult", "decisionDefinition"): "DeploymentDecisionResult",
    ("DeploymentMetadataResult", "decisionRequirements"): "DeploymentDecisionRequirementsResult",
    ("DeploymentMetadataResult", "form"): "DeploymentFormResult",
    ("DeploymentMetadataResult", "resource"): "DeploymentResourceResult",
    ("TopologyResponse", "brokers"): "BrokerInfo",
    ("BrokerInfo", "partitions"): "Partition",
    ("ProcessInstanceCreationInstruction", "startInstructions"): "ProcessInstanceCreationStartInstruction",
    ("ProcessInstanceCreationInstruction", "runtimeInstructions"): "ProcessInstanceCreationTerminateInstruction",
    ("ProcessInstanceMigrationInstruction", "mappingInstructions"): "MigrateProcessInstanceMappingInstruction",
    (
        "ProcessInstanceModificationInstruction",
        "activateInstructions",
    ): "ProcessInstanceModificationActivateInstruction",
    (
        "ProcessInstanceModificationInstruction",
        "terminateInstructions",
    ): "ProcessInstanceModificationTerminateInstruction",
    ("ProcessInstanceModificationInstruction", "moveInstructions"): "ProcessInstanceModificationMoveInstruction",
    ("ProcessInstanceModificationActivateInstruction", "variableInstructions"): (
        "ModifyProcessInstanceVariableInstruction"
    ),
    ("UserTaskUpdateRequest", "changeset"): "Changeset",
}
#: Of every error.
PROBLEM = {
    "type": {"types": ["string"], "required": True},
    "title": {"types": ["string"], "required": True},
    "status": {"types": ["integer"], "required": True},
    "detail": {"types": ["string"], "required": True},
    "instance": {"types": ["string"], "required": True},
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "any": (object,), "null": (type(None),),
}  # fmt: skip


@dataclass(frozen=True)
class Described:
    """An operation: the schemas of its request and answer; ``[Job]`` is a list of them in a member, by its name."""

    method: str
    path: str
    sent: str | None = None
    answered: str | None = None
    #: Answers ``{member: [...]}``; ``*``: a list and nothing around it.
    member: str | None = None
    #: Its request is ``{filter, page, sort}``, its answer ``{items, page}``.
    search: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of this operation."""
        return method == self.method and re.fullmatch(self.path.replace("{}", "[^/]+"), path) is not None


def _search(path: str, sent: str | None, answered: str) -> Described:
    return Described("POST", path, sent, answered, search=True)


def _counts(of: str, schema: str, *kinds: str) -> Iterator[Described]:
    for kind in kinds:
        name = kind.removeprefix("-by-").capitalize()
        path = f"/{of}/statistics/process-instances{kind}"
        filtered = None if kind != kinds[-1] else schema.format(name) + "Filter"  # the first of both takes none
        yield _search(path, filtered, schema.format(name) + "Result")


#: Those whose members are described; the first that matches counts.
OPERATIONS = (
    Described("GET", "/topology", None, "TopologyResponse"),
    Described("GET", "/license", None, "LicenseResponse"),
    Described("GET", "/authentication/me", None, "CamundaUserResult"),
    Described("POST", "/deployments", None, "DeploymentResult"),
    Described("POST", "/jobs/activation", "JobActivationRequest", "ActivatedJobResult", "jobs"),
    Described("POST", "/jobs/{}/completion", "JobCompletionRequest"),
    Described("POST", "/jobs/{}/failure", "JobFailRequest"),
    Described("POST", "/jobs/{}/error", "JobErrorRequest"),
    Described("PATCH", "/jobs/{}", "JobUpdateRequest"),
    _search("/jobs/search", "JobFilter", "JobSearchResult"),
    Described("GET", "/jobs/statistics/global", None, "GlobalJobStatisticsQueryResult"),
    _search("/jobs/statistics/by-types", "JobTypeStatisticsFilter", "JobTypeStatisticsItem"),
    _search("/jobs/statistics/by-workers", "JobWorkerStatisticsFilter", "JobWorkerStatisticsItem"),
    _search("/jobs/statistics/errors", "JobErrorStatisticsFilter", "JobErrorStatisticsItem"),
    _search("/jobs/statistics/time-series", "JobTimeSeriesStatisticsFilter", "JobTimeSeriesStatisticsItem"),
    Described("POST", "/process-instances", "ProcessInstanceCreationInstruction", "CreateProcessInstanceResult"),
    Described("POST", "/process-instances/{}/cancellation", "CancelProcessInstanceRequest"),
    Described("POST", "/process-instances/{}/migration", "ProcessInstanceMigrationInstruction"),
    Described("POST", "/process-instances/{}/modification", "ProcessInstanceModificationInstruction"),
    _search("/process-instances/search", "ProcessInstanceFilter", "ProcessInstanceResult"),
    _search("/process-instances/{}/incidents/search", "IncidentFilter", "IncidentResult"),
    Described(
        "GET", "/process-instances/{}/statistics/element-instances", None, "ProcessElementStatisticsResult", "items"
    ),
    Described("GET", "/process-instances/{}/sequence-flows", None, "ProcessInstanceSequenceFlowResult", "items"),
    Described("GET", "/process-instances/{}/call-hierarchy", None, "ProcessInstanceCallHierarchyEntry", "*"),
    Described("GET", "/process-instances/{}", None, "ProcessInstanceResult"),
    Described("POST", "/messages/publication", "MessagePublicationRequest", "MessagePublicationResult"),
    Described("POST", "/messages/correlation", "MessageCorrelationRequest", "MessageCorrelationResult"),
    Described("POST", "/signals/broadcast", "SignalBroadcastRequest", "SignalBroadcastResult"),
    _search("/incidents/search", "IncidentFilter", "IncidentResult"),
    _search("/element-instances/{}/incidents/search", "IncidentFilter", "IncidentResult"),
    *_counts("incidents", "IncidentProcessInstanceStatisticsBy{}", "-by-error", "-by-definition"),
    *_counts("process-definitions", "ProcessDefinitionInstance{}Statistics", "", "-by-version"),
    _search(
        "/process-definitions/statistics/message-subscriptions",
        "MessageSubscriptionFilter",
        "ProcessDefinitionMessageSubscriptionStatisticsResult",
    ),
    Described("POST", "/conditionals/evaluation", "ConditionalEvaluationInstruction", "EvaluateConditionalResult"),
    Described("POST", "/incidents/{}/resolution", "IncidentResolutionRequest"),
    Described("GET", "/incidents/{}", None, "IncidentResult"),
    _search("/user-tasks/search", "UserTaskFilter", "UserTaskResult"),
    _search("/user-tasks/{}/variables/search", "UserTaskVariableFilter", "VariableSearchResult"),
    _search("/user-tasks/{}/effective-variables/search", "UserTaskVariableFilter", "VariableSearchResult"),
    Described("POST", "/user-tasks/{}/completion", "UserTaskCompletionRequest"),
    Described("POST", "/user-tasks/{}/assignment", "UserTaskAssignmentRequest"),
    Described("PATCH", "/user-tasks/{}", "UserTaskUpdateRequest"),
    Described("GET", "/user-tasks/{}", None, "UserTaskResult"),
    _search("/variables/search", "VariableFilter", "VariableSearchResult"),
    Described("GET", "/variables/{}", None, "VariableResult"),
    _search("/element-instances/search", "ElementInstanceFilter", "ElementInstanceResult"),
    Described(
        "POST", "/element-instances/ad-hoc-activities/{}/activation", "AdHocSubProcessActivateActivitiesInstruction"
    ),
    Described("PUT", "/element-instances/{}/variables", "SetVariableRequest"),
    Described("GET", "/element-instances/{}", None, "ElementInstanceResult"),
    _search("/process-definitions/search", "ProcessDefinitionFilter", "ProcessDefinitionResult"),
    Described(
        "POST", "/process-definitions/{}/statistics/element-instances", None, "ProcessElementStatisticsResult", "items"
    ),
    _search("/decision-requirements/search", "DecisionRequirementsFilter", "DecisionRequirementsResult"),
    Described("GET", "/decision-requirements/{}", None, "DecisionRequirementsResult"),
    Described("GET", "/process-definitions/{}", None, "ProcessDefinitionResult"),
    Described("POST", "/decision-definitions/evaluation", "DecisionEvaluationInstruction", "EvaluateDecisionResult"),
    _search("/decision-definitions/search", "DecisionDefinitionFilter", "DecisionDefinitionResult"),
    Described("GET", "/decision-definitions/{}", None, "DecisionDefinitionResult"),
    _search("/decision-instances/search", "DecisionInstanceFilter", "DecisionInstanceResult"),
    Described("GET", "/decision-instances/{}", None, "DecisionInstanceGetQueryResult"),
    _search("/message-subscriptions/search", "MessageSubscriptionFilter", "MessageSubscriptionResult"),
    _search(
        "/correlated-message-subscriptions/search",
        "CorrelatedMessageSubscriptionFilter",
        "CorrelatedMessageSubscriptionResult",
    ),
    _search("/batch-operation-items/search", "BatchOperationItemFilter", "BatchOperationItemResponse"),
    _search("/batch-operations/search", "BatchOperationFilter", "BatchOperationResponse"),
    Described("POST", "/documents", None, "DocumentReference"),
    Described("PUT", "/clock", "ClockPinRequest"),
    Described("POST", "/cluster-variables/global", "CreateClusterVariableRequest", "ClusterVariableResult"),
    Described("GET", "/cluster-variables/global/{}", None, "ClusterVariableResult"),
    Described("PUT", "/cluster-variables/global/{}", "UpdateClusterVariableRequest", "ClusterVariableResult"),
    _search("/cluster-variables/search", "ClusterVariableSearchQueryFilterRequest", "ClusterVariableSearchResult"),
    Described("POST", "/resources/{}/deletion", "DeleteResourceRequest"),
)
#: Without described members: no body, XML, the content of a document, or a schema that the packages don't have.
OTHERS = (
    Described("GET", "/status"),
    Described("POST", "/clock/reset"),
    Described("GET", "/process-definitions/{}/xml"),
    Described("GET", "/decision-definitions/{}/xml"),
    Described("GET", "/decision-requirements/{}/xml"),
    Described("DELETE", "/user-tasks/{}/assignee"),
    Described("GET", "/documents/{}"),
    Described("DELETE", "/documents/{}"),
    Described("DELETE", "/cluster-variables/global/{}"),
)


def violations(dialect: str, exchange: Recorded) -> Iterator[str]:
    """Yield what an exchange has that its dialect's description has not, in requests and in answers."""
    method, path = exchange.request.method, urlsplit(exchange.request.path).path
    path = path.removeprefix("/v2")
    found = next((one for one in (*OPERATIONS, *OTHERS) if one.matches(method, path)), None)
    if found is None:
        yield f"{method} {re.sub('[0-9]{6,}', '{}', path)}: not described"
        return
    schemas = SCHEMAS[PACKAGE[dialect]]
    where = f"{found.method} {found.path}"
    for what in _of_request(schemas, found, exchange):
        yield f"{where} request: {what}"
    for what in _of_answer(schemas, found, exchange):
        yield f"{where} answer {exchange.reply.status}: {what}"


def _of_request(schemas: dict[str, Any], operation: Described, exchange: Recorded) -> Iterator[str]:
    body = exchange.request.body
    sent = json.loads(body) if body and (operation.search or operation.sent) else None
    if sent is not None and operation.search:
        known = {"page", "sort"} | ({"filter"} if operation.sent else set())
        yield from (f"unknown {name}" for name in {*sent} - known)
        sent = sent.get("filter") or {}
    if operation.sent is None or sent is None:
        return
    yield from misfits(schemas, operation.sent, sent)


def _of_answer(schemas: dict[str, Any], operation: Described, exchange: Recorded) -> Iterator[str]:
    status, body = exchange.reply.status, exchange.reply.body
    if status >= 400:
        if not exchange.reply.content_type.startswith("application/problem+json"):
            yield f"is no problem but {exchange.reply.content_type}"
        else:
            yield from _of(PROBLEM, json.loads(body), "")
        return
    if operation.answered is None or not body:
        return
    answer = json.loads(body)
    if operation.search:
        yield from (f"unknown {name}" for name in {*answer} - {"items", "page"})
        yield from misfits(schemas, "SearchQueryPageResponse", answer.get("page", {}), "page.")
    member = "items" if operation.search else operation.member
    for item in answer if member == "*" else [answer] if member is None else answer.get(member, []):
        yield from misfits(schemas, operation.answered, item)


def misfits(schemas: dict[str, Any], name: str, value: Any, where: str = "") -> Iterator[str]:
    """Yield what is wrong with an object of a schema, and with those inside."""
    if name not in schemas:
        yield f"{where or name} has no description"
    elif not isinstance(value, dict):
        yield f"{where or name} is no object"
    else:
        yield from _of(schemas[name], value, where)
        for member, inner in value.items():
            if inside := INSIDE.get((name, member)):
                for one in inner if isinstance(inner, list) else [inner]:
                    if one is not None:
                        yield from misfits(schemas, inside, one, f"{where}{member}.")


def _of(schema: dict[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"unknown {where}{name}" for name in value if name not in schema)
    yield from (f"no {where}{name}" for name, one in schema.items() if one["required"] and name not in value)
    for name in schema.keys() & value.keys():
        kinds = schema[name]["types"]
        inner = value[name]
        fits = any(isinstance(inner, _TYPES[kind]) for kind in kinds)
        if isinstance(inner, bool) and not {"boolean", "any"} & {*kinds}:
            fits = False
        if not fits:
            yield f"{where}{name} is {'null' if inner is None else type(inner).__name__}, not {kinds}"
