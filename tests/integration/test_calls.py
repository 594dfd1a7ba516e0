"""What is sent, what is sent again, and how a failure is told; with a server that answers as each test says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field, RootModel

from camunda_client.c8 import api
from camunda_client.c8.models import (
    ActivatedJob,
    ActivateInstructions,
    ActivateJobRequest,
    BroadcastSignalRequest,
    CorrelateMessageRequest,
    CreateProcessInstanceRequest,
    CreateProcessInstanceResponse,
    EvaluateDecisionRequest,
    ModifyProcessInstanceRequest,
    PublishMessageRequest,
    VariableInstruction,
)
from camunda_client.error import (
    CamundaBusinessException,
    ConnectionFailed,
    ErrorCode,
    InvalidRequestError,
    ServiceException,
)
from camunda_client.utils import JsonBaseModel
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured
from tests.parts.plain_http import Reply, Request

KEY = "2251799813685260"
JOB = ActivatedJob(job_key=KEY, job_type="pay", retries=3)
CREATE = CreateProcessInstanceRequest(processDefinitionId="order")
PROBLEM = "application/problem+json"


@pytest.fixture
def engine() -> Iterator[AnsweringServer]:
    """An engine that gives the answers prepared, in their order."""
    with AnsweringServer() as server, configured(server.base_url):
        yield server


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits between tries, which take no time here."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


def problem(title: str, detail: str = "") -> dict[str, Any]:
    return {"json": {"title": title, "detail": detail}, "content_type": PROBLEM}


def sent(engine: AnsweringServer) -> Any:
    return json.loads(engine.requests[-1].body)


ACCEPTED = Reply(200, b'{"processInstanceKey": 7, "signalKey": 8}')


def complete(path: str = "completion") -> str:
    return f"/v2/jobs/{KEY}/{path}"


@pytest.mark.parametrize("job", [JOB, KEY, int(KEY)])
def test_a_job_is_named_by_itself_or_its_key(engine: AnsweringServer, job: Any) -> None:
    engine.post(complete(), status=204)

    api.complete_job(job, {"a": None})

    assert sent(engine) == {"variables": {"a": None}}
    headers = engine.requests[0].headers
    assert (headers["accept"], headers["content-type"]) == ("application/json", "application/json")
    assert "authorization" not in headers


@pytest.mark.parametrize("key", ["1/../../x", "%2f", "", "-1", "1?x", "1\r\nX: y", "٣", True, None, 1.5])
def test_what_is_no_key_is_never_sent(engine: AnsweringServer, key: Any) -> None:
    for call in (api.complete_job, api.cancel_process_instance, api.resolve_incident, api.delete_resource):
        with pytest.raises(InvalidRequestError, match=r"must be a key \(digits only\)"):
            call(key)

    assert len(engine.requests) == 0


def test_a_result_may_be_a_model(engine: AnsweringServer) -> None:
    class Result(JsonBaseModel):
        total: int
        note: str | None = None

    engine.post(complete(), status=200)

    api.complete_job(JOB, Result(total=3))

    assert sent(engine) == {"variables": {"total": 3}}


class Order(BaseModel):
    number: int = Field(alias="orderNumber")
    coupon: str | None = None


NESTED = {"order": Order(orderNumber=1), "all": [Order(orderNumber=2)]}
NESTED_AS_SENT = {
    "order": {"orderNumber": 1, "coupon": None},
    "all": [{"orderNumber": 2, "coupon": None}],
}


@pytest.mark.parametrize(
    "call",
    [
        lambda: api.complete_job(JOB, NESTED),
        lambda: api.fail_job(JOB, retries=1, variables=NESTED),
        lambda: api.mark_job_as_failed(JOB, "no luck", NESTED),
        lambda: api.throw_error_for_job(JOB, CamundaBusinessException("NO_FUNDS", "empty", NESTED)),
        lambda: api.set_variables(KEY, NESTED),
        lambda: api.create_process_instance(CreateProcessInstanceRequest(processDefinitionId="a", variables=NESTED)),
        lambda: api.publish_message(PublishMessageRequest(name="m", variables=NESTED)),
        lambda: api.correlate_message(CorrelateMessageRequest(name="m", variables=NESTED)),
        lambda: api.broadcast_signal(BroadcastSignalRequest(signalName="s", variables=NESTED)),
        lambda: api.evaluate_decision(EvaluateDecisionRequest(decisionDefinitionId="d", variables=NESTED)),
    ],
)
def test_none_in_a_model_among_the_variables_is_a_value(engine: AnsweringServer, call: Callable[[], object]) -> None:
    """It was left out, so that the process kept what the variable held before."""
    engine.prepare("*", "*", lambda _request: ACCEPTED)

    call()

    assert sent(engine)["variables"] == NESTED_AS_SENT


def test_none_in_a_model_among_the_variables_of_a_modification_is_a_value(engine: AnsweringServer) -> None:
    engine.post(f"/v2/process-instances/{KEY}/modification", status=204)
    set_first = VariableInstruction(variables=NESTED)

    api.modify_process_instance(
        KEY,
        ModifyProcessInstanceRequest(
            activateInstructions=[ActivateInstructions(elementId="b", variableInstructions=[set_first])]
        ),
    )

    assert sent(engine) == {
        "activateInstructions": [
            {
                "elementId": "b",
                "variableInstructions": [{"scopeId": "", "variables": NESTED_AS_SENT}],
            }
        ],
        "terminateInstructions": [],
    }


@pytest.mark.parametrize("variables", [{"a": object()}, {"a": float("nan")}, ["list"], "text", {(1, 2): 3}])
def test_a_result_that_is_no_json_object_is_never_sent(engine: AnsweringServer, variables: Any) -> None:
    with pytest.raises(InvalidRequestError):
        api.complete_job(JOB, variables)

    assert len(engine.requests) == 0


def test_names_that_are_numbers_become_text_as_they_always_did(engine: AnsweringServer) -> None:
    engine.post(complete(), status=204)

    api.complete_job(JOB, {1: "a"})  # type: ignore[dict-item]

    assert sent(engine) == {"variables": {"1": "a"}}


def test_a_failed_job_loses_one_retry_and_never_goes_below_none(engine: AnsweringServer) -> None:
    engine.post(complete("failure"), status=204)

    api.mark_job_as_failed(JOB, "no luck")
    first = sent(engine)
    api.mark_job_as_failed(ActivatedJob(job_key=KEY, job_type="pay", retries=0), "no luck", {"a": 1})

    assert first == {"retries": 2, "errorMessage": "no luck", "retryBackOff": 0}
    assert sent(engine) == {"retries": 0, "errorMessage": "no luck", "retryBackOff": 0, "variables": {"a": 1}}


def test_a_key_alone_does_not_tell_the_retries(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match=r"use fail_job\(\) with a key"):
        api.mark_job_as_failed(KEY, "no luck")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["", " ", None])
def test_an_error_needs_a_code(engine: AnsweringServer, code: Any) -> None:
    with pytest.raises(InvalidRequestError, match="needs an error code"):
        api.throw_error_for_job(JOB, CamundaBusinessException(code, "m"))


def test_an_error_is_sent_with_its_variables(engine: AnsweringServer) -> None:
    engine.post(complete("error"), status=204)

    api.throw_error_for_job(JOB, CamundaBusinessException("NO_FUNDS", "empty", {"left": 0}))

    assert sent(engine) == {"errorCode": "NO_FUNDS", "errorMessage": "empty", "variables": {"left": 0}}


def test_an_update_changes_only_what_it_says(engine: AnsweringServer) -> None:
    engine.post(f"/v2/jobs/{KEY}", status=204, method="PATCH")

    api.update_job(JOB, timeout=5000)

    assert sent(engine) == {"changeset": {"timeout": 5000}}
    with pytest.raises(InvalidRequestError, match="needs retries, timeout or priority"):
        api.update_job(JOB)


def test_polls_take_their_defaults_from_the_configuration(engine: AnsweringServer) -> None:
    engine.post("/v2/jobs/activation", json={"jobs": [{"key": 5, "type": "pay"}]})
    job = {"worker": "w", "timeout": 7000, "requestTimeout": 900, "tenantIds": ["a"]}

    with configured(engine.base_url, api={"job": job, "jobs": {"pay": {"timeout": 8000}}}):
        (found,) = api.activate_jobs("pay").jobs

    assert found.job_key == "5"
    assert sent(engine) == {
        "type": "pay", "worker": "w", "timeout": 8000, "maxJobsToActivate": 5,
        "requestTimeout": 900, "tenantIds": ["a"],
    }  # fmt: skip


def test_a_poll_sends_no_request_timeout_unless_told(engine: AnsweringServer) -> None:
    engine.post("/v2/jobs/activation", json={"jobs": []})

    assert api.activate_jobs("pay", worker="me", timeout=1, max_jobs_to_activate=2, fetch_variables=["a"]).jobs == []
    assert sent(engine) == {
        "type": "pay", "worker": "me", "timeout": 1, "maxJobsToActivate": 2, "fetchVariable": ["a"],
    }  # fmt: skip


def test_a_poll_that_the_gateway_would_break_off_is_refused(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="below 30000 ms, got 45000"):
        api.activate_jobs("pay", request_timeout=45000)
    with pytest.raises(InvalidRequestError, match="below 30000 ms, got 30000"):
        api.activate_jobs(
            "", request=ActivateJobRequest(type="a", maxJobsToActivate=1, timeout=1, requestTimeout=30000)
        )


CREATED = {"processInstanceKey": 7, "processDefinitionKey": "6", "processDefinitionId": "order",
           "processDefinitionVersion": 1, "tenantId": "<default>", "tags": None, "somethingNew": {"a": 1}}  # fmt: skip


def test_an_answer_of_any_version_is_an_object(engine: AnsweringServer) -> None:
    engine.post("/v2/process-instances", json=CREATED, status=201)

    created = api.create_process_instance(CREATE)

    assert isinstance(created, CreateProcessInstanceResponse)
    assert (created.process_instance_key, created.process_definition_key, created.variables) == ("7", "6", {})
    assert created.model_extra == {"somethingNew": {"a": 1}}


def test_a_refusal_carries_what_the_engine_said(engine: AnsweringServer) -> None:
    engine.post(complete(), status=404, **problem("NOT_FOUND", "no such job"))

    with pytest.raises(ServiceException) as caught:
        api.complete_job(JOB)

    error = caught.value
    assert str(error) == f"Job {KEY} of type pay was not completed: HTTP 404 NOT_FOUND: no such job"
    assert (error.error_code, error.status) == (ErrorCode.C8_FAILED_TO_COMPLETE_JOB, 404)
    assert (error.title, error.detail) == ("NOT_FOUND", "no such job")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ({"status": 404, "json": {"error": "Not Found", "path": "/x"}}, "check api.baseUrl"),
        ({"status": 404, "body": "<html>", "content_type": "text/html"}, "6 bytes of text/html; check api.baseUrl"),
        ({"status": 401}, "check auth"),
        ({"status": 500, **problem("EXCEEDED_BATCH_RECORD_SIZE")}, "keep large data elsewhere"),
        ({"status": 400, **problem("INVALID_ARGUMENT", "wrong")}, "HTTP 400 INVALID_ARGUMENT: wrong"),
        ({"status": 200, "body": "<html>login</html>", "content_type": "text/html"}, "does api.baseUrl lead to"),
    ],
)
def test_what_no_repetition_helps_is_tried_once_and_told_with_a_remedy(
    engine: AnsweringServer, slept: list[float], answer: dict[str, Any], hint: str
) -> None:
    engine.post(complete(), **answer)

    with pytest.raises(ServiceException) as caught:
        api.complete_job(JOB)

    assert hint in str(caught.value)
    assert (len(engine.requests), slept) == (1, [])


NOT_APPLIED = [
    {"status": 429, **problem("RESOURCE_EXHAUSTED")},
    {"status": 500, **problem("java.lang.RuntimeException", "one broker returned 'RESOURCE_EXHAUSTED'")},
    {"status": 503, **problem("RESOURCE_EXHAUSTED")},
    {"status": 503, **problem("java.net.ConnectException")},
]
#: None: no answer at all.
PERHAPS_APPLIED = [
    {"status": 502, "body": "<html>", "content_type": "text/html"},
    {"status": 504, **problem("java.util.concurrent.TimeoutException")},
    {"status": 500, **problem("INTERNAL_ERROR")},
    {"status": 503},
    {"status": 408},
    None,
]


def fail_by(engine: AnsweringServer, path: str, fault: dict[str, Any] | None) -> None:
    if fault is None:
        engine.cut(path)
    else:
        engine.post(path, **fault)


@pytest.mark.parametrize("fault", NOT_APPLIED)
def test_what_surely_did_not_happen_is_sent_again_even_if_it_creates_something(
    engine: AnsweringServer, slept: list[float], fault: dict[str, Any]
) -> None:
    engine.post("/v2/process-instances", **fault)
    engine.post("/v2/process-instances", **fault)
    engine.post("/v2/process-instances", json=CREATED)

    assert api.create_process_instance(CREATE).process_instance_key == "7"
    assert len(slept) == 2


@pytest.mark.parametrize("fault", PERHAPS_APPLIED)
def test_what_perhaps_happened_is_not_made_to_happen_twice(
    engine: AnsweringServer, slept: list[float], fault: dict[str, Any] | None
) -> None:
    fail_by(engine, "/v2/process-instances", fault)

    with pytest.raises(ServiceException, match="perhaps it was carried out all the same, so look before"):
        api.create_process_instance(CREATE)

    assert (len(engine.requests), slept) == (1, [])


@pytest.mark.parametrize("fault", PERHAPS_APPLIED)
def test_a_command_by_key_is_repeated_and_gone_then_means_done(
    engine: AnsweringServer, slept: list[float], fault: dict[str, Any] | None
) -> None:
    fail_by(engine, complete(), fault)
    engine.post(complete(), status=404, **problem("NOT_FOUND"))

    api.complete_job(JOB)

    assert len(engine.requests) == 2


def fail(job: ActivatedJob) -> None:
    api.fail_job(job, retries=0)


def throw(job: ActivatedJob) -> None:
    api.throw_error_for_job(job, CamundaBusinessException("NO_FUNDS", "empty"))


@pytest.mark.parametrize(("path", "call"), [("failure", fail), ("error", throw)])
@pytest.mark.parametrize(("status", "title"), [(404, "NOT_FOUND"), (409, "INVALID_STATE")])
def test_a_failure_or_error_leaves_a_job_that_takes_no_other(
    engine: AnsweringServer,
    slept: list[float],
    path: str,
    call: Callable[[ActivatedJob], None],
    status: int,
    title: str,
) -> None:
    engine.post(complete(path), status=504)
    engine.post(complete(path), status=status, **problem(title))

    call(JOB)

    assert len(engine.requests) == 2


def test_a_job_that_somebody_failed_meanwhile_was_not_completed(engine: AnsweringServer, slept: list[float]) -> None:
    """A 409 on the repeat counted as our completion, which would have left no job to be in any state."""
    engine.post(complete(), status=502)
    engine.post(complete(), status=409, **problem("INVALID_STATE", "it is in state 'FAILED'"))

    with pytest.raises(ServiceException, match=r"was not completed: HTTP 409 INVALID_STATE: it is in state 'FAILED'"):
        api.complete_job(JOB)


RESOLVE = f"/v2/incidents/{KEY}/resolution"


def test_an_incident_that_is_gone_on_the_repeat_was_resolved(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(RESOLVE, status=502)
    engine.post(RESOLVE, status=404, **problem("NOT_FOUND", "no incident with that key"))

    api.resolve_incident(KEY)

    assert len(engine.requests) == 2


def test_an_incident_whose_job_has_no_retries_was_not_resolved(engine: AnsweringServer, slept: list[float]) -> None:
    """That is a 404 as well, and counted as done on the repeat."""
    engine.post(RESOLVE, status=502)
    engine.post(RESOLVE, status=404, **problem("NOT_FOUND", f"job with key '{KEY}' has no retries left"))

    with pytest.raises(ServiceException, match=r"was not resolved: HTTP 404 NOT_FOUND: .* has no retries left"):
        api.resolve_incident(KEY)


def test_gone_after_back_pressure_is_still_gone(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(complete(), **NOT_APPLIED[0])
    engine.post(complete(), status=404, **problem("NOT_FOUND"))

    with pytest.raises(ServiceException, match="HTTP 404 NOT_FOUND"):
        api.complete_job(JOB)


def test_a_published_message_with_an_id_may_be_sent_again(engine: AnsweringServer, slept: list[float]) -> None:
    url = "/v2/messages/publication"
    engine.post(url, status=504)
    engine.post(url, status=409, **problem("ALREADY_EXISTS"))

    answer = api.publish_message(PublishMessageRequest(name="m", messageId="1", timeToLive=60_000))

    assert answer.message_key == ""


class Numbers(RootModel[list[int]]):
    pass


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: api.mark_job_as_failed(JOB, ValueError("no luck")), r"error_message is ValueError .*no luck.*string"),  # type: ignore[arg-type]
        (lambda: api.fail_job(KEY, retries=None), r"retries is NoneType None: .*integer"),  # type: ignore[arg-type]
        (lambda: api.fail_job(KEY, retries=1, retry_back_off="soon"), r"retry_back_off is str 'soon': .*integer"),  # type: ignore[arg-type]
        (lambda: api.cancel_process_instance(KEY, 0), r"operation_reference is int 0: .*greater than or equal to 1"),
        (lambda: api.delete_resource(KEY, 0), r"operation_reference is int 0"),
        (lambda: api.resolve_incident(KEY, 0), r"operation_reference is int 0"),
        (lambda: api.set_variables(KEY, {}, operation_reference=0), r"operation_reference is int 0"),
        (lambda: api.update_job(KEY, retries="many"), r"retries is str 'many'"),  # type: ignore[arg-type]
        (lambda: api.activate_jobs("pay", tenant_ids=["a", None]), r"tenant_ids\.1 is NoneType None"),  # type: ignore[list-item]
        (lambda: api.complete_job(KEY, Numbers([1])), r"variables must be an object, and Numbers is list \[1\]"),
        (lambda: api.deploy_resources(("a.bpmn", "<xml/>")), r"content of 'a\.bpmn' is str '<xml/>', not bytes"),  # type: ignore[arg-type]
    ],
)
def test_an_argument_that_can_not_be_right_is_named_with_its_value(
    engine: AnsweringServer, call: Callable[[], object], told: str
) -> None:
    with pytest.raises(InvalidRequestError, match=told):
        call()

    assert len(engine.requests) == 0


@pytest.mark.parametrize(("message_id", "time_to_live"), [(None, 60_000), ("1", 0), ("1", 50), ("1", 5000)])
def test_a_message_that_the_engine_would_not_recognise_is_sent_once(
    engine: AnsweringServer, slept: list[float], message_id: str | None, time_to_live: int
) -> None:
    engine.post("/v2/messages/publication", status=504)

    with pytest.raises(ServiceException, match="HTTP 504"):
        api.publish_message(PublishMessageRequest(name="m", messageId=message_id, timeToLive=time_to_live))

    assert len(engine.requests) == 1


@pytest.mark.parametrize("before", [[], [{"status": 504}]])
def test_a_message_is_not_sent_again_once_the_engine_may_have_forgotten_it(
    engine: AnsweringServer, slept: list[float], before: list[dict[str, Any]]
) -> None:
    """The repeat was a second message when the first one's time to live had run out, and started a second instance."""
    for fault in before:
        engine.post("/v2/messages/publication", **fault)
    # The first try was unclear in any case; what comes after the pause would be too late.
    status = 429 if before else 504
    engine.post("/v2/messages/publication", status=status, headers={"Retry-After": "4"})

    with pytest.raises(ServiceException, match=f"HTTP {status}.*perhaps it was carried out all the same"):
        api.publish_message(PublishMessageRequest(name="m", messageId="1", timeToLive=8000))

    assert len(engine.requests) == len(before) + 1


