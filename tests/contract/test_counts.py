"""Counts of instances, incidents and subscriptions, incidents of an element, and what a user task sees, from 8.9 on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Clock, Engine, Gateway
from tests.contract.described_answers import ask, search, wrong
from tests.parts import rest

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tests/models"
PERIOD = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}
#: A key of nothing.
MISSING = "2251799813999999"
#: A user task in a sub-process with a variable of its own, and a job beside it.
NESTED = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<bpmn:process id="nested" name="Nested" isExecutable="true"><bpmn:startEvent id="s"/>
<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="sub"/>
<bpmn:subProcess id="sub"><bpmn:extensionElements><zeebe:ioMapping><zeebe:input source="=1" target="near"/>
<zeebe:input source="=&quot;inner&quot;" target="both"/></zeebe:ioMapping></bpmn:extensionElements>
<bpmn:startEvent id="s2"/><bpmn:sequenceFlow id="f2" sourceRef="s2" targetRef="ask"/>
<bpmn:sequenceFlow id="f3" sourceRef="s2" targetRef="work"/>
<bpmn:userTask id="ask"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
<bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="nested.work"/></bpmn:extensionElements>
</bpmn:serviceTask></bpmn:subProcess></bpmn:process></bpmn:definitions>"""


@pytest.fixture(scope="module", params=["8.9", "8.10"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over an engine with two versions of a process, incidents, subscriptions and a nested task."""
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)))
    plain = (MODELS / "job_retries.bpmn").read_bytes()
    for name in ("message_catch.bpmn", "call_activity.bpmn"):
        engine.deploy(MODELS / name)
    engine.deploy(("job_retries.bpmn", plain))
    for number in range(2):
        engine.create_instance("job_retries", {"number": number})
    engine.deploy(("job_retries.bpmn", plain + b"<!-- changed -->"))
    engine.create_instance("job_retries", {"number": 2})
    for job in engine.activate("job_retries.work", max_jobs=2, worker="ann"):
        engine.fail(job.key, retries=0, message="no paper")
    engine.advance(timedelta(minutes=10))
    for job in engine.activate("job_retries.work", max_jobs=1, worker="ann"):
        engine.complete(job.key, {})
    for order in ("a", "b"):
        engine.create_instance("message_catch", {"order": order})
    engine.deploy(("nested.bpmn", NESTED.encode()))
    engine.create_instance("nested", {"far": 2, "both": "outer"})
    (job,) = engine.activate("nested.work", max_jobs=1)
    engine.fail(job.key, retries=0, message="no ink")
    engine.create_instance("call_activity", {"kind": "process", "order": 5})
    (job,) = engine.activate("called_process.inside", max_jobs=1)
    engine.fail(job.key, retries=0, message="called in vain")
    with Gateway(engine, dialect=request.param) as running:
        yield running
    assert running.errors == []


def found(gateway: Gateway, path: str, schema: str, **query: Any) -> list[dict[str, Any]]:
    answer = ask(gateway, "POST", f"/v2/{path}", query)
    assert [what for item in answer["items"] for what in wrong(gateway.dialect.name, schema, item)] == []
    assert wrong(gateway.dialect.name, "SearchQueryPageResponse", answer["page"]) == []
    items: list[dict[str, Any]] = answer["items"]
    return items


def test_active_instances_are_counted_by_process(gateway: Gateway) -> None:
    path, schema = "process-definitions/statistics/process-instances", "ProcessDefinitionInstanceStatisticsResult"

    rows = found(gateway, path, schema)

    counted = {
        row["processDefinitionId"]: (
            row["activeInstancesWithIncidentCount"], row["activeInstancesWithoutIncidentCount"],
            row["hasMultipleVersions"],
        )
        for row in rows
    }  # fmt: skip
    assert counted["message_catch"] == (0, 2, False)
    assert counted["nested"] == (1, 0, False)
    assert counted["job_retries"][0] == 2
    page = {"limit": 1, "from": len(rows) - 1}
    assert found(gateway, path, schema, page=page) == rows[-1:]


def test_active_instances_are_counted_by_version(gateway: Gateway) -> None:
    rows = found(
        gateway, "process-definitions/statistics/process-instances-by-version",
        "ProcessDefinitionInstanceVersionStatisticsResult", filter={"processDefinitionId": "job_retries"},
        sort=[{"field": "processDefinitionVersion", "order": "DESC"}],
    )  # fmt: skip

    assert sum(row["activeInstancesWithIncidentCount"] for row in rows) == 2
    assert [row["processDefinitionVersion"] for row in rows] == sorted(
        (row["processDefinitionVersion"] for row in rows), reverse=True
    )


def test_open_subscriptions_are_counted_by_definition(gateway: Gateway) -> None:
    path, schema = "process-definitions/statistics/message-subscriptions", (
        "ProcessDefinitionMessageSubscriptionStatisticsResult"
    )  # fmt: skip

    (row,) = found(gateway, path, schema)

    assert (row["processInstancesWithActiveSubscriptions"], row["activeSubscriptions"]) == (2, 2)
    assert found(gateway, path, schema, filter={"messageName": "other"}) == []


def test_active_instances_are_counted_by_error_and_then_by_definition(gateway: Gateway) -> None:
    path, schema = "incidents/statistics/process-instances-by-", "IncidentProcessInstanceStatisticsBy"

    errors = {row["errorMessage"]: row for row in found(gateway, f"{path}error", f"{schema}ErrorResult")}
    (row, *_) = found(
        gateway, f"{path}definition", f"{schema}DefinitionResult",
        filter={"errorHashCode": errors["no ink"]["errorHashCode"]},
    )  # fmt: skip

    assert {message: one["activeInstancesWithErrorCount"] for message, one in errors.items()} == {
        "no paper": 2, "no ink": 1, "called in vain": 1,
    }  # fmt: skip
    # Java: "no ink".hashCode(); Camunda's hash codes are those.
    assert errors["no ink"]["errorHashCode"] == -1042192121
    assert (row["processDefinitionId"], row["processDefinitionName"]) == ("nested", "Nested")


def test_jobs_are_counted_over_time(gateway: Gateway) -> None:
    path, schema = "jobs/statistics/time-series", "JobTimeSeriesStatisticsItem"
    wanted = {**PERIOD, "jobType": "job_retries.work"}

    slices = found(gateway, path, schema, filter={**wanted, "resolution": "PT10M"})

    assert [(one["time"][:16], one["failed"]["count"], one["completed"]["count"]) for one in slices] == [
        ("2030-01-01T00:00", 2, 0), ("2030-01-01T00:10", 0, 1),
    ]  # fmt: skip
    assert len(found(gateway, path, schema, filter={**wanted, "resolution": "P1D"})) == 1
    assert len(found(gateway, path, schema, filter=wanted)) == 2


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("jobs/statistics/time-series", {"filter": {**PERIOD, "jobType": "a", "resolution": "soon"}}, "resolution"),
        ("jobs/statistics/time-series", {"filter": PERIOD}, "jobType"),
        ("process-definitions/statistics/process-instances", {"filter": {}}, "filter"),
        ("process-definitions/statistics/process-instances-by-version", {}, "processDefinitionId"),
        ("incidents/statistics/process-instances-by-error", {"filter": {}}, "filter"),
        ("incidents/statistics/process-instances-by-definition", {"filter": {}}, "errorHashCode"),
        ("incidents/statistics/process-instances-by-error", {"sort": [{"field": "x"}]}, "order by 'x'"),
        ("process-definitions/statistics/message-subscriptions", {"filter": {"x": 1}}, "x"),
    ],
)
def test_a_count_that_can_t_be_is_refused(gateway: Gateway, path: str, body: dict[str, Any], detail: str) -> None:
    status, answer = rest.call(gateway.base_url, "POST", f"/v2/{path}", body)

    assert (status, detail in answer["detail"]) == (400, True), answer


def test_the_incidents_of_an_element_are_those_in_it_and_those_of_what_it_called(gateway: Gateway) -> None:
    def of(element_id: str, process_id: str) -> list[str]:
        wanted = {"elementId": element_id, "processDefinitionId": process_id}
        (element,) = search(gateway, "element-instances", filter=wanted)
        rows = found(gateway, f"element-instances/{element['elementInstanceKey']}/incidents/search", "IncidentResult")
        return [row["errorMessage"] for row in rows]

    assert of("work", "nested") == of("sub", "nested") == of("nested", "nested") == ["no ink"]
    assert of("ask", "nested") == []
    assert of("call_activity", "call_activity") == ["called in vain"]
    assert of("called_process", "called_process") == ["called in vain"]
    status, answer = rest.call(gateway.base_url, "POST", f"/v2/element-instances/{MISSING}/incidents/search", {})
    assert (status, answer["title"]) == (404, "NOT_FOUND")


def test_a_user_task_sees_the_variables_of_all_around_it(gateway: Gateway) -> None:
    (task,) = search(gateway, "user-tasks", filter={"processDefinitionId": "nested"})
    at = f"user-tasks/{task['userTaskKey']}"

    everything = found(gateway, f"{at}/variables/search", "VariableSearchResult")
    effective = found(gateway, f"{at}/effective-variables/search", "VariableSearchResult")

    assert sorted(row["name"] for row in everything) == ["both", "both", "far", "near"]
    assert {row["name"]: row["value"] for row in effective} == {"near": "1", "far": "2", "both": '"inner"'}
    (named,) = found(gateway, f"{at}/effective-variables/search", "VariableSearchResult", filter={"name": "both"})
    assert named["value"] == '"inner"'


def endpoints() -> list[tuple[str, str]]:
    """Return the endpoints of all functions, and some that there are no functions for."""
    rows = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/v2/\S+)`", (ROOT / "docs/api.md").read_text())
    others = ("/v2/backups/runtime", "/v2/exporting", "/v2/forms/{key}", "/v2/restore", "/v2/agent-instances/{key}",
              "/v2/audit-logs/{key}", "/v2/system/configuration", "/cluster/v2/status")  # fmt: skip
    return [(method, re.sub(r"{\w+}", MISSING, path)) for method, path in [*rows, *(("GET", one) for one in others)]]


@pytest.mark.parametrize(("method", "path"), endpoints())
def test_an_endpoint_that_is_not_there_is_named(gateway: Gateway, method: str, path: str) -> None:
    status, answer = rest.call(gateway.base_url, method, path, None if method == "GET" else {})

    assert status != 405
    if status == 404:
        assert re.search(f"not found|Expected|(^the embedded engine has no {method} {path}$)", answer["detail"]), answer
