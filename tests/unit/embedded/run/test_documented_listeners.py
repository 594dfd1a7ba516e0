"""Listeners of a process as docs.camunda.io has them ("Execution listeners"), and inputs without a source (8.8)."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Rejection
from tests.unit.embedded.run.documented import MODELS, Play


def test_a_process_begins_and_ends_by_its_listeners(play: Play) -> None:
    play.deploy("process_listeners.bpmn")
    play.start("process_listeners", x=1)

    assert play.waiting() == ["process_listeners.first"]
    assert play.instance().elements == []
    # What a start listener brings is there before anything in the process, also for its event sub-processes.
    assert play.done("process_listeners.first", wait="PT5S") == {"x": 1}
    assert play.done("process_listeners.second") == {"x": 1, "wait": "PT5S"}
    assert play.instance().active == ["work"]
    play.advance(6)
    assert "late_end" in play.instance().completed
    play.done("process_listeners.work")

    assert play.waiting() == ["process_listeners.last"]
    assert play.instance().state == "ACTIVE"
    play.done("process_listeners.last", y=2)
    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().variables == {"x": 1, "wait": "PT5S", "y": 2}
    assert [one.element_id for one in play.instance().jobs if one.state == "CREATED"] == [
        "process_listeners", "process_listeners", "work", "process_listeners",
    ]  # fmt: skip


def test_a_listener_has_its_headers_besides_those_of_its_element(play: Play) -> None:
    play.deploy("process_listeners.bpmn")
    play.start("process_listeners")

    (first,) = play.engine.activate("process_listeners.first")
    assert (first.headers, first.element_id) == ({"a": "process", "b": "2"}, "process_listeners")
    play.engine.complete(first.key, {"wait": "PT1S"})
    (second,) = play.engine.activate("process_listeners.second")
    assert second.headers == {"a": "listener", "b": "2", "c": "3"}


def test_a_called_process_has_its_listeners_called(play: Play) -> None:
    play.deploy("process_listeners.bpmn", "process_listeners_call.bpmn")
    play.start("process_listeners_call")

    play.done("process_listeners.first", wait="PT5S")
    play.done("process_listeners.second")
    play.done("process_listeners.work")
    assert play.instance(0).active == ["call"]
    play.done("process_listeners.last", y=2)

    assert [one.state for one in play.engine.instances] == ["COMPLETED", "COMPLETED"]
    assert play.instance(0).variables == {"wait": "PT5S", "y": 2}


def test_a_listener_of_a_process_that_fails_is_an_incident_of_the_process(play: Play) -> None:
    play.deploy("process_listeners.bpmn")
    key = play.start("process_listeners")
    engine = play.engine
    (first,) = engine.activate("process_listeners.first")

    engine.fail(first.key, retries=0, message="no")

    (incident,) = play.instance().open_incidents
    assert (incident.element_id, incident.message) == ("process_listeners", "no")
    assert incident.error_type == "EXECUTION_LISTENER_NO_RETRIES"  # camunda/camunda#17126
    play.engine.cancel(key)
    assert play.instance().state == "TERMINATED"
    assert play.waiting() == []


def test_start_instructions_wait_for_the_listeners_of_the_process(play: Play) -> None:
    play.deploy("process_listeners.bpmn")
    play.engine.create_instance("process_listeners", {"wait": "PT5S"}, start_at=["end"])

    assert play.instance().elements == []
    play.done("process_listeners.first")
    play.done("process_listeners.second")
    play.done("process_listeners.last")
    assert play.instance().path == ["end"]


def test_earlier_releases_know_no_headers_of_a_listener(play: Play) -> None:
    assert "not supported before 8.10" in str(play.deploy_as("process_listeners.bpmn", "8.9"))


def test_an_input_without_a_source_is_null(play: Play) -> None:
    play.deploy("input_null.bpmn")
    play.start("input_null", hidden="x", also="y")

    assert play.done("input_null.work") == {"hidden": None, "also": None, "kept": {"one": 1}}
    assert play.instance().variables == {"hidden": "x", "also": "y"}
    assert "Expected expression but not found." in str(play.deploy_as("input_null.bpmn", "8.7"))


def test_the_listeners_of_a_multi_instance_activity_are_those_of_its_iterations(play: Play) -> None:
    """Those of type beforeAll (8.10, camunda/camunda#51635) come once, before its collection is looked at."""
    play.deploy("multi_instance_listeners.bpmn")
    play.start("multi_instance_listeners")

    (before,) = play.engine.jobs()
    assert (before.type, before.listener_event_type) == ("before", "BEFORE_ALL")
    play.done("before", items=["a", "b"])
    for item in ("a", "b"):
        assert play.waiting() == ["first"]
        play.done("first")
        assert play.done("work")["item"] == item
        play.done("last")

    assert play.instance().state == "COMPLETED"
    assert play.instance().variables == {}


def test_no_listener_is_called_for_a_multi_instance_activity_without_items(play: Play) -> None:
    play.deploy("multi_instance_listeners.bpmn")
    play.start("multi_instance_listeners")

    play.done("before", items=[])

    assert (play.waiting(), play.instance().state) == ([], "COMPLETED")


def test_listeners_before_all_iterations_are_refused_elsewhere(play: Play) -> None:
    assert "must be one of: start, end; found 'beforeAll'" in str(
        play.deploy_as("multi_instance_listeners.bpmn", "8.9")
    )
    model = (MODELS / "process_listeners.bpmn").read_text().replace('eventType="start"', 'eventType="beforeAll"')
    with pytest.raises(Rejection, match="of type 'beforeAll' are only supported by multi-instance activities"):
        play.engine.deploy(("model.bpmn", model))
