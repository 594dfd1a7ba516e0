"""Requests about a user task wait until its listeners were heard, and are answered with what those said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from camunda_client.embedded import Gateway
from tests.contract.described_answers import wrong
from tests.parts.rest import call, deploy_text

MODEL = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:userTask id="ask"><bpmn:extensionElements>
<zeebe:userTask/><zeebe:taskListeners><zeebe:taskListener eventType="completing" type="check"/>
<zeebe:taskListener eventType="assigning" type="check"/><zeebe:taskListener eventType="updating" type="check"/>
</zeebe:taskListeners></bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="ask"/><bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="e"/>
</bpmn:process></bpmn:definitions>"""
WAIT_S = 60


@pytest.fixture(params=["8.8", "8.9", "8.10"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with Gateway(dialect=request.param) as gateway:
        deploy_text(gateway.base_url, "p.bpmn", MODEL)
        gateway.engine.create_instance("p")
        yield gateway


def listen(gateway: Gateway, result: dict[str, Any] | None) -> dict[str, Any]:
    """Wait for the job of a listener, complete it, and return it."""
    asked = {"type": "check", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 10_000}
    jobs: list[dict[str, Any]] = call(gateway.base_url, "POST", "/v2/jobs/activation", asked)[1]["jobs"]
    status, _ = call(gateway.base_url, "POST", f"/v2/jobs/{jobs[0]['jobKey']}/completion", {"result": result})
    assert status == 204
    return jobs[0]


def requests(gateway: Gateway) -> list[tuple[str, str, dict[str, Any]]]:
    [task] = gateway.engine.user_tasks()
    at = f"/v2/user-tasks/{task.key}"
    return [
        ("POST", f"{at}/assignment", {"assignee": "ann", "action": "give"}),
        ("PATCH", at, {"changeset": {"priority": 70}}),
        ("DELETE", f"{at}/assignee", {}),
        ("PUT", f"/v2/element-instances/{task.instance.key}/variables", {"variables": {"a": 1}}),
        ("POST", f"{at}/completion", {"variables": {"paid": True}}),
    ]


def test_each_request_is_answered_when_the_listener_has_agreed(gateway: Gateway) -> None:
    for method, path, body in requests(gateway):
        asked = gevent.spawn(call, gateway.base_url, method, path, body)
        job = listen(gateway, None)

        assert asked.get(timeout=WAIT_S)[0] == 204, path
        assert (job["kind"], job["userTask"]["action"]) == (
            "TASK_LISTENER", {"POST": "complete", "PATCH": "update", "PUT": "update", "DELETE": "unassign"}[method]
            if "action" not in body else body["action"],
        )  # fmt: skip
    [instance] = gateway.engine.instances
    assert (instance.state, instance.variables) == ("COMPLETED", {"a": 1, "paid": True})


def test_a_listener_is_given_the_task_as_it_is_described(gateway: Gateway) -> None:
    """In 8.8 a task without a form has no formKey; null, which 8.9 has there, stops a strict client for JavaScript."""
    [task] = gateway.engine.user_tasks()
    asked = gevent.spawn(call, gateway.base_url, "POST", f"/v2/user-tasks/{task.key}/completion", {})

    job = listen(gateway, None)

    assert wrong(gateway.dialect.name, "ActivatedJobResult", job) == []
    assert wrong(gateway.dialect.name, "UserTaskProperties", job["userTask"]) == []
    assert asked.get(timeout=WAIT_S)[0] == 204


def test_each_request_is_refused_when_the_listener_denies(gateway: Gateway) -> None:
    for method, path, body in requests(gateway):
        asked = gevent.spawn(call, gateway.base_url, method, path, body)
        listen(gateway, {"type": "userTask", "denied": True, "deniedReason": "not today"})

        status, problem = asked.get(timeout=WAIT_S)
        assert (status, problem["title"]) == (409, "INVALID_STATE"), path
        assert "not today" in problem["detail"]
    assert [task.state for task in gateway.engine.user_tasks()] == ["CREATED"]
    jobs = call(gateway.base_url, "POST", "/v2/jobs/search", {"filter": {"kind": "TASK_LISTENER"}})[1]["items"]
    assert {(job["isDenied"], job["deniedReason"]) for job in jobs} == {(True, "not today")}
    assert {job["listenerEventType"] for job in jobs} == {"ASSIGNING", "UPDATING", "COMPLETING"}


def test_what_a_listener_says_is_checked(gateway: Gateway) -> None:
    [task] = gateway.engine.user_tasks()
    asked = gevent.spawn(call, gateway.base_url, "POST", f"/v2/user-tasks/{task.key}/completion", {})
    activation = {"type": "check", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 10_000}
    [job] = call(gateway.base_url, "POST", "/v2/jobs/activation", activation)[1]["jobs"]
    path = f"/v2/jobs/{job['jobKey']}/completion"

    answers = [
        call(gateway.base_url, "POST", path, body)
        for body in (
            {"variables": {"a": 1}},
            {"result": {"denyed": True}},
            {"result": {"type": "userTask", "corrections": {"priority": 101}}},
        )
    ]

    assert [status for status, _ in answers] == [400, 400, 400]
    assert call(gateway.base_url, "POST", path, {})[0] == 204
    assert asked.get(timeout=WAIT_S)[0] == 204
