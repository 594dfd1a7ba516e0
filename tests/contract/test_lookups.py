"""What is asked of single instances, definitions, messages, decisions and jobs: as described, and as it happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from camunda_client.embedded import Clock, Engine, Gateway
from tests.contract.described_answers import PACKAGES, ask, search, wrong
from tests.parts import rest

MODELS = Path(__file__).parent.parent / "models"
PERIOD = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}


@pytest.fixture(scope="module", params=PACKAGES)
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over an engine with calls, messages, decisions and jobs that failed."""
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)))
    for name in ("call_activity.bpmn", "message_catch.bpmn", "message_boundary_many.bpmn", "message_start_key.bpmn",
                 "rule_task_decision.bpmn", "dish_of_season.dmn", "totals.dmn", "job_retries.bpmn"):  # fmt: skip
        engine.deploy(MODELS / name)
    for _ in range(2):
        engine.create_instance("call_activity", {"kind": "process", "order": 5})
    (job,) = engine.activate("called_process.inside", max_jobs=1, worker="ann")
    engine.fail(job.key, retries=0, message="no paper")
    for order in ("a", "b"):
        engine.create_instance("message_catch", {"order": order})
    engine.publish("message_catch_paid", "a", {"amount": 5})
    engine.create_instance("message_boundary_many", {"order": "p"})
    for _ in range(2):
        engine.publish("message_boundary_many_ping", "p", {"n": 1})
    engine.publish("message_start_key_go", "key", {})
    engine.create_instance("rule_task_decision", {"season": "Winter", "guests": 6})
    total = engine.decision(decision_id="total_sum")
    assert total is not None
    engine.evaluate_decision(total, {"wanted": True, "a": "x", "b": 2})
    for number in range(3):
        engine.create_instance("job_retries", {"number": number})
    for job in engine.activate("job_retries.work", max_jobs=2, worker="bob"):
        engine.complete(job.key, {})
    engine.advance(timedelta(hours=1))
    with Gateway(engine, dialect=request.param) as running:
        yield running
    assert running.errors == []


def instances(gateway: Gateway, process_id: str) -> list[str]:
    found = search(gateway, "process-instances", filter={"processDefinitionId": process_id})
    return [item["processInstanceKey"] for item in found]


# -- instances ------------------------------------------------------------------------------------------------------
def test_the_incidents_of_an_instance_are_its_own_and_those_of_what_it_called(gateway: Gateway) -> None:
    (failed,) = search(gateway, "incidents")
    callers = instances(gateway, "call_activity")
    asked = {key: search(gateway, f"process-instances/{key}/incidents") for key in callers}

    (caller,) = [key for key, found in asked.items() if found]

    assert asked[caller] == [failed]
    assert wrong(gateway.dialect.name, "IncidentResult", failed) == []
    assert search(gateway, f"process-instances/{caller}/incidents", filter={"processInstanceKey": caller}) == []
    assert search(gateway, f"process-instances/{failed['processInstanceKey']}/incidents") == [failed]


def test_the_call_hierarchy_leads_from_the_first_caller_to_the_instance(gateway: Gateway) -> None:
    called = search(gateway, "process-instances", filter={"processDefinitionId": "called_process"})[0]

    found = ask(gateway, "GET", f"/v2/process-instances/{called['processInstanceKey']}/call-hierarchy")

    assert [one["processInstanceKey"] for one in found] == [
        called["parentProcessInstanceKey"], called["processInstanceKey"],
    ]  # fmt: skip
    assert [one["processDefinitionName"] for one in found] == ["call_activity", "called_process"]
    assert [
        fault for one in found for fault in wrong(gateway.dialect.name, "ProcessInstanceCallHierarchyEntry", one)
    ] == []


def test_sequence_flows_are_those_that_were_taken(gateway: Gateway) -> None:
    (done,) = [key for key in instances(gateway, "message_catch")
               if search(gateway, "jobs", filter={"processInstanceKey": key})]  # fmt: skip

    items = ask(gateway, "GET", f"/v2/process-instances/{done}/sequence-flows")["items"]

    assert [item["elementId"] for item in items] == ["message_catch_f1", "message_catch_f2"]
    assert [item["sequenceFlowId"] for item in items] == [f"{done}_{item['elementId']}" for item in items]
    assert wrong(gateway.dialect.name, "ProcessInstanceSequenceFlowResult", items[0]) == []