def test_a_message_that_surely_did_not_arrive_is_sent_again_however_short_it_lives(
    engine: AnsweringServer, slept: list[float]
) -> None:
    engine.post("/v2/messages/publication", status=429, headers={"Retry-After": "4"})
    engine.post("/v2/messages/publication", json={"messageKey": 5})

    answer = api.publish_message(PublishMessageRequest(name="m", messageId="1", timeToLive=50))

    assert answer.message_key == "5"


def test_a_refused_connection_does_not_hide_an_earlier_try_that_may_have_worked(
    engine: AnsweringServer, slept: list[float]
) -> None:
    engine.post("/v2/messages/publication", status=504, then_gone=True)

    with pytest.raises(ConnectionFailed, match=r"refused the connection.*perhaps it was carried out") as caught:
        api.publish_message(PublishMessageRequest(name="m", messageId="1", timeToLive=60_000))

    assert caught.value.reason == "refused"
    assert caught.value.maybe_applied


def test_tries_end(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(complete(), status=429)

    with pytest.raises(ServiceException, match="HTTP 429"):
        api.complete_job(JOB)

    assert (len(engine.requests), len(slept)) == (4, 3)
    assert all(0 < wait <= 1 for wait in slept)


@pytest.mark.parametrize(("asked", "waited"), [("2", 2.0), ("99999", 5.0), ("garbage", None), ("-1", None)])
def test_the_server_may_ask_for_patience_within_reason(
    engine: AnsweringServer, slept: list[float], asked: str, waited: float | None
) -> None:
    engine.post(complete(), status=429, headers={"Retry-After": asked})
    engine.post(complete(), status=204)

    api.complete_job(JOB)

    assert slept == [waited] if waited is not None else slept[0] <= 0.2


def test_no_try_begins_after_the_time_allowed(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(complete(), status=429, headers={"Retry-After": "5"})

    with configured(engine.base_url, api={"timeout": 3000}), pytest.raises(ServiceException, match="HTTP 429"):
        api.complete_job(JOB)

    assert (len(engine.requests), slept) == (1, [])


TOKEN = "/token"


def oauth(engine: AnsweringServer) -> dict[str, Any]:
    """Return the section ``auth`` of a configuration whose tokens the same server gives."""
    return {"selfManaged": {"clientId": "me", "clientSecret": "s", "oidcTokenUrl": engine.base_url + TOKEN}}


def only(token: str) -> Callable[[Request], Reply]:
    """Answer 204 to one token and 401 to all others."""
    return lambda request: Reply(204 if request.headers.get("authorization") == f"Bearer {token}" else 401)


def test_a_refused_token_is_replaced_once(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(TOKEN, json={"access_token": "old"})
    engine.post(TOKEN, json={"access_token": "new"})
    engine.prepare("POST", complete(), only("new"))

    with configured(engine.base_url, auth=oauth(engine)):
        api.complete_job(JOB)
        api.complete_job(JOB)

    assert engine.paths == [TOKEN, complete(), TOKEN, complete(), complete()]
    assert slept == []


def test_an_engine_that_refuses_all_tokens_ends_the_call(engine: AnsweringServer, slept: list[float]) -> None:
    engine.post(TOKEN, json={"access_token": "old"})
    engine.post(TOKEN, json={"access_token": "new"})
    engine.prepare("POST", complete(), only("none"))

    with (
        configured(engine.base_url, auth=oauth(engine)),
        pytest.raises(ServiceException, match=r"HTTP 401.*check auth") as caught,
    ):
        api.complete_job(JOB)

    assert caught.value.status == 401
    assert engine.paths.count(TOKEN) == 2


def test_without_a_token_nothing_is_sent(engine: AnsweringServer) -> None:
    engine.post(TOKEN, status=401)

    with configured(engine.base_url, auth=oauth(engine)), pytest.raises(ServiceException) as caught:
        api.complete_job(JOB)

    assert caught.value.error_code is ErrorCode.C8_AUTH_GET_TOKEN_FAILED
    assert engine.paths == [TOKEN]


def test_a_failed_connection_tells_whether_it_may_have_worked(engine: AnsweringServer) -> None:
    engine.cut("/v2/process-instances")

    with pytest.raises(ConnectionFailed, match=f"No process instance was created: {engine.base_url}") as caught:
        api.create_process_instance(CREATE)

    assert caught.value.maybe_applied
    assert caught.value.error_code is ErrorCode.C8_FAILED_TO_CREATE_PROCESS_INSTANCE
    assert isinstance(caught.value.__cause__, ConnectionFailed)


def test_an_answer_of_the_wrong_kind_is_told_by_its_fields(engine: AnsweringServer) -> None:
    engine.post("/v2/process-instances", json={"processInstanceKey": None})

    with pytest.raises(ServiceException, match=r"not a CreateProcessInstanceResponse: wrong or missing processInst"):
        api.create_process_instance(CREATE)


@pytest.mark.parametrize("resource", ["gone.bpmn", ("", b""), ("a\r\nb", b"")])
def test_a_file_that_can_not_be_deployed_is_told(engine: AnsweringServer, resource: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"can't be read|is not a file name"):
        api.deploy_resources(resource)
    with pytest.raises(InvalidRequestError, match="at least one file"):
        api.deploy_resources()


def test_a_deployment_is_a_form_with_names_and_contents(engine: AnsweringServer) -> None:
    engine.post("/v2/deployments", json={"deploymentKey": 5, "deployments": None})

    answer = api.deploy_resources(('a"b.bpmn', b"<x/>\r\n"), tenant_id="t1")

    request = engine.requests[0]
    boundary = request.headers["content-type"].partition("boundary=")[2]
    parts = request.body.split(f"--{boundary}".encode())
    assert answer.deployment_key == "5"
    assert parts[1].startswith(b'\r\nContent-Disposition: form-data; name="resources"; filename="a%22b.bpmn"\r\n')
    assert parts[1].endswith(b"\r\n\r\n<x/>\r\n\r\n")
    assert parts[2].endswith(b'name="tenantId"\r\n\r\nt1\r\n')
    assert parts[3] == b"--\r\n"
