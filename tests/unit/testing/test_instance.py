"""What the assertions about a process instance say when they fail, on the embedded engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import ElementRecord, Rejection
from camunda_client.testing._instance import ProcessInstance
from camunda_client.testing.embedded_camunda import EmbeddedCamunda

BPMN = Path(__file__).parents[3] / "examples" / "bpmn"
MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture
def camunda() -> EmbeddedCamunda:
    fresh = EmbeddedCamunda()
    fresh.deploy(BPMN / "order.bpmn")
    return fresh


def waiting(camunda: EmbeddedCamunda) -> ProcessInstance:
    """An order that was charged and waits for a day to go by."""
    order = camunda.start("order", {"amount": 5})
    camunda.job("charge-order").complete({"charged": 5})
    return order


def refused(camunda: EmbeddedCamunda) -> ProcessInstance:
    order = camunda.start("order")
    camunda.job().throw_error("TOO_MUCH", "too much")
    return order


def stuck(camunda: EmbeddedCamunda) -> ProcessInstance:
    order = camunda.start("order")
    camunda.job().fail("no money", retries=0)
    return order


def lines(failing: Callable[[], Any]) -> list[str]:
    """Return the lines of the failure that must come."""
    with pytest.raises(AssertionError) as caught:
        failing()
    return str(caught.value).splitlines()


def test_right_assertions_pass_and_can_be_chained(camunda: EmbeddedCamunda) -> None:
    order = waiting(camunda)

    order.assert_active().assert_waiting_at("a-day-later").assert_visited("placed", "a-day-later")
    order.assert_path("placed", "charge-order", "a-day-later").assert_not_visited("refused")
    order.assert_variables(charged=5).assert_variables({"amount": 5}).assert_no_incidents()
    camunda.advance(hours=24)
    camunda.job("ask-for-review").complete()
    order.assert_completed()


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        (lambda order: order.assert_completed(), "expected COMPLETED, but it is ACTIVE"),
        (lambda order: order.assert_terminated(), "expected TERMINATED, but it is ACTIVE"),
        (
            lambda order: order.assert_waiting_at("asked", "charge-order"),
            "expected it to wait at asked, charge-order, but it waits at a-day-later",
        ),
        (lambda order: order.assert_path("placed"), "expected the path placed"),
        (
            lambda order: order.assert_visited("placed", "asked"),
            "expected it to visit placed > asked, but it did not visit asked",
        ),
        (
            lambda order: order.assert_visited("a-day-later", "placed"),
            "expected it to visit a-day-later > placed, but it did not visit placed at that place",
        ),
        (
            lambda order: order.assert_not_visited("asked", "placed"),
            "expected it not to visit placed, but it did",
        ),
        (
            lambda order: order.assert_variables(charged="5", who="Ada"),
            "expected variable charged to be '5', but it is 5; expected variable who to be 'Ada', but there is none",
        ),
        (lambda order: order.assert_variables(charged=True), "expected variable charged to be True, but it is 5"),
        (lambda order: order.assert_incident("asked"), "expected an open incident at asked, found none"),
        (lambda order: order.assert_incident(), "expected an open incident, found none"),
    ],
)
def test_a_failing_assertion_says_what_was_to_be_and_what_is_and_the_path(
    camunda: EmbeddedCamunda, failing: Callable[[ProcessInstance], Any], told: str
) -> None:
    order = waiting(camunda)

    first, second, *rest = lines(lambda: failing(order))

    assert first == told
    assert second == f"order version 1, instance {order.key}: ACTIVE"
    assert rest == [
        "  path taken: placed > charge-order > a-day-later",
        "  variables: amount=5, charged=5",
        "  waits at a-day-later for a timer that is due in 1 day, 0:00:00",
    ]


@pytest.mark.parametrize("wrong", [{"a": {"ok": 1}}, {"many": [1, [True]]}, {"many": [True]}, {"a": {}}])
def test_true_is_not_one_at_any_depth(camunda: EmbeddedCamunda, wrong: dict[str, Any]) -> None:
    order = camunda.start("order", {"a": {"ok": True}, "many": [1, [1.0]]})

    order.assert_variables(a={"ok": True}, many=[1.0, [1]])
    assert "expected" in lines(lambda: order.assert_variables(wrong))[0]


def test_it_is_completed_is_said_too(camunda: EmbeddedCamunda) -> None:
    order = refused(camunda)

    told = lines(order.assert_active)

    assert told[0] == "expected ACTIVE, but it is COMPLETED"
    assert told[2:] == [
        "  path taken: placed > charge-order > too-much > refused",
        "  terminated: charge-order",
        "  variables: (none)",
    ]


def test_an_incident_is_told_with_its_place_and_message(camunda: EmbeddedCamunda) -> None:
    order = stuck(camunda)

    told = lines(order.assert_no_incidents)

    assert told[0] == "expected no open incident, found JOB_NO_RETRIES at charge-order"
    assert "  incident at charge-order (open): JOB_NO_RETRIES: no money" in told
    assert order.assert_incident("charge-order", "JOB_NO_RETRIES", "no").message == "no money"
    wanted = lines(lambda: order.assert_incident(message="some money"))[0]
    assert wanted == "expected an open incident with 'some money', found none"


def test_a_resolved_incident_is_told_as_closed(camunda: EmbeddedCamunda) -> None:
    order = stuck(camunda)

    camunda.resolve(order.assert_incident())

    assert "  incident at charge-order (closed): JOB_NO_RETRIES: no money" in lines(order.assert_completed)
    assert camunda.job("charge-order").retries == 1


def test_a_job_that_waits_for_its_back_off_is_told_with_the_time(camunda: EmbeddedCamunda) -> None:
    order = camunda.start("order")
    camunda.job().fail("no money", retries=1, back_off=timedelta(minutes=2))

    assert lines(order.assert_completed)[-1] == (
        "  waits at charge-order for a job of type 'charge-order' (1 retry left), "
        "which failed and is offered again in 0:02:00"
    )


def test_a_message_is_told_with_its_correlation_key() -> None:
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "message_catch.bpmn")
    instance = camunda.start("message_catch", {"order": "o-1"})

    [place] = [line for line in lines(instance.assert_completed) if line.startswith("  waits at")]

    assert " for a message " in place
    assert "with correlation key 'o-1'" in place


def test_a_long_value_is_cut(camunda: EmbeddedCamunda) -> None:
    order = camunda.start("order", {"text": "x" * 1000})

    [told] = [line for line in lines(order.assert_completed) if "variables" in line]

    assert len(told) < 260
    assert told.endswith("(1002 characters)")


def test_its_repr_is_one_line_with_the_path(camunda: EmbeddedCamunda) -> None:
    order = waiting(camunda)

    assert repr(order) == f"<order version 1, instance {order.key}: ACTIVE, " + (
        "path taken: placed > charge-order > a-day-later>"
    )


def test_the_one_job_and_the_one_instance_are_asked_for_or_missed(camunda: EmbeddedCamunda) -> None:
    assert lines(camunda.instance) == [
        "expected one process instance, found 0",
        "(no process instance was started)",
    ]
    camunda.start("order")
    camunda.start("order")

    assert lines(lambda: camunda.job("charge-order"))[0] == ("expected one job of type 'charge-order', found 2")
    assert lines(lambda: camunda.job(element_id="asked"))[0] == "expected one job at asked, found 0"
    assert lines(lambda: camunda.instance("order"))[0] == "expected one instance of order, found 2"
    assert [len(camunda.jobs()), len(camunda.jobs("other"))] == [2, 0]


def test_a_user_task_is_ended_as_the_story_says() -> None:
    """Nothing that the page named could end one of Camunda's own kind."""
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "user_task_native.bpmn")
    instance = camunda.start("user_task_native", {"boss": "ada"})

    story = instance.describe()
    task = camunda.user_task("approve")
    told = (task.element_id, task.assignee, task.candidate_groups, task.candidate_users, repr(task))
    task.assign("bob")

    assert told == ("approve", "ada", [], [], "<user task at approve, of 'ada'>")
    assert (task.assignee, camunda.engine.user_tasks()[0].key) == ("bob", int(task.key))
    ends = "camunda.user_task('approve').complete() ends"
    assert story.splitlines()[-1] == f"  waits at approve for a user task of 'ada', which {ends}"
    task.complete({"approved": True})
    instance.assert_completed().assert_variables(approved=True)
    assert lines(camunda.user_task)[0] == "expected one user task, found 0"
    assert lines(lambda: camunda.user_task("x"))[0] == "expected one user task at x, found 0"


