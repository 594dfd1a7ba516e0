"""Searches, gets and commands against a server made from the schemas of 8.8, 8.9 and 8.10, in four kinds of answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import (
    ActivateInstructions,
    BroadcastSignalRequest,
    CorrelateMessageRequest,
    CreateProcessInstanceRequest,
    EvaluateDecisionRequest,
    JobChangeset,
    MappingInstructions,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    MoveInstructions,
    ProcessInstanceStartInstructions,
    PublishMessageRequest,
    RuntimeInstruction,
    SourceElement,
    TerminateInstructions,
    UserTaskChanges,
    VariableInstruction,
)
from camunda_client.c8.models.generated import DocumentReference
from camunda_client.error import CamundaBusinessException
from tests.contract.strict_server import KINDS, SCHEMAS, Operation, StrictServer, misfits
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured

KEY = "2251799813685260"
NOON = datetime(2026, 12, 24, 12, tzinfo=timezone.utc)
REFERENCE = {"documentId": "d 1", "storeId": "s", "contentHash": "h", "camunda.document.type": "camunda"}
Call = Callable[[], Any]


def searched(path: str, sent: str | None, answered: str, call: Call, since: str = "8.8") -> tuple[Operation, Call]:
    return Operation("POST", path, sent, answered, "search", since=since), lambda: next(call())


def got(path: str, answered: str, call: Call, shape: str = "object", since: str = "8.8") -> tuple[Operation, Call]:
    return Operation("GET", path, None, answered, shape, since=since), call


def sent(
    method: str, path: str, content: str | None, call: Call, answered: str | None = None, since: str = "8.8"
) -> tuple[Operation, Call]:
    return Operation(method, path, content, answered, status=200 if answered else 204, since=since), call


CALLS: list[tuple[Operation, Call]] = [
    searched("/user-tasks/search", "UserTaskFilter", "UserTaskResult",
             lambda: api.search_user_tasks(state="CREATED", assignee=["ann", "bob"], priority={"$gte": 50},
                                           due_date={"$lt": NOON}, sort="-creation_date", page_size=5)),
    got(f"/user-tasks/{KEY}", "UserTaskResult", lambda: api.get_user_task(KEY)),
    got(f"/user-tasks/{KEY}/form", "FormResult", lambda: api.get_user_task_form(KEY)),
    searched(f"/user-tasks/{KEY}/variables/search", "UserTaskVariableFilter", "VariableSearchResult",
             lambda: api.search_user_task_variables(KEY, name={"$like": "a*"})),
    sent("POST", f"/user-tasks/{KEY}/completion", "UserTaskCompletionRequest",
         lambda: api.complete_user_task(KEY, {"approved": True}, action="approve")),
    sent("POST", f"/user-tasks/{KEY}/assignment", "UserTaskAssignmentRequest",
         lambda: api.assign_user_task(int(KEY), "ann", allow_override=False, action="claim")),
    sent("DELETE", f"/user-tasks/{KEY}/assignee", None, lambda: api.unassign_user_task(KEY)),
    sent("PATCH", f"/user-tasks/{KEY}", "UserTaskUpdateRequest",
         lambda: api.update_user_task(KEY, UserTaskChanges(priority=80, candidateUsers=[]), action="hurry")),
    searched("/incidents/search", "IncidentFilter", "IncidentResult",
             lambda: api.search_incidents(state="ACTIVE", process_instance_key=KEY)),
    got(f"/incidents/{KEY}", "IncidentResult", lambda: api.get_incident(KEY)),
    searched("/process-instances/search", "ProcessInstanceFilter", "ProcessInstanceResult",
             lambda: api.search_process_instances(process_definition_id="order", has_incident=True,
                                                  start_date={"$gte": NOON}, sort=["-start_date", "end_date"])),
    got(f"/process-instances/{KEY}", "ProcessInstanceResult", lambda: api.get_process_instance(KEY)),
    got(f"/process-instances/{KEY}/statistics/element-instances", "ProcessElementStatisticsResult",
        lambda: api.get_process_instance_statistics(KEY)[0], "list"),
    got(f"/process-instances/{KEY}/sequence-flows", "ProcessInstanceSequenceFlowResult",
        lambda: api.get_process_instance_sequence_flows(KEY)[0], "list"),
    got(f"/process-instances/{KEY}/call-hierarchy", "ProcessInstanceCallHierarchyEntry",
        lambda: api.get_process_instance_call_hierarchy(KEY)[0], "plain list"),
    searched(f"/process-instances/{KEY}/incidents/search", "IncidentFilter", "IncidentResult",
             lambda: api.search_process_instance_incidents(KEY, state="ACTIVE", sort="creation_time")),
    (Operation("POST", f"/process-definitions/{KEY}/statistics/element-instances", "ProcessDefinitionStatisticsFilter",
               "ProcessElementStatisticsResult", "filtered"),
     lambda: api.get_process_definition_statistics(KEY, state="ACTIVE", start_date={"$gte": NOON})[0]),
    searched("/process-definitions/search", "ProcessDefinitionFilter", "ProcessDefinitionResult",
             lambda: api.search_process_definitions(process_definition_id="order", is_latest_version=True)),
    got(f"/process-definitions/{KEY}", "ProcessDefinitionResult", lambda: api.get_process_definition(KEY)),
    got(f"/process-definitions/{KEY}/form", "FormResult", lambda: api.get_start_form(KEY)),
    searched("/variables/search", "VariableFilter", "VariableSearchResult",
             lambda: api.search_variables(name="amount", process_instance_key=KEY)),
    got(f"/variables/{KEY}", "VariableResult", lambda: api.get_variable(KEY)),
    searched("/element-instances/search", "ElementInstanceFilter", "ElementInstanceResult",
             lambda: api.search_element_instances(process_instance_key=KEY, type="SERVICE_TASK")),
    got(f"/element-instances/{KEY}", "ElementInstanceResult", lambda: api.get_element_instance(KEY)),
    searched("/jobs/search", "JobFilter", "JobSearchResult",
             lambda: api.search_jobs(type="pay", state=["FAILED", "ERROR_THROWN"], has_failed_with_retries_left=False)),
    got("/jobs/statistics/global", "GlobalJobStatisticsQueryResult",
        lambda: api.get_job_statistics(NOON, NOON, job_type="pay"), since="8.9"),
    searched("/jobs/statistics/by-types", "JobTypeStatisticsFilter", "JobTypeStatisticsItem",
             lambda: api.get_job_statistics_by_type(NOON, NOON, job_type=["pay", "ship"]), "8.9"),
    searched("/jobs/statistics/by-workers", "JobWorkerStatisticsFilter", "JobWorkerStatisticsItem",
             lambda: api.get_job_statistics_by_worker(NOON, NOON, "pay"), "8.9"),
    searched("/jobs/statistics/errors", "JobErrorStatisticsFilter", "JobErrorStatisticsItem",
             lambda: api.get_job_statistics_by_error(NOON, NOON, "pay", error_code="E", error_message={"$like": "a*"}),
             "8.9"),
    searched("/decision-requirements/search", "DecisionRequirementsFilter", "DecisionRequirementsResult",
             lambda: api.search_decision_requirements(version=2, sort="-version")),
    got(f"/decision-requirements/{KEY}", "DecisionRequirementsResult", lambda: api.get_decision_requirements(KEY)),
    searched("/decision-definitions/search", "DecisionDefinitionFilter", "DecisionDefinitionResult",
             lambda: api.search_decision_definitions(decision_definition_id="d", version=2)),
    got(f"/decision-definitions/{KEY}", "DecisionDefinitionResult", lambda: api.get_decision_definition(KEY)),
    searched("/decision-instances/search", "DecisionInstanceFilter", "DecisionInstanceResult",
             lambda: api.search_decision_instances(state="EVALUATED")),
    got(f"/decision-instances/{KEY}-1", "DecisionInstanceGetQueryResult",
        lambda: api.get_decision_instance(f"{KEY}-1")),
    searched("/message-subscriptions/search", "MessageSubscriptionFilter", "MessageSubscriptionResult",
             lambda: api.search_message_subscriptions(message_name="paid")),
    searched("/correlated-message-subscriptions/search", "CorrelatedMessageSubscriptionFilter",
             "CorrelatedMessageSubscriptionResult",
             lambda: api.search_correlated_message_subscriptions(message_name="paid")),
    searched("/batch-operations/search", "BatchOperationFilter", "BatchOperationResponse",
             lambda: api.search_batch_operations(state="ACTIVE")),
    searched("/batch-operation-items/search", "BatchOperationItemFilter", "BatchOperationItemResponse",
             lambda: api.search_batch_operation_items(batch_operation_key=KEY, state=["FAILED"])),
    got(f"/batch-operations/{KEY}", "BatchOperationResponse", lambda: api.get_batch_operation(KEY)),
    sent("POST", f"/batch-operations/{KEY}/cancellation", None, lambda: api.cancel_batch_operation(KEY)),
    sent("POST", f"/batch-operations/{KEY}/suspension", None, lambda: api.suspend_batch_operation(KEY)),
    sent("POST", f"/batch-operations/{KEY}/resumption", None, lambda: api.resume_batch_operation(KEY)),
    *[
        sent("POST", f"/process-instances/{what}", f"ProcessInstance{name}BatchOperationRequest", call,
             "BatchOperationCreatedResult", since)
        for what, name, call, since in (
            ("cancellation", "Cancellation",
             lambda: api.cancel_process_instances(process_definition_id="a", start_date={"$lt": NOON}), "8.8"),
            ("incident-resolution", "IncidentResolution", lambda: api.resolve_incidents(has_incident=True), "8.8"),
            ("migration", "Migration",
             lambda: api.migrate_process_instances(int(KEY), {"a": "b"}, process_instance_key=[KEY, KEY]), "8.8"),
            ("modification", "Modification",
             lambda: api.modify_process_instances({"a": "b"}, tags=["x"]), "8.8"),
            ("deletion", "Deletion",
             lambda: api.delete_process_instances(operation_reference=5, state="COMPLETED"), "8.9"),
            ("suspension", "Suspension", lambda: api.suspend_process_instances(state="ACTIVE"), "8.10"),
            ("resumption", "Resumption", lambda: api.resume_process_instances(state="SUSPENDED"), "8.10"),
        )
    ],
    sent("POST", "/decision-instances/deletion", "DecisionInstanceDeletionBatchOperationRequest",
         lambda: api.delete_decision_instances(state="FAILED"), "BatchOperationCreatedResult", "8.9"),
    sent("POST", "/jobs/batch-update", "JobBatchUpdateRequest",
         lambda: api.update_jobs(JobChangeset(retries=3, priority=9), type="pay", retries=0),
         "BatchOperationCreatedResult", "8.10"),
    sent("POST", f"/process-instances/{KEY}/incident-resolution", None,
         lambda: api.resolve_process_instance_incidents(KEY), "BatchOperationCreatedResult", "8.9"),
    sent("POST", f"/process-instances/{KEY}/deletion", None, lambda: api.delete_process_instance(KEY), since="8.9"),
    sent("POST", f"/process-instances/{KEY}/suspension", None, lambda: api.suspend_process_instance(KEY),
         since="8.10"),
    sent("POST", f"/process-instances/{KEY}/resumption", None, lambda: api.resume_process_instance(KEY),
         since="8.10"),
    sent("POST", f"/element-instances/ad-hoc-activities/{KEY}/activation",
         "AdHocSubProcessActivateActivitiesInstruction",
         lambda: api.activate_ad_hoc_activities(KEY, {"a": {"x": 1}, "b": None}, cancel_remaining_instances=True)),
    searched(f"/element-instances/{KEY}/incidents/search", "IncidentFilter", "IncidentResult",
             lambda: api.search_element_instance_incidents(KEY, state="ACTIVE"), "8.9"),
    searched("/incidents/statistics/process-instances-by-error", None, "IncidentProcessInstanceStatisticsByErrorResult",
             api.get_incident_statistics_by_error, "8.9"),
    searched("/incidents/statistics/process-instances-by-definition",
             "IncidentProcessInstanceStatisticsByDefinitionFilter",
             "IncidentProcessInstanceStatisticsByDefinitionResult",
             lambda: api.get_incident_statistics_by_definition(7), "8.9"),
    searched("/jobs/statistics/time-series", "JobTimeSeriesStatisticsFilter", "JobTimeSeriesStatisticsItem",
             lambda: api.get_job_time_series(NOON, NOON, "pay", resolution=timedelta(minutes=5)), "8.9"),
    searched("/process-definitions/statistics/process-instances", None, "ProcessDefinitionInstanceStatisticsResult",
             api.get_process_instance_counts, "8.9"),
    searched("/process-definitions/statistics/process-instances-by-version",
             "ProcessDefinitionInstanceVersionStatisticsFilter", "ProcessDefinitionInstanceVersionStatisticsResult",
             lambda: api.get_process_version_counts("order", tenant_id="t"), "8.9"),
    searched("/process-definitions/statistics/message-subscriptions", "MessageSubscriptionFilter",
             "ProcessDefinitionMessageSubscriptionStatisticsResult",
             lambda: api.get_message_subscription_statistics(message_name="paid"), "8.9"),
    searched(f"/user-tasks/{KEY}/effective-variables/search", "UserTaskVariableFilter", "VariableSearchResult",
             lambda: api.search_user_task_effective_variables(KEY, name="a", sort="name"), "8.9"),
    searched(f"/user-tasks/{KEY}/audit-logs/search", "UserTaskAuditLogFilter", "AuditLogResult",
             lambda: api.search_user_task_audit_log(KEY, result="SUCCESS", timestamp={"$gt": NOON}), "8.9"),
    sent("POST", "/expression/evaluation", "ExpressionEvaluationRequest",
         lambda: api.evaluate_expression("=a + 1", {"a": 1}, tenant_id="t"), "ExpressionEvaluationResult", "8.9"),
    sent("POST", "/expression/evaluation", "ExpressionEvaluationRequest",
         lambda: api.evaluate_expression("=a + 1", scope_key=KEY), "ExpressionEvaluationResult", "8.10"),
    sent("POST", "/conditionals/evaluation", "ConditionalEvaluationInstruction",
         lambda: api.evaluate_conditionals({"a": 1}, process_definition_key=KEY, tenant_id="t"),
         "EvaluateConditionalResult", "8.9"),
    got(f"/resources/{KEY}", "ResourceResult", lambda: api.get_resource(KEY)),
    searched("/resources/search", "ResourceFilter", "ResourceResult",
             lambda: api.search_resources(resource_name={"$like": "*.rpa"}, version=2), "8.9"),
    got("/license", "LicenseResponse", api.get_license),
    got("/authentication/me", "CamundaUserResult", api.get_me),
    sent("PUT", "/clock", "ClockPinRequest", lambda: api.pin_clock(NOON)),
    sent("POST", "/clock/reset", None, api.reset_clock),
    searched("/cluster-variables/search", "ClusterVariableSearchQueryFilterRequest", "ClusterVariableSearchResult",
             lambda: api.search_cluster_variables(name="rate"), since="8.9"),
    got("/cluster-variables/global/a%2Fb", "ClusterVariableResult", lambda: api.get_cluster_variable("a/b"),
        since="8.9"),
    sent("POST", "/cluster-variables/tenants/t", "CreateClusterVariableRequest",
         lambda: api.create_cluster_variable("rate", {"eur": 1}, tenant_id="t"), "ClusterVariableResult", "8.9"),
    sent("PUT", "/cluster-variables/global/rate", "UpdateClusterVariableRequest",
         lambda: api.update_cluster_variable("rate", {"eur": 2}), "ClusterVariableResult", "8.9"),
    sent("DELETE", "/cluster-variables/global/rate", None, lambda: api.delete_cluster_variable("rate"), since="8.9"),
    got("/cluster-variables/tenants/t/rate", "ClusterVariableResult",
        lambda: api.get_cluster_variable("rate", tenant_id="t"), since="8.9"),
    sent("PUT", "/cluster-variables/tenants/t/rate", "UpdateClusterVariableRequest",
         lambda: api.update_cluster_variable("rate", {"eur": 2}, tenant_id="t"), "ClusterVariableResult", "8.9"),
    sent("DELETE", "/cluster-variables/tenants/t/rate", None,
         lambda: api.delete_cluster_variable("rate", tenant_id="t"), since="8.9"),
    sent("POST", "/documents/d%201/links", "DocumentLinkRequest",
         lambda: api.create_document_link(REFERENCE, time_to_live=5000), "DocumentLink"),
    sent("DELETE", "/documents/d%201", None, lambda: api.delete_document(REFERENCE)),
]  # fmt: skip


#: Those that 8.6 has already. Read by their own attributes, so only requests and that answers are read are tested here.
FIRST_CALLS: list[tuple[Operation, Call]] = [
    got("/topology", "TopologyResponse", api.get_cluster_topology),
    (Operation("POST", "/deployments", None, "DeploymentResult"),
     lambda: api.deploy_resources(("a.bpmn", b"<definitions/>"), tenant_id="t")),
    (Operation("POST", "/jobs/activation", "JobActivationRequest", "ActivatedJobResult", "jobs"),
     lambda: api.activate_jobs("pay", "me", 1000, 5, ["a"], 500, ["t"])),
    (Operation("POST", "/jobs/activation", "JobActivationRequest", "ActivatedJobResult", "jobs", since="8.9"),
     lambda: api.activate_jobs("pay", tenants="assigned")),
    sent("POST", f"/jobs/{KEY}/completion", "JobCompletionRequest",
         lambda: api.complete_job(KEY, {"a": 1}, result={"type": "userTask", "denied": True})),
    sent("POST", f"/jobs/{KEY}/completion", "JobCompletionRequest",
         lambda: api.complete_job(KEY, business_id="b"), since="8.10"),
    sent("POST", f"/jobs/{KEY}/failure", "JobFailRequest",
         lambda: api.fail_job(KEY, retries=2, error_message="e", retry_back_off=100, variables={"a": 1})),
    sent("POST", f"/jobs/{KEY}/error", "JobErrorRequest",
         lambda: api.throw_error_for_job(KEY, CamundaBusinessException("CODE", "why", {"a": 1}))),
    sent("PATCH", f"/jobs/{KEY}", "JobUpdateRequest",
         lambda: api.update_job(KEY, retries=2, timeout=1000, operation_reference=1)),
    (Operation("POST", "/process-instances", "ProcessInstanceCreationInstruction", "CreateProcessInstanceResult"),
     lambda: api.create_process_instance(CreateProcessInstanceRequest(
         processDefinitionId="order", processDefinitionVersion=2, variables={"a": 1}, tenantId="t",
         operationReference=1, awaitCompletion=True, fetchVariables=["a"], requestTimeout=500, tags=["x"],
         startInstructions=[ProcessInstanceStartInstructions(elementId="e")],
         runtimeInstructions=[RuntimeInstruction(afterElementId="e")]))),
    (Operation("POST", "/process-instances", "ProcessInstanceCreationInstruction", "CreateProcessInstanceResult",
               since="8.9"),
     lambda: api.create_process_instance(CreateProcessInstanceRequest(processDefinitionKey=KEY, businessId="b"))),
    sent("POST", f"/process-instances/{KEY}/cancellation", "CancelProcessInstanceRequest",
         lambda: api.cancel_process_instance(KEY, 1)),
    sent("POST", f"/process-instances/{KEY}/migration", "ProcessInstanceMigrationInstruction",
         lambda: api.migrate_process_instance(KEY, MigrateProcessInstanceRequest(
             targetProcessDefinitionKey=KEY, operationReference=1,
             mappingInstructions=[MappingInstructions(sourceElementId="a", targetElementId="b")]))),
    sent("POST", f"/process-instances/{KEY}/modification", "ProcessInstanceModificationInstruction",
         lambda: api.modify_process_instance(KEY, ModifyProcessInstanceRequest(
             operationReference=1,
             activateInstructions=[ActivateInstructions(
                 elementId="a", ancestorElementInstanceKey=KEY,
                 variableInstructions=[VariableInstruction(scopeId="a", variables={"a": 1})])],
             terminateInstructions=[TerminateInstructions(elementInstanceKey=KEY)]))),
    (Operation("POST", "/messages/publication", "MessagePublicationRequest", "MessagePublicationResult"),
     lambda: api.publish_message(PublishMessageRequest(
         name="paid", correlationKey="a", timeToLive=5, messageId="m", variables={"a": 1}, tenantId="t"))),
    (Operation("POST", "/messages/correlation", "MessageCorrelationRequest", "MessageCorrelationResult"),
     lambda: api.correlate_message(CorrelateMessageRequest(
         name="paid", correlationKey="a", variables={"a": 1}, tenantId="t"))),
    (Operation("POST", "/signals/broadcast", "SignalBroadcastRequest", "SignalBroadcastResult"),
     lambda: api.broadcast_signal(BroadcastSignalRequest(signalName="go", variables={"a": 1}, tenantId="t"))),
    sent("PUT", f"/element-instances/{KEY}/variables", "SetVariableRequest",
         lambda: api.set_variables(KEY, {"a": 1}, local=True, operation_reference=1)),
    sent("POST", f"/incidents/{KEY}/resolution", "IncidentResolutionRequest",
         lambda: api.resolve_incident(KEY, 1)),
    sent("POST", f"/resources/{KEY}/deletion", "DeleteResourceRequest", lambda: api.delete_resource(KEY, 1)),
    sent("POST", f"/resources/{KEY}/deletion", "DeleteResourceRequest",
         lambda: api.delete_resource(KEY, delete_history=True), since="8.9"),
    sent("PATCH", f"/jobs/{KEY}", "JobUpdateRequest", lambda: api.update_job(KEY, priority=9), since="8.10"),
    sent("POST", f"/process-instances/{KEY}/modification", "ProcessInstanceModificationInstruction",
         lambda: api.modify_process_instance(KEY, ModifyProcessInstanceRequest(
             terminateInstructions=[TerminateInstructions(elementId="a")],
             moveInstructions=[MoveInstructions(
                 sourceElementInstruction=SourceElement(sourceType="byId", sourceElementId="a"), targetElementId="b",
                 variableInstructions=[VariableInstruction(variables={"a": 1})])])), since="8.9"),
    (Operation("POST", "/decision-definitions/evaluation", "DecisionEvaluationInstruction", "EvaluateDecisionResult"),
     lambda: api.evaluate_decision(EvaluateDecisionRequest(
         decisionDefinitionId="d", variables={"a": 1}, tenantId="t"))),
]  # fmt: skip


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split("."))


def on_every_package(calls: list[tuple[Operation, Call]]) -> list[Any]:
    return [
        pytest.param(package, operation, call, id=f"{package}-{operation.method}-{operation.path}")
        for package in SCHEMAS
        for operation, call in calls
        if number(operation.since) <= number(package)
        # That for JavaScript has no names for what stands inside of another schema.
        and (operation.sent in SCHEMAS[package] or operation.sent is None or package == "8.10-pypi")
    ]


@pytest.mark.parametrize(("package", "operation", "call"), on_every_package(FIRST_CALLS))
def test_what_8_6_has_already_is_sent_as_described_and_every_kind_of_answer_is_taken(
    package: str, operation: Operation, call: Call
) -> None:
    for kind in KINDS:
        strict = StrictServer(package, kind)
        with AnsweringServer() as server, configured(server.base_url):
            server.prepare(operation.method, "*", strict.answer(operation))

            call()

        assert strict.complaints == []
        assert urlsplit(server.paths[0]).path == f"/v2{operation.path}"


@pytest.mark.parametrize(("package", "operation", "call"), on_every_package(CALLS))
def test_what_is_sent_is_described_and_every_kind_of_answer_is_read(
    package: str, operation: Operation, call: Call
) -> None:
    for kind in KINDS:
        strict = StrictServer(package, kind)
        with AnsweringServer() as server, configured(server.base_url):
            server.prepare(operation.method, "*", strict.answer(operation))

            answer = call()

        assert strict.complaints == []
        assert urlsplit(server.paths[0]).path == f"/v2{operation.path}"
        if operation.answered is not None:
            expected = strict.example(operation.answered)
            read = answer.model_dump() | (answer.model_extra or {})
            assert {name: read.get(name) for name, value in expected.items() if value is not None} == {
                name: value for name, value in expected.items() if value is not None
            }


def test_the_strict_server_is_strict() -> None:
    schema = SCHEMAS["8.9-npm"]["CreateClusterVariableRequest"]

    found = misfits(schema, {"name": 5, "valeu": {}})

    assert found == ["unknown valeu", "missing value", "name is 5, not of ['string']"]


def test_a_document_goes_up_and_comes_down(tmp_path: Path) -> None:
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"%PDF\r\n\x00")
    with AnsweringServer() as server, configured(server.base_url):
        server.post("/v2/documents?storeId=s", status=201, json={**REFERENCE, "metadata": {"size": 7}})
        server.post(
            "/v2/documents/d%201?storeId=s&contentHash=h", method="GET", body="%PDF", content_type="application/pdf"
        )

        reference = api.upload_document(file, content_type="application/pdf", expires_at=NOON, store_id="s")
        content = api.download_document(reference)

    assert isinstance(reference, DocumentReference)
    assert content == b"%PDF"
    body = server.requests[0].body
    assert b'name="file"; filename="invoice.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n\x00\r\n' in body
    assert b'{"fileName":"invoice.pdf","contentType":"application/pdf","expiresAt":"2026-12-24T12:00:00+00:00"}' in body
    assert reference.model_dump()["camunda.document.type"] == "camunda"


def test_the_xml_of_definitions_is_text() -> None:
    with AnsweringServer() as server, configured(server.base_url):
        for kind in ("process", "decision"):
            path = f"/v2/{kind}-definitions/{KEY}/xml"
            server.post(path, method="GET", body="<definitions/>", content_type="text/xml")

        assert api.get_process_definition_xml(KEY) == api.get_decision_definition_xml(KEY) == "<definitions/>"
