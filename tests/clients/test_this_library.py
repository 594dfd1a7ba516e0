"""This library as the other clients: 200 jobs and a tour; what it sends and what it is answered is described."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import (
    BroadcastSignalRequest,
    CorrelateMessageRequest,
    CreateProcessInstanceRequest,
    EvaluateDecisionRequest,
    MappingInstructions,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    PublishMessageRequest,
    RuntimeInstruction,
    TerminateInstructions,
    UserTaskChanges,
)
from camunda_client.error import CamundaBusinessException
from tests.clients.described import PACKAGE, violations
from tests.clients.exceptions import EXCHANGES
from tests.clients.test_clients import JOBS, excused
from tests.parts.camunda import EngineProcess
from tests.parts.configured import configured
from tests.parts.recording import RecordingProxy
from tests.parts.work import working

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
END = datetime(2040, 1, 1, tzinfo=timezone.utc)


def start(process_id: str, **variables: Any) -> str:
    asked = CreateProcessInstanceRequest(processDefinitionId=process_id, variables=variables)
    return api.create_process_instance(asked).process_instance_key


def jobs() -> str:
    """Report a job in every way; return the instance that has an incident now."""
    start("pay")
    (job,) = api.activate_jobs("charge", max_jobs_to_activate=1).jobs
    api.update_job(job, retries=5, timeout=90_000)
    api.fail_job(job, retries=2, error_message="again")
    (job,) = api.activate_jobs("charge", max_jobs_to_activate=1).jobs
    api.throw_error_for_job(job, CamundaBusinessException("DECLINED", "no money", {"why": "poor"}))
    broken = start("pay")
    (job,) = api.activate_jobs("charge", max_jobs_to_activate=1).jobs
    api.fail_job(job, retries=0, error_message="broken")
    incident = next(api.search_incidents(process_instance_key=broken, state="ACTIVE"))
    assert next(api.search_process_instance_incidents(broken)) == incident
    api.get_incident(incident.incident_key)
    (found,) = api.search_jobs(process_instance_key=broken, state="FAILED")
    api.update_job(found.job_key, retries=1)
    api.resolve_incident(incident.incident_key)
    return broken


def instances(definition: str) -> None:
    start("message", order="a")
    api.publish_message(PublishMessageRequest(name="paid", correlationKey="a", timeToLive=1000, variables={"b": 1}))
    start("message", order="b")
    api.correlate_message(CorrelateMessageRequest(name="paid", correlationKey="b"))
    start("signal")
    api.broadcast_signal(BroadcastSignalRequest(signalName="go", variables={"b": 1}))
    ended = CreateProcessInstanceRequest(
        processDefinitionId="signal", tags=["tour"], runtimeInstructions=[RuntimeInstruction(afterElementId="s_start")]
    )
    key = api.create_process_instance(ended).process_instance_key
    assert api.get_process_instance(key).state == "TERMINATED"
    waiting = start("message", order="c")
    api.set_variables(waiting, {"note": "x"}, local=True)
    assert {found.name for found in api.search_variables(process_instance_key=waiting)} == {"order", "note"}
    (catch,) = api.search_element_instances(process_instance_key=waiting, element_id="m_catch")
    api.get_element_instance(catch.element_instance_key)
    api.modify_process_instance(
        waiting,
        ModifyProcessInstanceRequest(
            activateInstructions=[{"elementId": "m_catch"}],
            terminateInstructions=[TerminateInstructions(elementInstanceKey=catch.element_instance_key)],
        ),
    )
    api.migrate_process_instance(
        waiting,
        MigrateProcessInstanceRequest(
            targetProcessDefinitionKey=definition,
            mappingInstructions=[MappingInstructions(sourceElementId="m_catch", targetElementId="m_catch")],
        ),
    )
    assert api.get_process_instance_statistics(waiting)
    assert [one.process_instance_key for one in api.get_process_instance_call_hierarchy(waiting)] == [waiting]
    assert api.get_process_instance_sequence_flows(waiting)
    (subscription,) = api.search_message_subscriptions(
        process_instance_key=waiting, message_subscription_state="CREATED"
    )
    assert subscription.correlation_key == "c"
    assert {found.correlation_key for found in api.search_correlated_message_subscriptions()} == {"a", "b"}
    assert api.get_process_definition_statistics(definition, state="ACTIVE")
    api.cancel_process_instance(waiting)
    assert next(api.search_process_instances(process_definition_id="message", sort="-start_date", page_size=1))


def user_tasks() -> None:
    instance = start("approve", amount=5)
    (task,) = api.search_user_tasks(process_instance_key=instance)
    api.get_user_task(task.user_task_key)
    api.assign_user_task(task.user_task_key, "ann", action="claim")
    api.unassign_user_task(task.user_task_key)
    api.update_user_task(task.user_task_key, UserTaskChanges(priority=80, candidateUsers=["bob"]))
    assert [found.name for found in api.search_user_task_variables(task.user_task_key)] == ["amount"]
    api.complete_user_task(task.user_task_key, {"approved": True})


def agent() -> None:
    api.deploy_resources(HERE / "listeners.bpmn")
    instance = start("agent")
    (tools,) = api.search_element_instances(process_instance_key=instance, element_id="tools")
    api.activate_ad_hoc_activities(tools.element_instance_key, {"search": {"query": "z"}})
    (job,) = api.activate_jobs("search", max_jobs_to_activate=1).jobs
    assert job.variables["query"] == "z"
    api.cancel_process_instance(instance)


def the_rest(definition: str) -> None:
    api.evaluate_decision(EvaluateDecisionRequest(decisionDefinitionId="dish", variables={"season": "Winter"}))
    found = next(api.search_decision_instances(decision_definition_id="dish", state="EVALUATED"))
    assert api.get_decision_instance(found.decision_evaluation_instance_key).matched_rules
    requirements = next(api.search_decision_requirements())
    assert api.get_decision_requirements(requirements.decision_requirements_key) == requirements
    assert "dish" in api.get_decision_requirements_xml(requirements.decision_requirements_key)
    assert list(api.search_batch_operations()) == list(api.search_batch_operation_items()) == []
    (decision,) = api.search_decision_definitions(decision_definition_id="dish")
    api.get_decision_definition_xml(decision.decision_definition_key)
    assert next(api.search_process_definitions(process_definition_id="message"))
    api.get_process_definition(definition)
    assert "m_catch" in api.get_process_definition_xml(definition)
    document = api.upload_document(b"hello", file_name="hello.txt", content_type="text/plain")
    assert api.download_document(document) == b"hello"
    api.delete_document(document)
    api.get_license()
    api.get_me()
    api.pin_clock(datetime(2030, 1, 2, tzinfo=timezone.utc))
    api.reset_clock()


def since_8_9(definition: str, broken: str) -> None:
    start("message", order="d")
    counted = {one.process_definition_id: one for one in api.get_process_instance_counts()}
    assert counted["message"].active_instances_without_incident_count
    assert [one.process_definition_key for one in api.get_process_version_counts("message")] == [definition]
    assert next(api.get_message_subscription_statistics(process_definition_key=definition)).active_subscriptions
    (job,) = api.activate_jobs("charge", max_jobs_to_activate=1).jobs
    api.fail_job(job, retries=0, error_message="broken once more")
    (error,) = api.get_incident_statistics_by_error()
    assert (error.error_message, job.process_instance_key) == ("broken once more", broken)
    (where,) = api.get_incident_statistics_by_definition(error.error_hash_code or 0)
    assert where.active_instances_with_error_count == 1
    (incident,) = api.search_element_instance_incidents(broken, state="ACTIVE")
    assert incident.error_message == "broken once more"
    task = next(api.search_user_tasks(process_instance_key=start("approve", amount=5)))
    assert [one.name for one in api.search_user_task_effective_variables(task.user_task_key)] == ["amount"]
    api.cancel_process_instance(task.process_instance_key)
    assert api.evaluate_conditionals({"a": 1}).process_instances == []
    slices = api.get_job_time_series(datetime.now(timezone.utc) - timedelta(hours=1), END, "work")
    assert sum((one.completed or {})["count"] for one in slices) == JOBS
    begin, end = datetime(2020, 1, 1, tzinfo=timezone.utc), END
    assert api.get_job_statistics(begin, end).completed["count"] >= JOBS
    assert {one.job_type for one in api.get_job_statistics_by_type(begin, end, job_type=["work", "charge"])} == {
        "work", "charge",
    }  # fmt: skip
    assert next(api.get_job_statistics_by_worker(begin, end, "work")).completed["count"] == JOBS
    assert {one.error_code for one in api.get_job_statistics_by_error(begin, end, "charge")} == {"", "DECLINED"}
    api.create_cluster_variable("rate", {"eur": 1})
    assert api.update_cluster_variable("rate", {"eur": 2}).value == '{"eur":2}'
    assert [one.name for one in api.search_cluster_variables(name="rate")] == ["rate"]
    assert api.get_cluster_variable("rate").scope == "GLOBAL"
    api.delete_cluster_variable("rate")


@pytest.mark.parametrize("dialect", PACKAGE)
def test_it_works_all_jobs_and_every_exchange_is_described(dialect: str) -> None:
    with EngineProcess(dialect=dialect) as engine, RecordingProxy(engine.base_url) as proxy:
        with configured(proxy.base_url):
            api.get_cluster_topology()
            deployed = api.deploy_resources(HERE / "tour.bpmn", HERE / "tour.dmn")
            for number in range(JOBS):
                start("work", number=number)
        with working(proxy.base_url, {"work": lambda job: {"twice": job.variables["number"] * 2}}):
            engine.wait_for_jobs(JOBS, "COMPLETED", job_type="work", timeout_s=60)
        with configured(proxy.base_url):
            found = [entry.process_definition for entry in deployed.deployments if entry.process_definition]
            keys = {one.process_definition_id: one.process_definition_key for one in found}
            broken = jobs()
            instances(keys["message"])
            user_tasks()
            agent()
            the_rest(keys["message"])
            if dialect != "8.8":
                since_8_9(keys["message"], broken)
            api.delete_resource(keys["approve"])

    found = Counter(what for exchange in proxy.exchanges for what in violations(dialect, exchange))
    wrong, _ = excused(found, EXCHANGES, "orchestration-cluster-api", dialect)
    assert {what: found[what] for what in wrong} == {}