def test_time_stands_still_and_moves_only_forward(camunda: EmbeddedCamunda) -> None:
    before = camunda.now

    camunda.advance(days=1, hours=2)

    assert (camunda.now - before).total_seconds() == 26 * 3600
    with pytest.raises(ValueError, match="only moves forward"):
        camunda.advance(hours=-1)
    with pytest.raises(ValueError, match="only moves forward"):
        camunda.advance()


def test_messages_and_signals_reach_those_who_wait() -> None:
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "message_catch.bpmn", MODELS / "signal_start.bpmn")
    instance = camunda.start("message_catch", {"order": "o-1"})
    [message] = camunda.engine.waits(int(instance.key))

    camunda.publish(message.name, "o-2", {"other": True})
    instance.assert_active()
    camunda.publish(message.name, "o-1", {"paid": True})

    instance.assert_not_visited("nobody").assert_no_incidents()
    assert camunda.engine.waits(int(instance.key)) == []
    assert "other" not in instance.variables
    camunda.broadcast("signal_start_go", {"by": "signal"})
    camunda.instance("signal_start").assert_visited().assert_variables(by="signal")


def test_a_number_for_a_correlation_key_is_its_text() -> None:
    """A message published with 17 reached nobody, without a word."""
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "message_catch.bpmn")
    instance = camunda.start("message_catch", {"order": 17})
    [message] = camunda.engine.waits(int(instance.key))

    camunda.publish(message.name, 17)

    assert camunda.engine.waits(int(instance.key)) == []