def test_the_statistics_of_a_definition_are_those_of_its_instances(gateway: Gateway) -> None:
    (definition,) = search(gateway, "process-definitions", filter={"processDefinitionId": "job_retries"})
    path = f"/v2/process-definitions/{definition['processDefinitionKey']}/statistics/element-instances"

    items = {item["elementId"]: item for item in ask(gateway, "POST", path, {})["items"]}
    running = ask(gateway, "POST", path, {"filter": {"state": "ACTIVE"}})["items"]

    assert (items["start"]["completed"], items["work"]["completed"], items["work"]["active"]) == (3, 2, 1)
    assert {item["elementId"]: item["completed"] for item in running} == {"start": 1, "work": 0}
    assert wrong(gateway.dialect.name, "ProcessElementStatisticsResult", items["work"]) == []
    status, problem = rest.call(gateway.base_url, "POST", path, {"filter": {"elementId": "work"}})
    assert (status, problem["detail"]) == (400, "the embedded engine has no filter by 'elementId' here")


@pytest.mark.parametrize("what", ["incidents/search", "call-hierarchy", "statistics/element-instances"])
def test_an_instance_that_is_not_there_is_not_found(gateway: Gateway, what: str) -> None:
    method = "POST" if what.endswith("search") else "GET"
    status, problem = rest.call(
        gateway.base_url, method, f"/v2/process-instances/2251799813699999/{what}", {} if method == "POST" else None
    )

    assert (status, problem["detail"]) == (404, "Process instance with key '2251799813699999' not found")


# -- messages -------------------------------------------------------------------------------------------------------
def test_message_subscriptions_say_what_became_of_them(gateway: Gateway) -> None:
    found = search(gateway, "message-subscriptions")

    states = {(item["elementId"], item.get("correlationKey")): item["messageSubscriptionState"] for item in found}
    assert states == {("paid", "a"): "CORRELATED", ("paid", "b"): "CREATED", ("pinged", "p"): "CORRELATED"}
    assert [fault for item in found for fault in wrong(gateway.dialect.name, "MessageSubscriptionResult", item)] == []
    waiting = {"messageSubscriptionState": "CREATED", "messageName": {"$like": "*_paid"}}
    assert [item["correlationKey"] for item in search(gateway, "message-subscriptions", filter=waiting)] == ["b"]


def test_correlated_messages_are_found_one_by_one(gateway: Gateway) -> None:
    found = search(gateway, "correlated-message-subscriptions")

    assert [item["elementId"] for item in found] == ["paid", "pinged", "pinged", "start"]
    assert len({item["messageKey"] for item in found}) == 4
    assert found[1]["subscriptionKey"] == found[2]["subscriptionKey"]
    schema = "CorrelatedMessageSubscriptionResult"
    assert [fault for item in found for fault in wrong(gateway.dialect.name, schema, item)] == []


def test_a_subscription_that_nothing_came_for_is_deleted_with_its_instance() -> None:
    engine = Engine()
    engine.deploy(MODELS / "message_catch.bpmn")
    engine.cancel(engine.create_instance("message_catch", {"order": "a"}).process_instance_key)
    with Gateway(engine, dialect="8.9") as gateway:
        (found,) = search(gateway, "message-subscriptions")

    assert found["messageSubscriptionState"] == "DELETED"


