"""Converging inclusive gateways as docs.camunda.io describes them: "Inclusive gateway" (8.6 on)."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Rejection
from tests.unit.embedded.run.documented import Play


def test_an_inclusive_join_waits_for_what_was_chosen_and_goes_on_once(play: Play) -> None:
    play.deploy("inclusive_join.bpmn")
    play.start("inclusive_join", wanted=["a", "b"])

    play.done("inclusive_join.a")
    assert (play.instance().active, play.waiting()) == (["b"], ["inclusive_join.b"])
    play.done("inclusive_join.b", b=2)
    assert play.instance().active == ["next"]
    play.done("inclusive_join.next")

    instance = play.instance()
    assert instance.state == "COMPLETED", play.describe()
    assert instance.path == ["start", "choose", "b", "a", "join", "next", "end"]
    assert sorted(instance.flows) == sorted(
        ["start_choose", "choose_a", "choose_b", "a_join", "b_join", "join_next", "next_end"]
    )
    assert play.states()["join COMPLETED"] == play.states()["next COMPLETED"] == 1
    assert instance.variables == {"wanted": ["a", "b"], "b": 2}


@pytest.mark.parametrize("wanted", ["a", "b", ""])
def test_an_inclusive_join_does_not_wait_for_a_single_token(play: Play, wanted: str) -> None:
    play.deploy("inclusive_join.bpmn")
    play.start("inclusive_join", wanted=[wanted])

    play.done(f"inclusive_join.{wanted or 'c'}")
    play.done("inclusive_join.next")

    assert play.instance().path == ["start", "choose", wanted or "c", "join", "next", "end"]


def test_an_inclusive_join_waits_no_longer_when_the_other_token_took_another_way(play: Play) -> None:
    """By a gateway, by a boundary event; what can't lead to the join is not waited for."""
    play.deploy("inclusive_join_away.bpmn")
    play.start("inclusive_join_away")

    play.done("inclusive_join_away.a", leaves=True)
    assert "join" not in play.instance().path  # "b" may still come
    play.failed("inclusive_join_away.b", "any")

    assert play.instance().active == ["other"]
    assert play.instance().completed[-3:] == ["away_too", "join", "joined"]
    play.done("inclusive_join_away.other")
    assert play.instance().state == "COMPLETED", play.describe()


def test_an_inclusive_join_waits_no_longer_for_what_was_terminated(play: Play) -> None:
    play.deploy("inclusive_join_away.bpmn")
    key = play.start("inclusive_join_away")
    play.done("inclusive_join_away.a", leaves=False)

    keys = {one.element_id: one.key for one in play.instance().elements}
    play.engine.modify(key, terminate=[keys["b"]])

    assert play.instance().completed[-2:] == ["join", "joined"]


def test_tokens_of_one_flow_go_on_as_one(play: Play) -> None:
    """Camunda itself never completes such an instance: camunda/camunda#19464."""
    play.deploy("inclusive_join_twice.bpmn")
    play.start("inclusive_join_twice")

    play.done("inclusive_join_twice.a")
    assert "join" not in play.instance().path
    play.done("inclusive_join_twice.b")
    play.done("inclusive_join_twice.next")

    assert play.instance().state == "COMPLETED", play.describe()
    assert play.instance().flows.count("merge_join") == 2
    assert play.states()["join COMPLETED"] == 1


def test_an_instance_whose_tokens_wait_before_a_join_is_not_migrated(play: Play) -> None:
    play.deploy("inclusive_join.bpmn", "inclusive_join_twice.bpmn")
    key = play.start("inclusive_join", wanted=["a", "b"])
    play.done("inclusive_join.a")
    engine = play.engine
    target = engine.create_instance("inclusive_join_twice").process_definition_key

    with pytest.raises(Rejection, match="tokens wait before an inclusive gateway"):
        engine.migrate(key, target, [("b", "b")])
