"""The public API as users write it; mypy reads this file, nothing runs it.

``reveal`` is a function and not a comment, so that a type that becomes ``Any`` is an error as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from typing_extensions import assert_type

from camunda_client import config
from camunda_client.c8 import api, auth, models
from camunda_client.c8.models import (
    ActivatedJob,
    ActivatedJobResponse,
    ActivateInstructions,
    ActivateJobRequest,
    BroadcastSignalRequest,
    BroadcastSignalResponse,
    ClusterTopology,
    CorrelateMessageRequest,
    CorrelateMessageResponse,
    CreateProcessInstanceRequest,
    CreateProcessInstanceResponse,
    DeleteResourceResponse,
    DeployResourcesResponse,
    JobKind,
    ListenerEventType,
    ModifyProcessInstanceRequest,
    PublishMessageRequest,
    PublishMessageResponse,
    UserTaskChanges,
    UserTaskProperties,
)
from camunda_client.c8.models import generated as found
from camunda_client.error import CamundaBusinessException, ConnectionFailed, ErrorCode, ServiceException
from camunda_client.testing.embedded_camunda import EmbeddedCamunda
from camunda_client.testing.plugin import activated_job
from camunda_client.testing.worker_session import WorkedJob, WorkerSession


def configure(client_id: str, secret: str) -> None:
    """As the README has it: camelCase keywords."""
    config.initialize_config(
        config=config.C8Config(
            auth=config.AuthConfig(
                selfManaged=config.SelfManagedAuthConfig(
                    clientId=client_id, clientSecret=secret, oidcTokenUrl="https://login.example/token"
                )
            ),
            api=config.ApiConfig(
                baseUrl="http://localhost:8080", job=config.JobConfig(worker="c8-example-worker", timeout=5000)
            ),
        )
    )
    config.initialize_config({"api": {"baseUrl": "http://localhost:8080"}})
    config.initialize_config()
    assert_type(config.get_config(), config.C8Config)
    assert_type(config.get_config().job_for("pay"), config.JobConfig)
    assert_type(config.get_config().api.job.timeout, int)


def work(job: ActivatedJob) -> dict[str, Any]:
    """What a handler reads of its job, and how it fails."""
    assert_type(job.job_key, str)
    assert_type(job.variables, dict[str, Any])
    assert_type(job.retries, int)
    assert_type(job.kind, JobKind | None)
    assert_type(job.listener_event_type, ListenerEventType | None)
    assert_type(job.user_task, UserTaskProperties | None)
    if job.retries == 1:
        raise CamundaBusinessException("NO_FUNDS", "the account is empty", {"left": 0})
    if job.retries == 2:
        raise ServiceException("later", retries=5, retry_back_off=9000)
    return {"done": True}


def call(job: ActivatedJob) -> None:
    """Every function and what it returns."""
    assert_type(api.activate_jobs("pay", timeout=5000), ActivatedJobResponse)
    request = ActivateJobRequest(type="pay", maxJobsToActivate=1, timeout=1)
    assert_type(api.activate_jobs("pay", request=request).jobs[0], ActivatedJob)
    api.complete_job(job, {"a": 1})
    api.complete_job(job.job_key)
    api.mark_job_as_failed(job, "no luck")
    api.fail_job(5, retries=2, retry_back_off=100)
    api.throw_error_for_job(job, CamundaBusinessException("C", "m"))
    api.update_job(job, retries=2)
    assert_type(
        api.create_process_instance(CreateProcessInstanceRequest(processDefinitionId="order", tenantId=None)),
        CreateProcessInstanceResponse,
    )
    api.cancel_process_instance("5", operation_reference=1)
    api.resolve_incident("5")
    mapping = models.MappingInstructions(sourceElementId="a", targetElementId="b")
    api.migrate_process_instance(
        5, models.MigrateProcessInstanceRequest(targetProcessDefinitionKey="5", mappingInstructions=[mapping])
    )
    api.modify_process_instance(
        "5", ModifyProcessInstanceRequest(activateInstructions=[ActivateInstructions(elementId="b")])
    )
    assert_type(api.publish_message(PublishMessageRequest(name="m", correlationKey="c")), PublishMessageResponse)
    assert_type(api.correlate_message(CorrelateMessageRequest(name="m")), CorrelateMessageResponse)
    assert_type(api.broadcast_signal(BroadcastSignalRequest(signalName="s")), BroadcastSignalResponse)
    assert_type(api.get_cluster_topology(), ClusterTopology)
    decided = api.evaluate_decision(models.EvaluateDecisionRequest(decisionDefinitionId="d"))
    assert_type(decided, models.EvaluateDecisionResponse)
    assert_type(api.deploy_resources("a.bpmn", ("b.bpmn", b"")), DeployResourcesResponse)
    api.set_variables(job.element_instance_key, {"a": 1}, local=True)
    assert_type(auth.get_token(), tuple[str, int])
    assert_type(auth.get_c8_api_headers(), dict[str, str])


def find(job: ActivatedJob) -> None:
    """Searches, gets, and what else there is an endpoint for."""
    noon = datetime(2026, 12, 24, 12, tzinfo=timezone.utc)
    tasks = api.search_user_tasks(state="CREATED", assignee=["ann", "bob"], priority={"$gte": 50}, sort="-due_date")
    assert_type(tasks, Iterator[found.UserTask])
    assert_type(next(tasks).assignee, str | None)
    assert_type(next(tasks).candidate_groups, list[str])
    assert_type(api.get_user_task("5"), found.UserTask)
    assert_type(api.get_user_task_form(5), found.Form | None)
    assert_type(api.search_user_task_variables("5", name="a"), Iterator[found.FoundVariable])
    api.complete_user_task("5", {"approved": True}, action="approve")
    api.assign_user_task("5", "ann", allow_override=False)
    api.unassign_user_task("5")
    api.update_user_task("5", UserTaskChanges(dueDate="", candidateUsers=["ann"], priority=80))
    assert_type(api.search_incidents(state="ACTIVE"), Iterator[found.Incident])
    assert_type(api.get_incident("5"), found.Incident)
    assert_type(api.search_process_instances(start_date={"$gte": noon}, tags=["a"]), Iterator[found.ProcessInstance])
    assert_type(api.get_process_instance(5).state, str)
    assert_type(api.get_process_instance_statistics("5"), list[found.ElementStatistics])
    assert_type(api.search_process_instance_incidents("5", state="ACTIVE"), Iterator[found.Incident])
    assert_type(api.get_process_instance_sequence_flows(5), list[found.SequenceFlow])
    assert_type(api.get_process_instance_call_hierarchy(5), list[found.CallHierarchyEntry])
    assert_type(api.get_process_definition_statistics("5", has_incident=True), list[found.ElementStatistics])
    assert_type(api.search_process_definitions(is_latest_version=True), Iterator[found.ProcessDefinition])
    assert_type(api.get_process_definition("5").version, int)
    assert_type(api.get_process_definition_xml("5"), str)
    assert_type(api.get_start_form("5"), found.Form | None)
    assert_type(api.search_variables(name="a"), Iterator[found.FoundVariable])
    assert_type(api.get_variable("5").value, str)
    assert_type(api.search_element_instances(type="SERVICE_TASK"), Iterator[found.ElementInstance])
    assert_type(api.get_element_instance("5"), found.ElementInstance)
    assert_type(api.search_jobs(has_failed_with_retries_left=True), Iterator[found.FoundJob])
    assert_type(api.get_job_statistics(noon, noon, job_type="pay"), found.JobStatistics)
    assert_type(api.get_job_statistics_by_type(noon, noon, job_type={"$like": "p*"}), Iterator[found.JobTypeStatistics])
    assert_type(api.get_job_statistics_by_worker(noon, noon, "pay"), Iterator[found.JobWorkerStatistics])
    assert_type(api.get_job_statistics_by_error(noon, noon, "pay"), Iterator[found.JobErrorStatistics])
    assert_type(api.search_decision_requirements(version=2), Iterator[found.DecisionRequirements])
    assert_type(api.get_decision_requirements("5"), found.DecisionRequirements)
    assert_type(api.get_decision_requirements_xml("5"), str)
    assert_type(api.search_decision_definitions(version=2), Iterator[found.DecisionDefinition])
    assert_type(api.get_decision_definition("5"), found.DecisionDefinition)
    assert_type(api.get_decision_definition_xml("5"), str)
    assert_type(api.search_decision_instances(), Iterator[found.FoundDecisionInstance])
    assert_type(api.get_decision_instance("5-1"), found.DecisionInstance)
    assert_type(api.search_message_subscriptions(), Iterator[found.MessageSubscription])
    assert_type(api.search_correlated_message_subscriptions(), Iterator[found.CorrelatedMessageSubscription])
    document = api.upload_document(b"content", file_name="a.txt", expires_at=noon)
    assert_type(document, found.DocumentReference)
    assert_type(api.download_document(job.variables["contract"]), bytes)
    assert_type(api.create_document_link(document), found.DocumentLink)
    api.delete_document(document)
    assert_type(api.search_batch_operations(), Iterator[found.BatchOperation])
    assert_type(api.search_batch_operation_items(state=["FAILED"]), Iterator[found.BatchOperationItem])
    assert_type(api.get_batch_operation("5"), found.BatchOperation)
    api.cancel_batch_operation("5")
    api.suspend_batch_operation("5")
    api.resume_batch_operation("5")
    assert_type(api.cancel_process_instances(tags=["a"], start_date={"$lt": noon}), found.CreatedBatchOperation)
    assert_type(api.is_ready(), bool)
    assert_type(api.get_license().valid_license, bool)
    assert_type(api.get_me(), found.Me)
    api.pin_clock(noon)
    api.reset_clock()
    assert_type(api.search_cluster_variables(name="a"), Iterator[found.FoundClusterVariable])
    assert_type(api.create_cluster_variable("a", {"b": 1}), found.ClusterVariable)
    assert_type(api.update_cluster_variable("a", 2, tenant_id="t"), found.ClusterVariable)
    assert_type(api.get_cluster_variable("a").scope, str | None)
    api.delete_cluster_variable("a")
    assert_type(api.wait_until(lambda: api.get_process_instance("5")), found.ProcessInstance)
    assert_type(api.request("GET", "/v2/groups/a", query={"limit": 5}), Any)
    assert_type(api.delete_resource("5", delete_history=True), DeleteResourceResponse)
    assert_type(api.activate_jobs("pay", tenants="assigned"), ActivatedJobResponse)


def several() -> None:
    """A client of each cluster: its methods are typed as the functions are."""
    with api.CamundaClient({"api": {"baseUrl": "http://localhost:8080"}}) as client:
        assert_type(client.config, config.C8Config)
        assert_type(client.get_incident("5"), found.Incident)
        assert_type(client.search_user_tasks(assignee=["ann", "bob"], sort="-due_date"), Iterator[found.UserTask])
        assert_type(client.activate_jobs("pay", tenants="assigned"), ActivatedJobResponse)
        assert_type(client.deploy_resources("a.bpmn", ("b.bpmn", b"")), DeployResourcesResponse)
        assert_type(client.wait_until(lambda: client.get_user_task(5)), found.UserTask)
        client.search_user_tasks(asignee="ann")  # type: ignore[call-arg]
        client.get_incident()  # type: ignore[call-arg]
        client.resolve_incident("5", operation_reference="x")  # type: ignore[arg-type]


def requests(job: ActivatedJob) -> None:
    """Requests take the names of the wire, as the README has them, and those of Python."""
    start = models.ProcessInstanceStartInstructions(element_id="a")
    end = models.RuntimeInstruction(after_element_id="b")
    request = CreateProcessInstanceRequest(
        process_definition_id="order", variables={"a": 1}, start_instructions=[start], runtime_instructions=[end]
    )
    assert_type(request.process_definition_id, str | None)
    CreateProcessInstanceRequest(processDefinitionKey="5", businessId="B", fetchVariables=["a"])
    scope = models.AncestorScope(ancestor_scope_type="direct", ancestor_element_instance_key="5")
    source = models.SourceElement(source_type="byId", source_element_id="a")
    values = models.VariableInstruction(scope_id="a", variables={"b": 1})
    move = models.MoveInstructions(
        source_element_instruction=source, target_element_id="b", ancestor_scope_instruction=scope
    )
    activate = ActivateInstructions(
        element_id="a", variable_instructions=[values], ancestor_element_instance_key=job.element_instance_key
    )
    ModifyProcessInstanceRequest(
        activate_instructions=[activate],
        terminate_instructions=[models.TerminateInstructions(element_id="c")],
        move_instructions=[move],
    )
    mapping = models.MappingInstructions(source_element_id="a", target_element_id="b")
    models.MigrateProcessInstanceRequest(target_process_definition_key="5", mapping_instructions=[mapping])
    PublishMessageRequest(name="m", correlation_key="c", time_to_live=1000, message_id="i")
    CorrelateMessageRequest(name="m", correlation_key="c", tenant_id="t")
    BroadcastSignalRequest(signal_name="s", variables={"a": 1})
    models.EvaluateDecisionRequest(decision_definition_id="d", variables={"a": 1})
    ActivateJobRequest(job_type="pay", max_jobs_to_activate=1, timeout=1, tenant_filter="ASSIGNED")
    UserTaskChanges(due_date="", candidate_users=["ann"])


def misuse_of_requests() -> None:
    """What type checkers refuse: unknown names, both kinds at once, other types, and what is missing."""
    CreateProcessInstanceRequest(process_definition_id="order", variabels={})  # type: ignore[call-overload]
    CreateProcessInstanceRequest(process_definition_id="order", tenantId="t")  # type: ignore[call-overload]
    PublishMessageRequest(name="m", time_to_live="1s")  # type: ignore[call-overload]
    ActivateInstructions()  # type: ignore[call-overload]


def misuse() -> None:
    """What type checkers refuse."""
    api.search_user_tasks(asignee="ann")  # type: ignore[call-arg]
    api.search_user_tasks(priority="high")  # type: ignore[arg-type]
    api.search_jobs(has_failed_with_retries_left="no")  # type: ignore[arg-type]
    api.request("get", "/v2/topology")  # type: ignore[arg-type]
    api.activate_jobs("pay", tenants="all")  # type: ignore[arg-type]


def explain(error: ServiceException) -> str:
    """What an error tells."""
    assert_type(error.error_code, ErrorCode)
    assert_type(error.status, int | None)
    if isinstance(error, ConnectionFailed):
        assert_type(error.maybe_applied, bool)
    return error.get_log_formatted_message()


def test_of_a_process(camunda: EmbeddedCamunda, camunda_worker_session: WorkerSession) -> None:
    """Fixtures of the pytest plugin, as a test that is type-checked names them."""
    camunda.deploy("order.bpmn", ("other.bpmn", "<definitions/>"))
    order = camunda.start("order", {"amount": 5})
    assert_type(camunda_worker_session.run_until_idle(skip_back_off=True), list[WorkedJob])
    camunda.advance(days=1)
    order.assert_completed().assert_variables(amount=5).assert_visited("charge")
    assert_type(order.path, list[str])
    assert_type(order.variables, dict[str, Any])
    camunda.job("charge").complete({"charged": True})
    assert_type(activated_job({"amount": 5}, retries=1), ActivatedJob)
