"""Conditional events as docs.camunda.io describes them: "Conditionals", "Conditional events" (8.9 on)."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Activation, Rejection
from tests.unit.embedded.run.documented import MODELS, Play

_MODEL = MODELS / "conditional_start.bpmn"


def key_of(play: Play, element_id: str) -> int:
    """Return the key of the latest instance of an element."""
    return next(one.key for one in reversed(play.instance().elements) if one.element_id == element_id)


def test_a_catch_event_waits_until_its_condition_holds(play: Play) -> None:
    play.deploy("conditional.bpmn")
    key = play.start("conditional", wanted=5)  # without a stock the condition is null, which is not true

    assert play.instance().active == ["ready"]
    play.engine.set_variables(key, {"stock": 4})
    assert play.instance().active == ["ready"]
    play.engine.set_variables(key, {"other": 1})
    play.engine.set_variables(key, {"stock": 5})

    assert play.instance().completed == ["start", "ready"]
    assert play.instance().flows == ["start_ready", "ready_review"]
    assert play.instance().incidents == []


def test_a_condition_that_holds_when_its_scope_begins_has_its_effect_at_once(play: Play) -> None:
    """Also by an input mapping: the task has begun, and its job is cancelled."""
    play.deploy("conditional.bpmn")
    play.start("conditional", wanted=1, stock=1, seen=11)

    assert play.instance().state == "COMPLETED", play.describe()
    assert [one.state for one in play.instance().jobs] == ["CREATED", "CANCELED"]
    assert play.states()["review TERMINATED"] == play.states()["cancel COMPLETED"] == 1
    assert play.instance().path == ["start", "ready", "review", "cancel", "cancelled"]


def test_an_interrupting_boundary_event_ends_its_activity(play: Play) -> None:
    play.deploy("conditional.bpmn")
    key = play.start("conditional", wanted=1, stock=1)
    assert play.waiting() == ["conditional.review"]

    play.engine.set_variables(key, {"cancelled": True})

    assert play.waiting() == []
    assert play.instance().state == "COMPLETED"
    assert play.instance().terminated == ["review"]


def test_what_an_activity_brings_when_it_completes_is_no_condition_of_its_own_any_more(play: Play) -> None:
    play.deploy("conditional.bpmn")
    play.start("conditional", wanted=1, stock=1)

    play.done("conditional.review", done=True)

    assert play.instance().path == ["start", "ready", "review", "end"]
    assert play.instance().variables["cancelled"] is True


def test_a_boundary_event_that_does_not_interrupt_fires_at_each_change_its_filter_lets_through(
    play: Play,
) -> None:
    play.deploy("conditional.bpmn")
    key = play.start("conditional", wanted=1, stock=1)

    play.engine.set_variables(key, {"price": 200})  # created, and the filter asks for updates
    assert "note" not in play.instance().path
    play.engine.set_variables(key, {"price": 300})
    play.engine.set_variables(key, {"price": 50})
    play.engine.set_variables(key, {"wanted": 2})
    play.engine.set_variables(key, {"price": 101})

    assert play.instance().completed.count("note") == play.instance().completed.count("noted") == 2
    assert play.instance().active == ["review"]


def test_a_change_is_looked_at_from_the_outside_in_and_only_where_it_is_seen(play: Play) -> None:
    play.deploy("conditional_scopes.bpmn")
    play.start("conditional_scopes")

    play.engine.set_variables(key_of(play, "sub"), {"x": 11}, local=True)
    assert play.instance().terminated == ["inner"]  # not "other", which does not see it
    assert play.instance().active == ["other"]


def test_an_outer_event_that_interrupts_comes_before_an_inner_one(play: Play) -> None:
    play.deploy("conditional_scopes.bpmn")
    key = play.start("conditional_scopes")

    play.engine.set_variables(key, {"x": 21})

    assert play.instance().state == "COMPLETED", play.describe()
    assert {"on_sub", "on_other"} <= set(play.instance().completed)
    assert "on_inner" not in play.instance().path


def test_event_sub_processes_start_by_conditions(play: Play) -> None:
    play.deploy("conditional_scopes.bpmn")
    key = play.start("conditional_scopes")

    play.engine.set_variables(key, {"alarm": True})
    play.engine.set_variables(key, {"alarm": False})
    play.engine.set_variables(key, {"alarm": True, "more": 1})
    assert play.instance().completed.count("alarm_end") == 2
    assert sorted(play.instance().active) == ["inner", "other", "sub"]
    play.engine.set_variables(key, {"stop": True})

    assert play.instance().state == "COMPLETED", play.describe()
    assert sorted(play.instance().terminated) == ["inner", "other", "sub"]
    assert play.instance().completed[-3:] == ["on_stop", "stop_end", "stopped"]


def test_a_condition_is_looked_at_once_for_all_that_a_command_writes(play: Play) -> None:
    play.deploy("conditional_start.bpmn", "conditional_scopes.bpmn")
    key = play.start("conditional_scopes")

    play.engine.set_variables(key, {"alarm": True, "x": 1, "y": 2})

    assert play.instance().completed.count("alarm_end") == 1


def test_iterations_look_at_conditions_themselves(play: Play) -> None:
    play.deploy("conditional_multi.bpmn")
    key = play.start("conditional_multi", items=[1, 2, 3])
    iterations = [one.key for one in play.instance().elements if (one.element_id, one.kind) == ("many", "SERVICE_TASK")]

    play.engine.set_variables(iterations[1], {"flag": True}, local=True)
    assert play.instance().completed.count("flagged") == 1
    play.engine.set_variables(key, {"flag": True})  # the second iteration has one of its own, and does not see it
    assert play.instance().completed.count("flagged") == 3
    play.engine.set_variables(iterations[2], {"broken": True}, local=True)

    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().completed[-2:] == ["broken", "broken_end"]
    assert play.states()["many TERMINATED"] == 4


def test_processes_start_by_conditions_on_request(play: Play) -> None:
    play.deploy("conditional_start.bpmn")

    assert play.engine.evaluate_conditionals({"amount": 1})[1] == []
    _, started = play.engine.evaluate_conditionals({"amount": 200, "urgent": True})

    assert [one.path[0] for one in started] == ["big", "urgent"]
    assert [one.variables for one in started] == [{"amount": 200, "urgent": True}] * 2


def test_an_event_based_gateway_takes_the_way_of_the_first_condition(play: Play) -> None:
    play.deploy("conditional_start.bpmn")
    play.engine.evaluate_conditionals({"amount": 200})

    key = play.instance().process_instance_key
    play.engine.set_variables(key, {"refused": True})

    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().path == ["big", "either", "refused", "stop"]


def test_only_the_latest_version_starts_by_conditions_unless_one_is_named(play: Play) -> None:
    play.deploy("conditional_start.bpmn")
    older = play.engine.evaluate_conditionals({"amount": 200})[1][0].process_definition_key
    newer = play.engine.deploy(("new.bpmn", _MODEL.read_text())).processes[0].key

    assert [one.process_definition_key for one in play.engine.evaluate_conditionals({"amount": 200})[1]] == [newer]
    _, started = play.engine.evaluate_conditionals({"amount": 200}, definition_key=older)
    assert [one.process_definition_key for one in started] == [older]
    with pytest.raises(Rejection, match="NOT_FOUND"):
        play.engine.evaluate_conditionals({}, definition_key=1)


def test_what_a_modification_activates_looks_at_its_conditions(play: Play) -> None:
    play.deploy("conditional_scopes.bpmn")
    key = play.start("conditional_scopes", x=5)

    keys = [key_of(play, "inner")]
    play.engine.modify(key, [Activation("inner", [("inner", {"x": 15})])], terminate=keys)

    assert "on_inner" in play.instance().completed, play.describe()


def test_a_condition_that_fails_is_an_incident_when_its_scope_begins(play: Play) -> None:
    model = (
        _MODEL.with_name("conditional.bpmn").read_text().replace("=stock &gt;= wanted", "=assert(stock, stock != null)")
    )
    play.engine.deploy(("model.bpmn", model))
    key = play.start("conditional", wanted=1)

    (incident,) = play.instance().open_incidents
    assert (incident.element_id, incident.error_type) == ("ready", "EXTRACT_VALUE_ERROR")
    play.engine.set_variables(key, {"stock": True})
    play.engine.resolve_incident(incident.key)
    assert play.instance().active == ["review"]


@pytest.mark.parametrize("dialect", ["8.6.0", "8.6", "8.7", "8.8"])
def test_earlier_releases_know_no_conditional_events(play: Play, dialect: str) -> None:
    assert "Event definitions of type conditional are not supported before 8.9" in str(
        play.deploy_as("conditional.bpmn", dialect)
    )
