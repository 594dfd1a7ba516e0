"""Compensation as docs.camunda.io describes it: "Compensation events", "Compensation handler" (8.5 on)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from camunda_client.embedded import Activation, Rejection
from tests.unit.embedded.run.documented import Play


def states_of(states: Mapping[str, int], *element_ids: str) -> dict[str, int]:
    return {name: count for name, count in states.items() if name.split()[0] in element_ids}


def test_a_throw_event_has_undone_what_has_completed_and_waits_for_it(play: Play) -> None:
    play.deploy("compensation.bpmn")
    play.start("compensation", shipped=False)
    play.done("compensation.book", booking=1)
    play.done("compensation.pay", payment=2)

    assert play.waiting() == ["compensation.refund", "compensation.unbook"]  # at once; nothing was shipped
    assert sorted(play.instance().active) == ["refund", "unbook", "undo"]
    assert play.done("compensation.refund") == {"shipped": False, "booking": 1, "payment": 2}
    assert "undo" in play.instance().active
    play.done("compensation.unbook", booking=None)

    instance = play.instance()
    assert instance.state == "COMPLETED", play.describe()
    assert instance.flows == ["start_book", "book_pay", "pay_choose", "choose_undo", "undo_end"]
    assert instance.variables == {"shipped": False, "booking": None, "payment": 2}
    assert play.states() == {
        f"{element_id} {state}": 1
        for element_id in ("compensation", "start", "book", "pay", "choose", "undo", "on_undo_book", "on_undo_pay",
                           "unbook", "refund", "end")
        for state in ("ACTIVATED", "COMPLETED")
    }  # fmt: skip
    assert instance.incidents == []


def test_nothing_is_undone_of_what_nothing_asks_for(play: Play) -> None:
    play.deploy("compensation.bpmn")
    play.start("compensation", shipped=True)
    for work in ("book", "pay", "ship"):
        play.done(f"compensation.{work}")

    assert play.instance().path == ["start", "book", "pay", "choose", "ship", "end"]
    assert play.instance().state == "COMPLETED"


def test_an_activity_can_be_undone_alone_and_as_often_as_it_has_completed(play: Play) -> None:
    play.deploy("compensation_ref.bpmn")
    play.start("compensation_ref", again=True)
    for work in ("a", "b"):
        play.done(f"compensation_ref.{work}")
    play.done("compensation_ref.a")
    play.done("compensation_ref.b", again=False)

    assert play.waiting() == ["compensation_ref.undo_b"] * 2
    assert play.instance().active == ["first", "undo_b_job", "undo_b_job"]
    play.all_done("compensation_ref.undo_b")
    assert play.waiting() == ["compensation_ref.undo_a"] * 2
    play.all_done("compensation_ref.undo_a")

    # Nothing is left to be undone by the end event, so that it waits for nothing.
    assert play.instance().state == "COMPLETED", play.describe()
    assert states_of(play.states(), "on_undo_a", "undo_a_job", "on_undo_b", "undo_b_job", "rest") == {
        "on_undo_a ACTIVATED": 2, "on_undo_a COMPLETED": 2, "undo_a_job ACTIVATED": 2, "undo_a_job COMPLETED": 2,
        "on_undo_b ACTIVATED": 2, "on_undo_b COMPLETED": 2, "undo_b_job ACTIVATED": 2, "undo_b_job COMPLETED": 2,
        "rest ACTIVATED": 1, "rest COMPLETED": 1,
    }  # fmt: skip
    assert play.instance().flows[-4:] == ["b_again", "again_first", "first_second", "second_rest"]


def test_a_sub_process_is_undone_by_the_handlers_in_it_with_its_variables(play: Play) -> None:
    """Camunda keeps the variables of a sub-process that completes for its compensation (camunda/camunda#15451)."""
    play.deploy("compensation_nested.bpmn")
    play.start("compensation_nested", guest="g")
    for work in ("inner", "deep", "after"):
        play.done(f"compensation_nested.{work}")

    assert play.instance().active == ["undo", "undo_inner", "undo_deep"]
    assert play.all_done("compensation_nested.undo") == [{"guest": "g", "room": 10}, {"guest": "g", "room": 11}]
    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().variables == {"guest": "g"}


def test_a_multi_instance_activity_is_undone_once_and_what_is_in_one_for_each_item(play: Play) -> None:
    play.deploy("compensation_multi.bpmn")
    play.start("compensation_multi", items=[1, 2])
    play.all_done("compensation_multi.many")
    play.all_done("compensation_multi.in_each")

    # The handler of "many" is a multi-instance activity itself, one item after the other.
    assert play.waiting() == ["compensation_multi.undo_each"] * 2 + ["compensation_multi.undo_many"]
    assert [one["item"] for one in play.all_done("compensation_multi.undo_each")] == [1, 2]
    assert play.done("compensation_multi.undo_many")["item"] == 1
    assert play.done("compensation_multi.undo_many")["item"] == 2
    assert play.instance().state == "COMPLETED", play.describe()
    assert states_of(play.states(), "on_undo_many", "on_undo_in_each", "undo_many_job") == {
        "on_undo_many ACTIVATED": 1, "on_undo_many COMPLETED": 1, "on_undo_in_each ACTIVATED": 2,
        "on_undo_in_each COMPLETED": 2, "undo_many_job ACTIVATED": 3, "undo_many_job COMPLETED": 3,
    }  # fmt: skip


def test_an_event_sub_process_has_undone_what_has_completed_around_it_but_not_what_was_terminated(play: Play) -> None:
    """Handlers may be sub-processes and calls; the process that is called keeps its own handlers to itself."""
    play.deploy("compensation_error.bpmn")
    play.start("compensation_error")
    play.done("compensation_error.done")
    play.done("compensation_error.lost_done")
    play.failed("compensation_error.failing", "fault")

    assert play.waiting() == ["compensation_error.called", "compensation_error.undo"]
    play.done("compensation_error.called")
    play.done("compensation_error.undo")

    assert [one.state for one in play.engine.instances] == ["COMPLETED", "COMPLETED"], play.describe()
    assert states_of(play.states(0), "lost", "undo_lost", "handler", "handler_call", "undo", "on_error") == {
        "lost ACTIVATED": 1, "lost TERMINATED": 1, "on_error ACTIVATED": 1, "undo ACTIVATED": 1,
        "handler ACTIVATED": 1, "handler_call ACTIVATED": 1, "handler_call COMPLETED": 1, "handler COMPLETED": 1,
        "undo COMPLETED": 1, "on_error COMPLETED": 1,
    }  # fmt: skip


def test_a_handler_that_is_terminated_is_waited_for_no_longer(play: Play) -> None:
    play.deploy("compensation.bpmn")
    key = play.start("compensation", shipped=False)
    play.done("compensation.book")
    play.done("compensation.pay")

    engine = play.engine
    handler = next(one for one in engine.instances[0].elements if one.element_id == "unbook")
    engine.modify(key, terminate=[handler.key])
    play.done("compensation.refund")

    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().terminated == ["unbook"]


def test_a_throw_event_that_is_entered_by_modification_has_undone_what_has_completed(play: Play) -> None:
    play.deploy("compensation.bpmn")
    key = play.start("compensation", shipped=True)
    play.done("compensation.book")

    play.engine.modify(key, [Activation("undo")])

    assert play.waiting() == ["compensation.pay", "compensation.unbook"]


def test_an_instance_that_keeps_something_to_be_undone_is_not_migrated(play: Play) -> None:
    play.deploy("compensation.bpmn", "compensation_ref.bpmn")
    key = play.start("compensation", shipped=True)
    play.done("compensation.book")
    engine = play.engine
    target = engine.create_instance("compensation_ref").process_definition_key

    with pytest.raises(Rejection, match="completed activities that may be compensated"):
        engine.migrate(key, target, [("pay", "a")])
