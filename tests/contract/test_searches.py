"""Searches and gets of the gateway: held to the schemas of each dialect, and to what happened in the engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Clock, Engine, Gateway
from tests.contract.described_answers import PACKAGES, ask, search, wrong
from tests.parts import rest

MODELS = Path(__file__).parent.parent / "models"
#: What a search finds, by its path.
SEARCHES = {
    "user-tasks": "UserTaskResult", "incidents": "IncidentResult", "process-instances": "ProcessInstanceResult",
    "element-instances": "ElementInstanceResult", "jobs": "JobSearchResult", "variables": "VariableSearchResult",
    "process-definitions": "ProcessDefinitionResult", "decision-definitions": "DecisionDefinitionResult",
}  # fmt: skip


@pytest.fixture(scope="module", params=PACKAGES)
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over an engine in which some of everything happened."""
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)))
    for name in ("job_retries.bpmn", "user_task_native.bpmn", "user_task_forms.bpmn", "user_task_form.form",
                 "totals.dmn", "call_activity.bpmn"):  # fmt: skip
        engine.deploy(MODELS / name)
    for number in range(5):
        engine.create_instance("job_retries", {"number": number, "boss": "ann"}, tags=["odd"] if number % 2 else [])
    for job in engine.activate("job_retries.work", max_jobs=2):
        engine.fail(job.key, retries=0, message="no paper")
    for job in engine.activate("job_retries.work", max_jobs=2):
        engine.complete(job.key, {"done": True})
    engine.create_instance("user_task_native", {"boss": "ann"})
    engine.create_instance("user_task_native", {"boss": "bob"})
    engine.advance(timedelta(hours=1))
    engine.complete_user_task(engine.user_tasks()[0].key)
    with Gateway(engine, dialect=request.param) as running:
        yield running
    assert running.errors == []


@pytest.mark.parametrize("path", SEARCHES)
def test_what_a_search_finds_is_as_described(gateway: Gateway, path: str) -> None:
    dialect, schema = gateway.dialect.name, SEARCHES[path]

    answer = ask(gateway, "POST", f"/v2/{path}/search", {})

    assert answer["items"]
    assert wrong(dialect, "SearchQueryPageResponse", answer["page"]) == []
    assert [found for item in answer["items"] for found in wrong(dialect, schema, item)] == []


@pytest.mark.parametrize("path", set(SEARCHES) - {"jobs"})
def test_what_was_found_can_be_got_by_its_key(gateway: Gateway, path: str) -> None:
    key = {"user-tasks": "userTaskKey", "process-definitions": "processDefinitionKey"}.get(path)
    key = key or "".join(part.capitalize() if i else part for i, part in enumerate(path[:-1].split("-"))) + "Key"
    (item, *_) = search(gateway, path)

    answer = ask(gateway, "GET", f"/v2/{path}/{item[key]}")

    schema = SEARCHES[path].replace("VariableSearchResult", "VariableResult")
    assert wrong(gateway.dialect.name, schema, answer) == []
    assert answer[key] == item[key]


def test_pages_follow_each_other_by_their_cursors(gateway: Gateway) -> None:
    everything = search(gateway, "element-instances")
    found: list[Any] = []
    page: dict[str, Any] = {"limit": 3}
    while True:
        answer = ask(gateway, "POST", "/v2/element-instances/search", {"page": page})
        if not answer["items"]:
            break
        found += answer["items"]
        page = {"limit": 3, "after": answer["page"]["endCursor"]}

    assert found == everything
    assert answer["page"]["totalItems"] == len(everything)


def test_a_page_before_a_cursor_is_the_one_that_ends_there(gateway: Gateway) -> None:
    first, second = (
        ask(gateway, "POST", "/v2/jobs/search", {"page": page}) for page in ({"limit": 2}, {"limit": 2, "from": 2})
    )

    before = {"limit": 2, "before": second["page"]["startCursor"]}

    assert ask(gateway, "POST", "/v2/jobs/search", {"page": before})["items"] == first["items"]