@pytest.mark.parametrize("key", [True, 1.5, None])
def test_what_is_no_correlation_key_is_named(camunda: EmbeddedCamunda, key: Any) -> None:
    with pytest.raises(TypeError) as caught:
        camunda.publish("paid", key)

    assert f"not {type(key).__name__} {key!r}; write it as text" in str(caught.value)


def test_a_called_instance_is_told_with_its_caller_and_hinders_it() -> None:
    """Of a failed child the parent's assertions knew only that they wait at a call activity."""
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "call_activity.bpmn")
    parent = camunda.start("call_activity", {"order": 5, "kind": "process"})
    parent.assert_no_incidents()
    camunda.job("called_process.inside").fail("no money", retries=0)
    child = camunda.instance("called_process")

    told = lines(parent.assert_no_incidents)

    assert told[0] == (f"expected no open incident, found JOB_NO_RETRIES at inside in the called instance {child.key}")
    at = told.index("  waits at call (call activity)")
    assert told[at + 1 :] == [f"  call called {child.describe().splitlines()[0]}"] + [
        f"  {line}" for line in child.describe().splitlines()[1:]
    ]
    assert "    incident at inside (open): JOB_NO_RETRIES: no money" in told
    assert camunda.describe() == parent.describe()
    camunda.resolve(parent.assert_incident("inside", message="no money"))
    assert "handlers run here" in lines(parent.assert_incident)[-1]
    camunda.job("called_process.inside").complete()
    assert camunda.describe() == "\n".join([parent.describe(), child.describe()])


def test_of_many_called_instances_the_last_are_told() -> None:
    camunda = EmbeddedCamunda()
    many = (MODELS / "call_activity.bpmn").read_text()
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=orders" inputElement="order"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:callActivity>"
    )
    camunda.deploy(("many.bpmn", many.replace("</bpmn:callActivity>", loop, 1)))

    told = camunda.start("call_activity", {"orders": list(range(20)), "kind": "process"}).describe()

    assert told.count(" called called_process version 1") == 5
    assert "  (15 more called instances before these)" in told


def test_of_a_long_path_both_ends_are_told(camunda: EmbeddedCamunda) -> None:
    """A process that went round for ever told three megabytes."""
    order = camunda.start("order")
    order.history.elements += [ElementRecord(f"e{n}", "TASK", "ACTIVATED", n, 0) for n in range(100)]

    [told] = [line for line in lines(order.assert_completed) if "path taken" in line]

    first = " > ".join(["placed", "charge-order", *(f"e{n}" for n in range(18))])
    last = " > ".join(f"e{n}" for n in range(80, 100))
    assert told == f"  path taken: {first} > (62 more) > {last}"
    assert told.strip() in repr(order)


def test_of_many_instances_the_last_are_told(camunda: EmbeddedCamunda) -> None:
    orders = [camunda.start("order") for _ in range(20)]

    told = camunda.describe()

    assert told.splitlines()[0] == "(12 more process instances before these)"
    assert [order.key in told for order in orders] == [False] * 12 + [True] * 8


def test_a_multi_instance_body_counts_once_more() -> None:
    camunda = EmbeddedCamunda()
    camunda.deploy(MODELS / "multi_instance_parallel.bpmn")
    instance = camunda.start("multi_instance_parallel", {"items": [1, 2]})

    instance.assert_path("start", "each", "each", "each").assert_waiting_at("each", "each", "each")
    assert " for 2 times a job of type " in instance.describe()


def test_a_cancelled_instance_is_terminated_and_can_not_be_cancelled_again(camunda: EmbeddedCamunda) -> None:
    order = camunda.start("order")

    camunda.cancel(order)

    order.assert_terminated()
    with pytest.raises(Rejection, match="no such process was found"):
        camunda.cancel(order)


def test_every_place_is_named_where_a_file_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)

    with pytest.raises(FileNotFoundError) as caught:
        EmbeddedCamunda(folder=tmp_path).deploy("order.bpmn")
    (here / "order.bpmn").write_bytes((BPMN / "order.bpmn").read_bytes())
    fresh = EmbeddedCamunda(folder=tmp_path)
    fresh.deploy("order.bpmn")

    assert str(caught.value) == f"there is no file {tmp_path}/order.bpmn and no file {here}/order.bpmn"
    assert fresh.start("order").state == "ACTIVE"
