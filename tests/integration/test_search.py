"""Searches are iterators over pages, their filters are checked at once, and what lags behind can be waited for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.error import InvalidRequestError, ServiceException
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured

KEY = "2251799813685260"
INSTANCE = f"/v2/process-instances/{KEY}"
SEARCH = "/v2/user-tasks/search"
MISSING = {"status": 404, "json": {"title": "NOT_FOUND"}, "content_type": "application/problem+json"}


@pytest.fixture
def engine() -> Iterator[AnsweringServer]:
    """An engine that gives the answers prepared, in their order."""
    with AnsweringServer() as server, configured(server.base_url):
        yield server


def page(*keys: int, cursor: str | None) -> dict[str, Any]:
    return {"items": [{"userTaskKey": str(key)} for key in keys], "page": {"totalItems": 3, "endCursor": cursor}}


def sent(engine: AnsweringServer) -> list[Any]:
    return [json.loads(request.body) for request in engine.requests]


def test_pages_follow_the_cursor_until_there_are_no_more(engine: AnsweringServer) -> None:
    for one in (page(1, 2, cursor="c1"), page(3, cursor="c2"), page(cursor=None)):
        engine.post(SEARCH, json=one)

    found = [task.user_task_key for task in api.search_user_tasks(state="CREATED", page_size=2)]

    assert found == ["1", "2", "3"]
    filtered = {"state": "CREATED"}
    assert sent(engine) == [
        {"page": {"limit": 2}, "filter": filtered},
        {"page": {"limit": 2, "after": "c1"}, "filter": filtered},
        {"page": {"limit": 2, "after": "c2"}, "filter": filtered},
    ]


def test_a_page_is_only_asked_for_when_it_is_needed(engine: AnsweringServer) -> None:
    engine.post(SEARCH, json=page(1, 2, cursor="c1"))

    found = api.search_user_tasks()

    assert engine.requests == []
    assert next(found).user_task_key == "1"
    assert len(engine.requests) == 1


def test_a_cursor_that_comes_again_does_not_go_round_for_ever(engine: AnsweringServer) -> None:
    engine.post(SEARCH, json=page(1, cursor="c1"))

    assert len(list(api.search_user_tasks())) == 2
    assert len(engine.requests) == 2


@pytest.mark.slow
def test_a_page_is_asked_for_again_where_the_answer_was_lost(engine: AnsweringServer) -> None:
    engine.cut(SEARCH)
    engine.post(SEARCH, json=page(1, cursor=None))

    assert len(list(api.search_user_tasks())) == 1


def test_several_values_are_a_choice_and_what_is_none_is_not_sent(engine: AnsweringServer) -> None:
    engine.post("/v2/jobs/search", json={"items": []})

    assert list(api.search_jobs(state=["FAILED", "TIMED_OUT"], type=None, sort=["-deadline", "job_key"])) == []  # type: ignore[arg-type]

    assert sent(engine)[0] == {
        "page": {"limit": 100},
        "filter": {"state": {"$in": ["FAILED", "TIMED_OUT"]}},
        "sort": [{"field": "deadline", "order": "DESC"}, {"field": "jobKey", "order": "ASC"}],
    }


def test_an_unknown_keyword_is_refused_at_once_with_the_nearest(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="can't be narrowed by 'asignee'; did you mean 'assignee'"):
        api.search_user_tasks(asignee="ann")  # type: ignore[call-arg]

    assert engine.requests == []


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "9"])
def test_a_page_holds_at_least_one(engine: AnsweringServer, size: Any) -> None:
    with pytest.raises(InvalidRequestError, match="page_size"):
        api.search_user_tasks(page_size=size)

    assert engine.requests == []


def test_a_keyword_that_the_cluster_is_too_old_for_is_refused(engine: AnsweringServer) -> None:
    engine.post("/v2/topology", method="GET", json={"gatewayVersion": "8.8.1"})
    api.get_cluster_topology()

    with pytest.raises(InvalidRequestError, match=r"tags needs 8\.9, and this cluster is Camunda 8\.8\.1"):
        list(api.search_user_tasks(tags=["a"]))
    with pytest.raises(InvalidRequestError, match=r"GET /v2/cluster-variables/global/a needs 8\.9"):
        api.get_cluster_variable("a")


def test_an_answer_of_another_kind_is_an_error_with_the_endpoint(engine: AnsweringServer) -> None:
    engine.post(SEARCH, json={"items": [{"userTaskKey": ["odd"]}]})

    with pytest.raises(ServiceException, match=r"POST /v2/user-tasks/search failed: .*userTaskKey"):
        list(api.search_user_tasks())


def test_what_is_not_there_yet_is_waited_for(engine: AnsweringServer) -> None:
    engine.post(INSTANCE, method="GET", **MISSING)
    for state in ("ACTIVE", "COMPLETED"):
        engine.post(INSTANCE, method="GET", json={"processInstanceKey": KEY, "state": state})

    assert api.wait_until(lambda: api.get_process_instance(KEY).state == "COMPLETED", timeout_s=60, every_s=0.01)
    assert len(engine.requests) == 3


def test_a_wait_ends_at_its_deadline_with_the_last_reason(engine: AnsweringServer) -> None:
    engine.post(INSTANCE, method="GET", **MISSING)

    with pytest.raises(TimeoutError, match="not true within 0 s") as late:
        api.wait_until(lambda: api.get_process_instance(KEY), timeout_s=0)

    assert isinstance(late.value.__cause__, ServiceException)


def test_a_wait_ends_at_any_other_failure(engine: AnsweringServer) -> None:
    engine.post(INSTANCE, method="GET", status=403)

    with pytest.raises(ServiceException, match="HTTP 403"):
        api.wait_until(lambda: api.get_process_instance(KEY), timeout_s=60, every_s=0.01)


@pytest.mark.slow
def test_a_user_task_that_was_perhaps_completed_is_settled_by_a_repeat(engine: AnsweringServer) -> None:
    path = f"/v2/user-tasks/{KEY}/completion"
    engine.cut(path)
    engine.post(path, **MISSING)

    api.complete_user_task(KEY)

    assert len(engine.requests) == 2


def test_an_assignment_that_must_not_take_a_task_from_anybody_is_not_repeated(engine: AnsweringServer) -> None:
    engine.cut(f"/v2/user-tasks/{KEY}/assignment")

    with pytest.raises(ServiceException, match="perhaps it was carried out"):
        api.assign_user_task(KEY, "ann", allow_override=False)


def test_a_task_without_a_form_has_none(engine: AnsweringServer) -> None:
    engine.post(f"/v2/user-tasks/{KEY}/form", method="GET", status=204)

    assert api.get_user_task_form(KEY) is None


@pytest.mark.slow
def test_a_cluster_is_ready_or_not(engine: AnsweringServer) -> None:
    engine.post("/v2/status", method="GET", status=204, then_gone=True)

    assert api.is_ready() is True
    assert api.is_ready() is False


def test_a_cluster_without_a_leader_is_not_ready_and_is_asked_once(engine: AnsweringServer) -> None:
    engine.post("/v2/status", method="GET", status=503)

    assert api.is_ready() is False
    assert len(engine.requests) == 1


def test_times_need_a_zone(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="at needs a zone"):
        api.pin_clock(datetime(2026, 12, 24))

    assert engine.requests == []


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_can_not_lead_elsewhere(engine: AnsweringServer, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="a name must not be"):
        api.get_cluster_variable(name)
    with pytest.raises(InvalidRequestError, match="documentId"):
        api.download_document({"documentId": name})

    assert engine.requests == []


def test_what_knows_no_cursor_is_asked_for_by_the_number_of_what_it_has_answered(engine: AnsweringServer) -> None:
    path = f"/v2/user-tasks/{KEY}/effective-variables/search"
    for names in (["a", "b"], ["c"]):
        engine.post(path, json={"items": [{"name": name} for name in names], "page": {"totalItems": 3}})

    found = [one.name for one in api.search_user_task_effective_variables(KEY, page_size=2)]

    assert found == ["a", "b", "c"]
    assert sent(engine) == [{"page": {"limit": 2}}, {"page": {"limit": 2, "from": 2}}]


def test_without_a_total_the_last_page_is_the_empty_one(engine: AnsweringServer) -> None:
    path = "/v2/incidents/statistics/process-instances-by-error"
    engine.post(path, json={"items": [{"errorMessage": "why", "errorHashCode": 7}], "page": {}})
    engine.post(path, json={"items": [], "page": {}})

    assert [one.error_hash_code for one in api.get_incident_statistics_by_error()] == [7]
    assert sent(engine) == [{}, {"page": {"from": 1}}]
