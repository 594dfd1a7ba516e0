"""Elements entered beside the flows: the scopes around them are opened as if a token had come by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from camunda_client.embedded import Activation, Engine, Rejection

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture
def engine() -> Engine:
    engine = Engine()
    for name in ("event_sub_process_boundary", "multi_instance_sub", "event_gateway", "call_activity_all"):
        engine.deploy(MODELS / f"{name}.bpmn")
    return engine


def test_a_sub_process_opened_by_a_start_instruction_waits_for_its_events(engine: Engine) -> None:
    """It waited for nothing: neither its boundary events nor its event sub-processes could be reached."""
    history = engine.create_instance("event_sub_process_boundary", {"order": "k"}, start_at=["work"])

    waited = [wait.catcher_id for wait in engine.waits(history.process_instance_key)]
    engine.publish("event_sub_process_boundary_stop", "k")

    assert waited == ["stopped", "told", "on_redo", "on_note"]
    assert (history.state, history.path) == ("COMPLETED", ["sub", "work", "stopped", "end2"])


def test_a_sub_process_opened_by_a_modification_has_its_variables_before_it_waits(engine: Engine) -> None:
    """They were written at the process instance, since the sub-process was not there yet."""
    history = engine.create_instance("event_sub_process_boundary", {"order": "k"}, start_at=["end3", "work"])
    (job,) = engine.activate("event_sub_process_boundary.work")
    sub = next(record.key for record in history.elements if record.element_id == "sub")

    engine.modify(
        history.process_instance_key,
        [Activation("redo", [("", {"order": "outer"}), ("redoing", {"why": "x"})])],
        [job.element_instance_key],
    )

    opened = [record for record in history.written if record.scope_id == "redoing"]
    assert [(record.name, record.value) for record in opened] == [("why", "x")]
    assert history.variables["order"] == "outer"
    assert [record.key for record in history.elements if record.element_id == "sub"] == [sub]


@pytest.mark.parametrize("element_id", ["work", "redo"])
def test_an_instance_whose_scopes_can_not_wait_is_not_begun(engine: Engine, element_id: str) -> None:
    with pytest.raises(Rejection, match=r"Expected to subscribe to catch event\(s\) of 'sub' but Failed to extract"):
        engine.create_instance("event_sub_process_boundary", {}, start_at=["end3", element_id])

    assert (engine.instances, engine.jobs(), engine.incidents) == ([], [], [])


def test_a_modification_that_can_not_be_carried_out_changes_nothing(engine: Engine) -> None:
    history = engine.create_instance("event_sub_process_boundary", {"order": "k"})
    (job,) = engine.activate("event_sub_process_boundary.work")
    engine.publish("event_sub_process_boundary_stop", "elsewhere")
    before = (list(history.elements), list(history.written))

    with pytest.raises(Rejection, match="doesn't belong to the activating element's flow scope"):
        engine.modify(history.process_instance_key, [Activation("end3", [("", {"a": 1}), ("sub", {"b": 2})])])

    assert (list(history.elements), list(history.written)) == before
    engine.complete(job.key)
    assert history.state == "COMPLETED"


def test_no_way_leads_into_a_multi_instance_sub_process_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(Rejection, match="'first' is inside a multi-instance subprocess"):
        engine.create_instance("multi_instance_sub", {"items": ["a"]}, start_at=["first"])
    history = engine.create_instance("multi_instance_sub", {"items": []}, start_at=["each"])
    assert history.state == "COMPLETED"


def test_an_iteration_is_entered_only_if_it_is_the_only_one(engine: Engine) -> None:
    one = engine.create_instance("multi_instance_sub", {"items": ["a"]})
    two = engine.create_instance("multi_instance_sub", {"items": ["a", "b"]})

    engine.modify(one.process_instance_key, [Activation("second")])
    with pytest.raises(Rejection, match="Can't decide in which instance of the flow scope"):
        engine.modify(two.process_instance_key, [Activation("second")])

    assert (one.active, two.active.count("first")) == (["each", "each", "first", "second"], 2)


def test_an_event_behind_an_event_based_gateway_is_not_entered(engine: Engine) -> None:
    history = engine.create_instance("event_gateway", {"order": "k"})
    catcher = next(wait.catcher_id for wait in engine.waits(history.process_instance_key))

    with pytest.raises(Rejection, match="belongs to an event-based gateway"):
        engine.create_instance("event_gateway", {"order": "k"}, start_at=[catcher])
    with pytest.raises(Rejection, match="events belonging to an event-based gateway is not supported"):
        engine.modify(history.process_instance_key, [Activation(catcher)])


def test_a_called_instance_is_not_ended_by_a_modification(engine: Engine) -> None:
    """It was, and the call activity waited for ever."""
    caller = engine.create_instance("call_activity_all", {"a": 1})
    (called,) = (history for history in engine.instances if history is not caller)
    (job,) = engine.activate("called_all.inside")

    with pytest.raises(Rejection, match="please modify the parent process instead"):
        engine.modify(called.process_instance_key, terminate=[job.element_instance_key])
    engine.complete(job.key)

    assert (caller.state, called.state) == ("COMPLETED", "COMPLETED")
