"""`api.request()`: any endpoint, with the retries and error texts of all other functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.error import ErrorCode, InvalidRequestError, ServiceException
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured

PROBLEM = "application/problem+json"


@pytest.fixture
def engine() -> Iterator[AnsweringServer]:
    """An engine that gives the answers prepared, in their order."""
    with AnsweringServer() as server, configured(server.base_url):
        yield server


@pytest.mark.parametrize("path", ["/v2/user-tasks/5/assignment", "user-tasks/5/assignment"])
def test_a_path_is_given_whole_or_below_v2(engine: AnsweringServer, path: str) -> None:
    engine.post("/v2/user-tasks/5/assignment", json={"done": True})

    assert api.request("POST", path, {"assignee": None}) == {"done": True}
    assert json.loads(engine.requests[0].body) == {"assignee": None}


def test_a_get_has_no_body_and_may_have_a_query(engine: AnsweringServer) -> None:
    engine.post("/v2/groups/a%20b?withUsers=true&of=5", method="GET", status=204)

    assert api.request("GET", "groups/a%20b", query={"withUsers": True, "of": 5}) is None
    assert engine.requests[0].body == b""


def test_an_answer_that_is_not_json_is_returned_as_bytes(engine: AnsweringServer) -> None:
    engine.post("/v2/process-definitions/5/xml", method="GET", body="<definitions/>", content_type="text/xml")

    assert api.request("GET", "process-definitions/5/xml", accept="text/xml") == b"<definitions/>"
    assert engine.requests[0].headers["accept"] == "text/xml"


@pytest.mark.parametrize(
    "path",
    [
        "http://elsewhere/v2/a", "https:elsewhere", "//elsewhere/a", "/actuator/health", "/v2", "/v2/", "", "a/../b",
        "..", "a/./b", "a/%2e%2E/b", "a/..%2Fb", "a/%2e%2e%5cb", "a//b", "/v2//a",
        "a b", "a\r\nHost: x", "a?b=c", "a#b",
        "a\\b",
        "ä", "a%2", 5, None,
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_never_asked_for(engine: AnsweringServer, path: Any) -> None:
    with pytest.raises(InvalidRequestError, match="path must"):
        api.request("GET", path)

    assert engine.requests == []


def test_a_method_is_one_that_the_api_has(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="not 'get'"):
        api.request("get", "topology")  # type: ignore[arg-type]

    assert engine.requests == []


@pytest.mark.parametrize(
    ("method", "path", "again"),
    [
        ("GET", "groups/a", True), ("PUT", "groups/a", True), ("DELETE", "groups/a", True),
        ("POST", "groups/search", True), ("POST", "groups", False), ("PATCH", "groups/a", False),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_only_what_does_no_harm_twice_is_sent_again_when_unclear(
    engine: AnsweringServer, method: Any, path: str, again: bool
) -> None:
    engine.post(f"/v2/{path}", method=method, status=500, json={"title": "Odd"}, content_type=PROBLEM)
    if again:
        engine.post(f"/v2/{path}", method=method, json={"a": 1})
        assert api.request(method, path) == {"a": 1}
    else:
        with pytest.raises(ServiceException, match="perhaps it was carried out all the same"):
            api.request(method, path)

    assert len(engine.requests) == 1 + again


@pytest.mark.slow
def test_a_caller_who_knows_better_may_have_it_repeated(engine: AnsweringServer) -> None:
    engine.post("/v2/clock/reset", status=500)
    engine.post("/v2/clock/reset", status=204)

    assert api.request("POST", "clock/reset", idempotent=True) is None


@pytest.mark.slow
def test_what_was_surely_not_carried_out_is_sent_again(engine: AnsweringServer) -> None:
    engine.post("/v2/groups", status=429, json={"title": "RESOURCE_EXHAUSTED"}, content_type=PROBLEM)
    engine.post("/v2/groups", status=201, json={"groupId": "a"})

    assert api.request("POST", "groups", {"groupId": "a"}) == {"groupId": "a"}


@pytest.mark.slow
def test_a_deletion_that_perhaps_worked_is_settled_by_not_found(engine: AnsweringServer) -> None:
    engine.post("/v2/groups/a", method="DELETE", status=502)
    engine.post("/v2/groups/a", method="DELETE", status=404, json={"title": "NOT_FOUND"}, content_type=PROBLEM)

    assert api.request("DELETE", "groups/a") is None


def test_a_refusal_says_what_failed_and_why(engine: AnsweringServer) -> None:
    answer = {"title": "FORBIDDEN", "detail": "no right to read groups"}
    engine.post("/v2/groups/search", status=403, json=answer, content_type=PROBLEM)

    with pytest.raises(ServiceException) as refused:
        api.request("POST", "groups/search", {})

    assert refused.value.status == 403
    assert refused.value.error_code is ErrorCode.C8_REQUEST_FAILED
    assert str(refused.value) == "POST /v2/groups/search failed: HTTP 403 FORBIDDEN: no right to read groups"
