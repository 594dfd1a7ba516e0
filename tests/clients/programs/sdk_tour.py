"""A tour of camunda-orchestration-sdk, and 200 jobs by its worker, half of them in threads: ``sdk_tour.py FOLDER``.

FOLDER has tour.bpmn and tour.dmn. Prints a line of JSON for each step.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from camunda_orchestration_sdk import CamundaAsyncClient, CamundaClient, NullLogger, WorkerConfig, models
from camunda_orchestration_sdk.types import File

FOLDER = Path(sys.argv[1])
KEPT = {}


@contextmanager
def step(name):
    """Say how a step ended, and go on."""
    try:
        yield
    except Exception as error:
        print(json.dumps({"step": name, "error": f"{type(error).__name__}: {error}"[:600]}), flush=True)
    else:
        print(json.dumps({"step": name}), flush=True)


def of(model, **members):
    """Return a request of the SDK from what goes over the wire."""
    return getattr(models, model).from_dict(members)


def find(search, model, deadline_s=5.0, **wanted):
    """Return what a search finds first, as soon as it finds it."""
    end_s = time.monotonic() + deadline_s
    while True:
        items = search(data=of(model, filter=wanted)).items
        if items:
            return items[0]
        if time.monotonic() > end_s:
            raise TimeoutError(f"nothing found for {wanted}")
        time.sleep(0.05)


def start(client, process, **variables):
    return client.create_process_instance(
        data=of("ProcessCreationById", processDefinitionId=process, variables=variables)
    ).process_instance_key


def job(client, kind="charge"):
    return activated(client, kind).job_key


def activated(client, kind):
    asked = {"type": kind, "timeout": 60_000, "maxJobsToActivate": 1, "worker": "tour", "requestTimeout": 5000}
    return client.activate_jobs(data=of("JobActivationRequest", **asked)).jobs[0]


async def work(client):
    """Have all jobs worked by two workers."""
    for number in range(200):
        start(client, "work", number=number)
    done = []
    async with CamundaAsyncClient(logger=NullLogger()) as workers:

        async def handler(job):
            done.append(job.job_key)
            return {"twice": 2}

        def blocking_handler(job):
            done.append(job.job_key)
            return {"twice": 2}

        for callback in (handler, blocking_handler):
            config = WorkerConfig(job_type="work", job_timeout_milliseconds=60_000, max_concurrent_jobs=20)
            workers.create_job_worker(config=config, callback=callback)
        running = asyncio.create_task(workers.run_workers())
        end_s = time.monotonic() + 30
        while len(done) < 200 and time.monotonic() < end_s:
            await asyncio.sleep(0.02)
        # The last completions are on their way.
        while instances(client, "work", "ACTIVE") and time.monotonic() < end_s:
            await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    if len(done) != 200:
        raise AssertionError(f"{len(done)} of 200 jobs")


def instances(client, process, state):
    data = of("ProcessInstanceSearchQuery", filter={"processDefinitionId": process, "state": state})
    return client.search_process_instances(data=data).items


def tour(client):
    with step("getTopology"):
        client.get_topology()
    with step("getStatus"):
        client.get_status()
    with step("getLicense"):
        client.get_license()
    with step("getAuthentication"):
        client.get_authentication()
    with step("createDeployment"):
        deployed = client.deploy_resources_from_files([str(FOLDER / name) for name in ("tour.bpmn", "tour.dmn")])
        keys = {one.process_definition_id: one.process_definition_key for one in deployed.processes}
        KEPT["definition"], KEPT["approve"] = keys["message"], keys["approve"]
    with step("worker"):
        asyncio.run(work(client))
    definition = KEPT.get("definition")
    with step("createProcessInstance"):
        asked = {"processDefinitionKey": definition, "variables": {"order": "by key"}, "tags": ["tour"]}
        client.create_process_instance(data=of("ProcessCreationByKey", businessId="order-1", **asked))
    with step("awaitCompletion"):
        asked = {"awaitCompletion": True, "requestTimeout": 5000, "variables": {"a": 1}, "fetchVariables": ["a"]}
        client.create_process_instance(data=of("ProcessCreationById", processDefinitionId="instant", **asked))
    with step("runtimeInstructions"):
        ends = {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "s_start"}
        asked = {"processDefinitionId": "signal", "runtimeInstructions": [ends]}
        key = client.create_process_instance(data=of("ProcessCreationById", **asked)).process_instance_key
        wanted = {"processInstanceKey": key, "state": "TERMINATED"}
        find(client.search_process_instances, "ProcessInstanceSearchQuery", **wanted)
    with step("updateJob"):
        start(client, "pay")
        key = job(client)
        client.update_job(key, data=of("JobUpdateRequest", changeset={"retries": 5, "timeout": 90_000}))
        client.fail_job(key, data=of("JobFailRequest", retries=2, errorMessage="again", retryBackOff=0))
    with step("throwJobError"):
        told = {"errorCode": "DECLINED", "errorMessage": "no money", "variables": {"why": "poor"}}
        client.throw_job_error(job(client), data=of("JobErrorRequest", **told))
    with step("failJob"):
        KEPT["paying"] = start(client, "pay")
        client.fail_job(job(client), data=of("JobFailRequest", retries=0, errorMessage="broken"))
    incidents_and_jobs(client)
    messages(client)
    user_tasks(client)
    task_listeners(client)
    ad_hoc(client)
    definitions(client)
    the_rest(client)


def incidents_and_jobs(client):
    paying = KEPT.get("paying")
    with step("searchIncidents"):
        found = find(client.search_incidents, "IncidentSearchQuery", processInstanceKey=paying, state="ACTIVE")
        KEPT["incident"] = found.incident_key
    with step("getIncident"):
        client.get_incident(KEPT["incident"])
    with step("searchProcessInstanceIncidents"):
        client.search_process_instance_incidents(paying)
    with step("searchJobs"):
        found = find(client.search_jobs, "JobSearchQuery", processInstanceKey=paying, state="FAILED")
        client.update_job(found.job_key, data=of("JobUpdateRequest", changeset={"retries": 1}))
    with step("resolveIncident"):
        client.resolve_incident(KEPT["incident"])


def messages(client):
    with step("publishMessage"):
        start(client, "message", order="a")
        told = {"correlationKey": "a", "timeToLive": 10_000, "variables": {"amount": 5}, "messageId": "one"}
        client.publish_message(data=of("MessagePublicationRequest", name="paid", **told))
    with step("correlateMessage"):
        start(client, "message", order="b")
        told = {"correlationKey": "b", "variables": {"amount": 5}}
        client.correlate_message(data=of("MessageCorrelationRequest", name="paid", **told))
    with step("searchMessageSubscriptions"):
        waiting = KEPT["waiting"] = start(client, "message", order="c")
        find(client.search_message_subscriptions, "MessageSubscriptionSearchQuery", processInstanceKey=waiting)
    waiting = KEPT.get("waiting")
    with step("searchCorrelatedMessageSubscriptions"):
        client.search_correlated_message_subscriptions()
    with step("searchElementInstances"):
        found = find(client.search_element_instances, "ElementInstanceSearchQuery", processInstanceKey=waiting)
        client.get_element_instance(found.element_instance_key)
    with step("createElementInstanceVariables"):
        told = of("SetVariableRequest", variables={"note": "x"}, local=True)
        client.create_element_instance_variables(waiting, data=told)
    with step("searchVariables"):
        found = find(client.search_variables, "VariableSearchQuery", processInstanceKey=waiting, name="order")
        client.get_variable(found.variable_key)
    with step("modifyProcessInstance"):
        at = {"processInstanceKey": waiting, "elementId": "m_catch"}
        found = find(client.search_element_instances, "ElementInstanceSearchQuery", **at)
        activated = {"elementId": "m_catch", "variableInstructions": [{"variables": {"order": "d"}}]}
        terminated = {"elementInstanceKey": found.element_instance_key}
        instruction = {"activateInstructions": [activated], "terminateInstructions": [terminated]}
        client.modify_process_instance(waiting, data=of("ProcessInstanceModificationInstruction", **instruction))
    with step("moveElements"):
        moved = {
            "sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "m_catch"},
            "targetElementId": "m_catch",
        }
        instruction = of("ProcessInstanceModificationInstruction", moveInstructions=[moved])
        client.modify_process_instance(waiting, data=instruction)
    with step("migrateProcessInstance"):
        mapped = {"sourceElementId": "m_catch", "targetElementId": "m_catch"}
        plan = {"targetProcessDefinitionKey": KEPT["definition"], "mappingInstructions": [mapped]}
        client.migrate_process_instance(waiting, data=of("ProcessInstanceMigrationInstruction", **plan))
    with step("cancelProcessInstance"):
        client.cancel_process_instance(waiting, data=None)
    with step("searchProcessInstances"):
        find(client.search_process_instances, "ProcessInstanceSearchQuery", state="TERMINATED")
    with step("getProcessInstance"):
        client.get_process_instance(waiting)
    with step("getProcessInstanceStatistics"):
        client.get_process_instance_statistics(waiting)
    with step("getProcessInstanceSequenceFlows"):
        client.get_process_instance_sequence_flows(waiting)
    with step("getProcessInstanceCallHierarchy"):
        client.get_process_instance_call_hierarchy(waiting)
    with step("broadcastSignal"):
        start(client, "signal")
        client.broadcast_signal(data=of("SignalBroadcastRequest", signalName="go", variables={"at": "once"}))


def user_tasks(client):
    with step("searchUserTasks"):
        instance = start(client, "approve", amount=5)
        found = find(client.search_user_tasks, "UserTaskSearchQuery", processInstanceKey=instance)
        KEPT["task"] = found.user_task_key
    key = KEPT.get("task")
    with step("getUserTask"):
        client.get_user_task(key)
    with step("assignUserTask"):
        client.assign_user_task(key, data=of("UserTaskAssignmentRequest", assignee="ann", action="claim"))
    with step("unassignUserTask"):
        client.unassign_user_task(key)
    with step("updateUserTask"):
        changes = {"priority": 80, "candidateUsers": ["bob"], "dueDate": "2030-01-02T03:04:05+00:00"}
        client.update_user_task(key, data=of("UserTaskUpdateRequest", changeset=changes))
    with step("searchUserTaskVariables"):
        client.search_user_task_variables(key)
    with step("completeUserTask"):
        client.complete_user_task(key, data=of("UserTaskCompletionRequest", variables={"approved": True}))


def settle(client, kind, result=None, **variables):
    """Complete a job of a listener or an agent."""
    told = {"variables": variables} if variables else {}
    told |= {"result": result} if result else {}
    client.complete_job(job(client, kind), data=of("JobCompletionRequest", **told))


def task_listeners(client):
    with step("taskListeners"), ThreadPoolExecutor() as others:
        client.deploy_resources_from_files([str(FOLDER / "listeners.bpmn")])
        instance = start(client, "review")
        changes = {"assignee": "ann", "priority": 80, "candidateUsers": ["bob"]}
        settle(client, "review-begins", {"type": "userTask", "corrections": changes})
        found = find(client.search_user_tasks, "UserTaskSearchQuery", processInstanceKey=instance)
        assert (found.assignee, found.priority) == ("ann", 80), found
        agree = of("UserTaskCompletionRequest")
        refused = others.submit(client.complete_user_task, found.user_task_key, data=agree)
        why = "only the boss may"
        settle(client, "review-ends", {"type": "userTask", "denied": True, "deniedReason": why})
        error = refused.exception(10)
        assert why in f"{error} {vars(error)} {getattr(error, 'content', b'')}", repr(error)
        agreed = others.submit(client.complete_user_task, found.user_task_key, data=agree)
        settle(client, "review-ends")
        agreed.result(10)
        find(
            client.search_process_instances,
            "ProcessInstanceSearchQuery",
            processInstanceKey=instance,
            state="COMPLETED",
        )


def ad_hoc(client):
    with step("adHocSubProcess"):
        instance = start(client, "agent")
        called = [{"elementId": "search", "variables": {"query": "x"}}]
        settle(client, "agent", {"type": "adHocSubProcess", "activateElements": called})
        search = activated(client, "search")
        assert search.variables["query"] == "x", search.variables
        client.complete_job(search.job_key, data=of("JobCompletionRequest", variables={"found": "y"}))
        settle(client, "agent", {"type": "adHocSubProcess", "isCompletionConditionFulfilled": True}, answer="z")
        find(
            client.search_process_instances,
            "ProcessInstanceSearchQuery",
            processInstanceKey=instance,
            state="COMPLETED",
        )
    with step("activateAdHocSubProcessActivities"):
        instance = start(client, "agent")
        at = {"processInstanceKey": instance, "elementId": "tools"}
        found = find(client.search_element_instances, "ElementInstanceSearchQuery", **at)
        asked = {"elements": [{"elementId": "search", "variables": {"query": "z"}}], "cancelRemainingInstances": False}
        instruction = of("AdHocSubProcessActivateActivitiesInstruction", **asked)
        client.activate_ad_hoc_sub_process_activities(found.element_instance_key, data=instruction)
        assert activated(client, "search").variables["query"] == "z"
        client.cancel_process_instance(instance, data=None)


def definitions(client):
    definition = KEPT.get("definition")
    with step("searchProcessDefinitions"):
        find(client.search_process_definitions, "ProcessDefinitionSearchQuery", processDefinitionId="pay")
    with step("getProcessDefinition"):
        client.get_process_definition(definition)
    with step("getProcessDefinitionXml"):
        client.get_process_definition_xml(definition)
    with step("getProcessDefinitionStatistics"):
        client.get_process_definition_statistics(definition)
    with step("evaluateDecision"):
        asked = {"decisionDefinitionId": "dish", "variables": {"season": "Winter"}}
        client.evaluate_decision(data=of("DecisionEvaluationByID", **asked))
    with step("searchDecisionDefinitions"):
        asked = {"decisionDefinitionId": "dish"}
        found = find(client.search_decision_definitions, "DecisionDefinitionSearchQuery", **asked)
        client.get_decision_definition(found.decision_definition_key)
        client.get_decision_definition_xml(found.decision_definition_key)
    with step("searchDecisionInstances"):
        asked = {"decisionDefinitionId": "dish"}
        found = find(client.search_decision_instances, "DecisionInstanceSearchQuery", **asked)
        client.get_decision_instance(found.decision_evaluation_instance_key)


def the_rest(client):
    with step("createDocument"):
        file = File(payload=io.BytesIO(b"hello"), file_name="hello.txt", mime_type="text/plain")
        reference = client.create_document(data=models.CreateDocumentData(file=file))
        client.get_document(reference.document_id, content_hash=reference.content_hash)
        client.delete_document(reference.document_id)
    with step("searchBatchOperations"):
        client.search_batch_operations()
    with step("getGlobalJobStatistics"):
        years = [datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2020, 2040)]
        client.get_global_job_statistics(from_=years[0], to=years[1])
    with step("clusterVariable"):
        told = of("CreateClusterVariableRequest", name="rate", value={"eur": 1})
        client.create_global_cluster_variable(data=told)
        client.get_global_cluster_variable("rate")
        client.search_cluster_variables()
        client.delete_global_cluster_variable("rate")
    with step("pinClock"):
        client.pin_clock(data=of("ClockPinRequest", timestamp=int(time.time() * 1000) + 60_000))
    with step("resetClock"):
        client.reset_clock()
    with step("deleteResource"):
        client.delete_resource(KEPT["approve"], data=None)


with CamundaClient(logger=NullLogger()) as client:
    tour(client)
