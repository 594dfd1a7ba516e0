"""Instances that are changed, or end, as newer versions of Camunda let them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.parts.rest import call, deploy_text

TOUR = Path(__file__).parents[3] / "clients" / "tour.bpmn"


class Started:
    """A gateway with the processes of the tour."""

    def __init__(self, gateway: Gateway) -> None:
        self.engine: Engine = gateway.engine
        self.base_url = gateway.base_url
        deploy_text(self.base_url, "tour.bpmn", TOUR.read_text(encoding="utf-8"))

    def create(self, process_id: str, **more: Any) -> tuple[int, Any]:
        return call(self.base_url, "POST", "/v2/process-instances", {"processDefinitionId": process_id, **more})

    def modify(self, key: str, **instructions: Any) -> tuple[int, Any]:
        return call(self.base_url, "POST", f"/v2/process-instances/{key}/modification", instructions)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Any:
    with Gateway(dialect=getattr(request, "param", "8.9")) as gateway:
        yield Started(gateway)


def after(element_id: str) -> dict[str, str]:
    return {"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": element_id}


def test_an_instance_ends_after_an_element(started: Started) -> None:
    _, answer = started.create("approve", runtimeInstructions=[after("approval")])
    history = started.engine.instance(int(answer["processInstanceKey"]))
    (task,) = started.engine.user_tasks()
    before = history.state

    started.engine.complete_user_task(task.key)

    assert (before, history.state) == ("ACTIVE", "TERMINATED")
    assert history.path == ["a_start", "approval"]


def test_an_instance_can_only_end_after_an_element_that_is_there(started: Started) -> None:
    status, answer = started.create("approve", runtimeInstructions=[after("nowhere")])

    assert (status, answer["title"]) == (400, "INVALID_ARGUMENT")
    assert "'nowhere'" in answer["detail"]
    assert started.engine.instances == []


def test_what_is_moved_ends_where_it_was_and_begins_elsewhere(started: Started) -> None:
    key = started.create("message", variables={"order": "a"})[1]["processInstanceKey"]
    source = {"sourceType": "byId", "sourceElementId": "m_catch"}

    status, _ = started.modify(key, moveInstructions=[{"sourceElementInstruction": source, "targetElementId": "m_end"}])

    assert status == 204
    history = started.engine.instance(int(key))
    assert history.state == "COMPLETED"
    assert history.path == ["m_start", "m_catch", "m_end"]
    assert [one.state for one in history.elements if one.element_id == "m_catch"] == ["ACTIVATED", "TERMINATED"]


def test_an_element_is_terminated_by_its_id(started: Started) -> None:
    key = started.create("message", variables={"order": "a"})[1]["processInstanceKey"]

    status, _ = started.modify(key, terminateInstructions=[{"elementId": "m_catch"}])

    assert (status, started.engine.instance(int(key)).state) == (204, "TERMINATED")


def test_an_ancestor_is_refused_by_name(started: Started) -> None:
    key = started.create("message", variables={"order": "a"})[1]["processInstanceKey"]

    status, answer = started.modify(
        key, activateInstructions=[{"elementId": "m_catch", "ancestorElementInstanceKey": key}]
    )

    assert (status, "ancestorElementInstanceKey" in answer["detail"]) == (400, True)


@pytest.mark.parametrize("started", ["8.8"], indirect=True)
def test_8_8_knows_no_move(started: Started) -> None:
    key = started.create("message", variables={"order": "a"})[1]["processInstanceKey"]

    status, answer = started.modify(key, moveInstructions=[])

    assert (status, answer["detail"]) == (400, "Request property [moveInstructions] cannot be parsed")