# -- decisions ------------------------------------------------------------------------------------------------------
def test_decision_instances_are_found_and_got_with_inputs_and_rules(gateway: Gateway) -> None:
    good, bad = search(gateway, "decision-instances")

    assert (good["state"], good["decisionDefinitionId"], bad["state"]) == ("EVALUATED", "dish_of_season", "FAILED")
    assert good["processInstanceKey"] == instances(gateway, "rule_task_decision")[0]
    assert bad["evaluationFailure"]
    whole = ask(gateway, "GET", f"/v2/decision-instances/{good['decisionEvaluationInstanceKey']}")
    assert {name: whole[name] for name in good} == good
    assert [one["inputValue"] for one in whole["evaluatedInputs"]] == ['"Winter"', "6"]
    assert [rule["ruleId"] for rule in whole["matchedRules"]] == ["r1"]
    dialect = gateway.dialect.name
    assert wrong(dialect, "DecisionInstanceResult", good) + wrong(dialect, "DecisionInstanceResult", bad) == []
    assert wrong(dialect, "DecisionInstanceGetQueryResult", whole) == []
    key = good["decisionEvaluationKey"]
    assert search(gateway, "decision-instances", filter={"decisionEvaluationKey": key}) == [good]
    status, problem = rest.call(gateway.base_url, "GET", f"/v2/decision-instances/{key}-9")
    assert (status, problem["detail"]) == (404, f"Decision instance with key '{key}-9' not found")


def test_files_of_decisions_are_found_with_their_xml(gateway: Gateway) -> None:
    found = {item["decisionRequirementsId"]: item for item in search(gateway, "decision-requirements")}

    item = found["dish_graph"]
    path = f"/v2/decision-requirements/{item['decisionRequirementsKey']}"
    assert wrong(gateway.dialect.name, "DecisionRequirementsResult", item) == []
    assert ask(gateway, "GET", path) == item
    with urlopen(f"{gateway.base_url}{path}/xml", timeout=30) as answer:
        assert answer.read() == (MODELS / "dish_of_season.dmn").read_bytes()


# -- batch operations -----------------------------------------------------------------------------------------------
def test_there_are_no_batch_operations(gateway: Gateway) -> None:
    assert search(gateway, "batch-operations") == search(gateway, "batch-operation-items") == []
    status, problem = rest.call(gateway.base_url, "GET", "/v2/batch-operations/2251799813699999")
    assert (status, problem["detail"]) == (404, "Batch operation with key '2251799813699999' not found")
    status, problem = rest.call(gateway.base_url, "POST", "/v2/process-instances/cancellation", {"filter": {}})
    assert (status, problem["detail"]) == (404, "the embedded engine has no POST /v2/process-instances/cancellation")


def test_a_deletion_of_history_is_refused(gateway: Gateway) -> None:
    if gateway.dialect.name == "8.8":
        pytest.skip("8.8 does not describe it")
    path = "/v2/resources/2251799813685250/deletion"
    status, problem = rest.call(gateway.base_url, "POST", path, {"deleteHistory": True})

    assert (status, problem["detail"]) == (400, "the embedded engine deletes no history: leave out deleteHistory")


# -- what came with 8.9 ---------------------------------------------------------------------------------------------
def test_jobs_are_counted(gateway: Gateway) -> None:
    path = "/v2/jobs/statistics"
    if gateway.dialect.name == "8.8":
        status, problem = rest.call(gateway.base_url, "POST", f"{path}/by-types", {})
        assert (status, problem["detail"]) == (404, f"Camunda 8.8 has no POST {path}/by-types: it came with 8.9")
        return
    every = ask(gateway, "GET", f"{path}/global?{urlencode(PERIOD)}")
    of_type = ask(gateway, "GET", f"{path}/global?{urlencode({**PERIOD, 'jobType': 'job_retries.work'})}")
    types = ask(gateway, "POST", f"{path}/by-types", {"filter": PERIOD})["items"]
    workers = ask(gateway, "POST", f"{path}/by-workers", {"filter": {**PERIOD, "jobType": "job_retries.work"}})["items"]
    errors = ask(gateway, "POST", f"{path}/errors", {"filter": {**PERIOD, "jobType": "called_process.inside"}})["items"]

    counted: dict[str, Any] = {item["jobType"]: item for item in types}
    assert {name: every[name]["count"] for name in ("created", "completed", "failed")} == {
        "created": sum(item["created"]["count"] for item in types), "completed": 2, "failed": 1,
    }  # fmt: skip
    assert of_type["created"]["count"] == counted["job_retries.work"]["created"]["count"] == 3
    assert [(item["worker"], item["completed"]["count"]) for item in workers] == [("bob", 2)]
    assert errors == [{"errorCode": "", "errorMessage": "no paper", "workers": 1}]
    dialect = gateway.dialect.name
    assert (
        wrong(dialect, "GlobalJobStatisticsQueryResult", every) + wrong(dialect, "JobTypeStatisticsItem", types[0])
        == []
    )
    assert (
        wrong(dialect, "JobWorkerStatisticsItem", workers[0]) + wrong(dialect, "JobErrorStatisticsItem", errors[0])
        == []
    )
    later = {"from": "2030-01-01T00:30:00Z", "to": "2030-01-02T00:00:00Z"}
    assert ask(gateway, "POST", f"{path}/by-types", {"filter": later})["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "No from provided. No to provided. No jobType provided."),
        ({"filter": {**PERIOD, "jobType": "x", "from": "today"}}, 400, "Failed to convert 'from' with value: 'today'"),
    ],
)
def test_statistics_need_a_period(body: dict[str, Any], status: int, detail: str) -> None:
    with Gateway(dialect="8.9") as gateway:
        answer = rest.call(gateway.base_url, "POST", "/v2/jobs/statistics/by-workers", body)

    assert (answer[0], answer[1]["detail"]) == (status, detail)