@pytest.mark.parametrize(
    ("path", "wanted", "count"),
    [
        ("user-tasks", {"state": "CREATED"}, 1),
        ("user-tasks", {"state": {"$in": ["CREATED", "COMPLETED"]}, "assignee": "ann"}, 1),
        ("user-tasks", {"completionDate": {"$exists": False}}, 1),
        ("user-tasks", {"completionDate": {"$gte": "2030-01-01T02:00:00+01:00"}}, 1),
        ("user-tasks", {"processInstanceVariables": [{"name": "boss", "value": '"bob"'}]}, 1),
        ("process-instances", {"state": "COMPLETED"}, 3),
        ("process-instances", {"hasIncident": True}, 2),
        ("process-instances", {"processDefinitionId": {"$like": "user_*"}}, 2),
        ("process-instances", {"variables": [{"name": "number", "value": "3"}]}, 1),
        ("incidents", {"errorType": "JOB_NO_RETRIES", "state": "ACTIVE"}, 2),
        ("jobs", {"state": "COMPLETED"}, 2),
        ("jobs", {"retries": {"$lt": 1}}, 2),
        ("variables", {"name": "number", "value": "3"}, 1),
        ("variables", {"name": {"$neq": "number"}, "value": "true"}, 2),
    ],
)
def test_filters_narrow_what_is_found(gateway: Gateway, path: str, wanted: dict[str, Any], count: int) -> None:
    assert len(search(gateway, path, filter=wanted)) == count


def test_an_order_is_kept(gateway: Gateway) -> None:
    ordered = search(gateway, "variables", filter={"name": "number"}, sort=[{"field": "value", "order": "DESC"}])

    assert [item["value"] for item in ordered] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"filter": {"unheardOf": 1}}, "Request property [filter.unheardOf] cannot be parsed"),
        ({"page": {"limit": "5"}}, "Request property [page.limit] cannot be parsed"),
        ({"filters": {}}, "Request property [filters] cannot be parsed"),
        ({"filter": {"state": {"$is": 1}}}, "the embedded engine has no operator '$is'"),
        ({"sort": [{"field": "colour"}]}, "the embedded engine has no order by 'colour' ASC here"),
    ],
)
def test_what_a_search_can_t_do_is_refused(gateway: Gateway, query: dict[str, Any], detail: str) -> None:
    status, problem = rest.call(gateway.base_url, "POST", "/v2/user-tasks/search", query)

    assert (status, problem["detail"]) == (400, detail)


def test_an_incident_that_was_found_can_be_resolved() -> None:
    engine = Engine()
    engine.deploy(MODELS / "job_retries.bpmn")
    engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work")
    engine.fail(job.key, retries=0)
    engine.update_job(job.key, retries=1)
    with Gateway(engine, dialect="8.9") as gateway:
        (incident,) = search(gateway, "incidents", filter={"state": "ACTIVE"})
        status, _ = rest.call(gateway.base_url, "POST", f"/v2/incidents/{incident['incidentKey']}/resolution", {})

        assert status == 204
        assert search(gateway, "incidents")[0]["state"] == "RESOLVED"


def test_statistics_count_an_instance_s_elements(gateway: Gateway) -> None:
    (instance, _) = search(gateway, "process-instances", filter={"hasIncident": True})
    path = f"/v2/process-instances/{instance['processInstanceKey']}/statistics/element-instances"

    found = {item["elementId"]: item for item in ask(gateway, "GET", path)["items"]}

    assert wrong(gateway.dialect.name, "ProcessElementStatisticsResult", found["start"]) == []
    assert sum(item["incidents"] for item in found.values()) == 1
    assert found["start"]["completed"] == 1


def test_searches_may_be_behind_on_purpose() -> None:
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)))
    engine.deploy(MODELS / "job_retries.bpmn")
    with Gateway(engine, dialect="8.9", eventually_consistent=500) as gateway:
        key = engine.create_instance("job_retries").process_instance_key

        early = rest.call(gateway.base_url, "GET", f"/v2/process-instances/{key}")
        engine.advance(timedelta(milliseconds=500))
        late = rest.call(gateway.base_url, "GET", f"/v2/process-instances/{key}")

    assert (early[0], late[0]) == (404, 200)
    assert early[1]["detail"] == f"Process instance with key '{key}' not found"


def test_what_the_engine_lacks_is_named(gateway: Gateway) -> None:
    status, problem = rest.call(gateway.base_url, "POST", "/v2/groups/search", {})

    assert (status, problem["title"]) == (404, "NOT_FOUND")
    assert problem["detail"] == "the embedded engine has no POST /v2/groups/search"


@pytest.mark.parametrize("dialect", ["8.6.0", "8.6", "8.7"])
def test_older_dialects_have_no_searches(dialect: str) -> None:
    with Gateway(dialect=dialect) as gateway:
        status, answer = rest.call(gateway.base_url, "POST", "/v2/variables/search", {})

    assert (status, answer["error"]) == (404, "Not Found")