@pytest.mark.parametrize("dialect", ["8.9", "8.10"])
@pytest.mark.parametrize("where", ["global", "tenants/blue"])
def test_a_cluster_variable_is_made_changed_read_and_deleted(dialect: str, where: str) -> None:
    with Gateway(Engine(tenants=["blue"]), dialect=dialect) as gateway:
        path = f"/v2/cluster-variables/{where}"
        made = ask(gateway, "POST", path, {"name": "rate", "value": {"eur": "ü"}})
        twice, problem = rest.call(gateway.base_url, "POST", path, {"name": "rate", "value": 1})
        found = search(gateway, "cluster-variables", filter={"name": {"$like": "ra*"}})
        changed = ask(gateway, "PUT", f"{path}/rate", {"value": "text"})
        got = ask(gateway, "GET", f"{path}/rate")
        deleted, _ = rest.call(gateway.base_url, "DELETE", f"{path}/rate")
        gone = rest.call(gateway.base_url, "GET", f"{path}/rate")

    assert wrong(dialect, "ClusterVariableResult", made) + wrong(dialect, "ClusterVariableSearchResult", found[0]) == []
    tenant = "blue" if "blue" in where else None
    assert (made["value"], made["scope"], made["tenantId"]) == ('{"eur":"ü"}', "TENANT" if tenant else "GLOBAL", tenant)
    assert (twice, problem["title"]) == (409, "ALREADY_EXISTS")
    assert found[0]["value"] == made["value"]
    assert changed["value"] == got["value"] == '"text"'
    assert (deleted, gone[0], gone[1]["detail"]) == (204, 404, "Cluster variable with name 'rate' not found")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("POST", "global", {"value": 1}, 400, "No name provided."),
        ("POST", "global", {"name": "a"}, 400, "No value provided."),
        ("POST", "global", {"name": "a", "value": 1, "kind": "SECRET_REFERENCE"}, 400,
         "the embedded engine has no cluster variables of kind 'SECRET_REFERENCE'"),
        ("PUT", "global/a", {"value": 1}, 404,
         "Command 'UPDATE' rejected with code 'NOT_FOUND': Expected to update cluster variable 'a', but there is none"),
        ("DELETE", "global/a", None, 404,
         "Command 'DELETE' rejected with code 'NOT_FOUND': Expected to delete cluster variable 'a', but there is none"),
    ],
)  # fmt: skip
def test_a_wrong_request_about_a_cluster_variable_is_refused(
    method: str, path: str, body: Any, status: int, detail: str
) -> None:
    with Gateway(dialect="8.10") as gateway:
        answer = rest.call(gateway.base_url, method, f"/v2/cluster-variables/{path}", body)

    assert (answer[0], answer[1]["detail"]) == (status, detail)
