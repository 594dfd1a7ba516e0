"""What happens to a user task waits for its listeners, who may deny it or correct it; as Camunda 8.8 documents it."""

# ruff: noqa: E501 - models read better in one line

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, InstanceHistory, Rejection

MODEL = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
    '<bpmn:message id="m" name="stop"><bpmn:extensionElements><zeebe:subscription correlationKey="=1"/>'
    "</bpmn:extensionElements></bpmn:message>"
    '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="x"/>{}<bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="e"/></bpmn:process></bpmn:definitions>'
)
BOUNDARY = (
    '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:outgoing>f3</bpmn:outgoing>'
    '<bpmn:messageEventDefinition id="bm" messageRef="m"/></bpmn:boundaryEvent>'
    '<bpmn:endEvent id="stopped"/><bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="stopped"/>'
)

WORK = (
    '<bpmn:serviceTask id="{}"><bpmn:extensionElements><zeebe:taskDefinition type="w"/></bpmn:extensionElements>'
    "</bpmn:serviceTask>"
)


def user_task(*listeners: str, more: str = "", native: str = "<zeebe:userTask/>") -> str:
    """Return a user task; each listener is its event and the type of its jobs."""
    found = "".join(
        f'<zeebe:taskListener eventType="{event}" type="{job_type}" retries="2"/>'
        for event, job_type in (listener.split(":") for listener in listeners)
    )
    extensions = f"{native}<zeebe:taskListeners>{found}</zeebe:taskListeners>{more}"
    return f'<bpmn:userTask id="x"><bpmn:extensionElements>{extensions}</bpmn:extensionElements></bpmn:userTask>'


def play(*listeners: str, more: str = "", around: str = "{}", **variables: Any) -> tuple[Engine, InstanceHistory]:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL.format(around.format(user_task(*listeners, more=more)))))
    return engine, engine.create_instance("p", variables)


class Asked:
    """What a request about a task came to."""

    def __init__(self) -> None:
        self.answers: list[str] = []

    def __call__(self, rejection: Rejection | None) -> None:
        self.answers.append("done" if rejection is None else f"{rejection.code}: {rejection}")


def say(engine: Engine, job_type: str, **result: Any) -> dict[str, Any]:
    """Complete the one job of a listener; return its user task as it saw it."""
    [job] = engine.activate(job_type)
    assert job.kind == "TASK_LISTENER"
    assert job.user_task is not None
    engine.complete(job.key, result=result or None)
    return job.user_task


def key_of(engine: Engine) -> int:
    [task] = engine.user_tasks()
    return task.key


def test_a_completion_waits_for_its_listeners_one_after_another() -> None:
    engine, instance = play("completing:first", "completing:second", "assigning:other")
    asked = Asked()

    engine.complete_user_task(key_of(engine), {"paid": True}, settle=asked)
    assert engine.user_tasks()[0].state == "COMPLETING"
    assert [job.type for job in engine.jobs()] == ["first"]
    [job] = engine.activate("first")
    assert (job.listener_event_type, job.retries, job.variables) == ("COMPLETING", 2, {"paid": True})
    engine.complete(job.key)
    assert [job.type for job in engine.jobs()] == ["second"]
    assert asked.answers == []
    say(engine, "second")

    assert asked.answers == ["done"]
    assert (instance.state, instance.variables) == ("COMPLETED", {"paid": True})
    assert [record.state for record in instance.user_tasks] == ["CREATED", "COMPLETING", "COMPLETED"]


def test_a_denied_completion_leaves_the_task_as_it_was_and_may_be_asked_for_again() -> None:
    engine, instance = play("completing:first", "completing:second")
    asked = Asked()
    engine.complete_user_task(key_of(engine), {"paid": True}, settle=asked)
    say(engine, "first", corrections={"priority": 80})

    say(engine, "second", denied=True, deniedReason="only the boss may")

    [task] = engine.user_tasks()
    assert (task.state, task.priority, task.denied) == ("CREATED", 50, "only the boss may")
    [answer] = asked.answers
    assert answer.startswith("INVALID_STATE: ")
    assert answer.endswith("was denied by a listener: only the boss may")
    assert (instance.state, instance.variables) == ("ACTIVE", {})
    engine.complete_user_task(task.key)
    say(engine, "first")
    say(engine, "second")
    assert instance.state == "COMPLETED"


def test_corrections_are_seen_by_the_next_listener_and_applied_at_the_end() -> None:
    engine, _ = play("assigning:first", "assigning:second", "assigning:third")
    engine.assign_user_task(key_of(engine), "ann")

    seen = [
        say(engine, "first", type="userTask", corrections={"priority": 80, "assignee": None}),
        say(engine, "second", corrections={"priority": 50, "assignee": "bob", "candidateUsers": ["cy"], "dueDate": ""}),
        say(engine, "third"),
    ]

    assert [(task["assignee"], task["priority"], task["changedAttributes"]) for task in seen] == [
        ("ann", 50, ["assignee"]),
        ("ann", 80, ["assignee", "priority"]),
        ("bob", 50, ["assignee", "candidateUsers"]),
    ]
    assert seen[0]["action"] == "assign"
    [task] = engine.user_tasks()
    assert (task.assignee, task.priority, task.candidate_users, task.state) == ("bob", 50, ["cy"], "CREATED")


def test_a_task_is_created_then_assigned_as_its_model_says_each_with_its_listeners() -> None:
    engine, instance = play("creating:create", "assigning:assign", more='<zeebe:assignmentDefinition assignee="ann"/>')

    assert engine.user_tasks()[0].state == "CREATING"
    [job] = engine.activate("create")
    with pytest.raises(Rejection, match="the model assigns the task already"):
        engine.complete(job.key, result={"corrections": {"assignee": "bob"}})
    engine.complete(job.key, result={"corrections": {"candidateGroups": ["staff"]}})
    assert say(engine, "assign")["assignee"] == "ann"

    [task] = engine.user_tasks()
    assert (task.assignee, task.candidate_groups) == ("ann", ["staff"])
    states = [(record.state, record.assignee) for record in instance.user_tasks]
    assert states == [("CREATING", "ann"), ("CREATED", ""), ("ASSIGNING", ""), ("CREATED", "ann")]


def test_a_creating_listener_may_assign_a_task_that_nobody_has() -> None:
    engine, _ = play("creating:create")

    assert say(engine, "create", corrections={"assignee": "ann"})["action"] == ""

    assert engine.user_tasks()[0].assignee == "ann"


def test_an_update_waits_and_so_does_setting_the_tasks_variables() -> None:
    engine, instance = play("updating:update", n=1)
    [task] = engine.user_tasks()
    element_key = task.instance.key

    engine.update_user_task(task.key, {"priority": 90, "due_date": "2030-01-01T00:00:00Z"}, action="escalate")
    seen = say(engine, "update")
    assert (seen["action"], seen["changedAttributes"]) == ("escalate", ["dueDate", "priority"])
    assert (task.priority, task.due_date) == (90, "2030-01-01T00:00:00Z")

    engine.set_variables(element_key, {"n": 2})
    assert instance.variables == {"n": 1}
    assert say(engine, "update")["changedAttributes"] == ["variables"]
    assert instance.variables == {"n": 2}

    asked = Asked()
    engine.set_variables(element_key, {"n": 3}, settle=asked)
    say(engine, "update", denied=True, deniedReason="no")
    assert instance.variables == {"n": 2}
    assert "INVALID_STATE" in asked.answers[0]


def test_nothing_else_happens_to_a_task_while_its_listeners_are_called() -> None:
    engine, _ = play("completing:first")
    key = key_of(engine)
    engine.complete_user_task(key)

    for command in (
        lambda: engine.complete_user_task(key),
        lambda: engine.assign_user_task(key, "ann"),
        lambda: engine.update_user_task(key, {"priority": 1}),
    ):
        with pytest.raises(Rejection, match="but it is in state 'COMPLETING'") as refused:
            command()
        assert refused.value.code == "INVALID_STATE"


@pytest.mark.parametrize(
    ("event", "variables", "result", "reason"),
    [
        ("completing", {"a": 1}, {}, "variables were given, and task listeners take none"),
        ("completing", {}, {"type": "adHocSubProcess"}, "its result is of the type 'adHocSubProcess'"),
        ("completing", {}, {"denied": True, "corrections": {"priority": 1}}, "it denies and corrects at once"),
        ("completing", {}, {"corrections": {"name": "x"}}, "it corrects 'name'"),
        ("completing", {}, {"corrections": {"dueDate": "soon"}}, "the dueDate 'soon' can't be read as a date"),
        ("completing", {}, {"corrections": {"priority": 101}}, "the priority '101' is not within"),
        ("creating", {}, {"denied": True}, "the event 'creating' can't be denied"),
    ],
)
def test_what_a_listener_can_t_say_is_refused(
    event: str, variables: dict[str, Any], result: dict[str, Any], reason: str
) -> None:
    engine, _ = play(f"{event}:first")
    if event == "completing":
        engine.complete_user_task(key_of(engine))
    [job] = engine.activate("first")

    with pytest.raises(Rejection, match=reason) as refused:
        engine.complete(job.key, variables, result=result)

    assert refused.value.code == "INVALID_ARGUMENT"
    with pytest.raises(Rejection, match="task listeners can't throw errors"):
        engine.throw_error(job.key, "NO")
    engine.complete(job.key)


def test_a_job_that_decides_nothing_takes_no_result() -> None:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL.format(WORK.format("x"))))
    engine.create_instance("p")
    [job] = engine.activate("w")

    with pytest.raises(Rejection, match="a job of the kind 'BPMN_ELEMENT' takes no result"):
        engine.complete(job.key, result={"type": "userTask", "denied": True})


def test_a_listener_without_retries_is_an_incident_and_only_its_job_is_tried_again() -> None:
    engine, instance = play("completing:first", "completing:second")
    engine.complete_user_task(key_of(engine))
    say(engine, "first")
    [job] = engine.activate("second")
    engine.fail(job.key, retries=0, message="no luck")

    [incident] = instance.open_incidents
    assert (incident.error_type, incident.message, incident.element_id) == ("TASK_LISTENER_NO_RETRIES", "no luck", "x")
    engine.update_job(job.key, retries=1)
    engine.resolve_incident(incident.key)

    say(engine, "second")
    assert instance.state == "COMPLETED"


def test_an_expression_of_a_listener_that_fails_is_an_incident_and_all_are_called_again() -> None:
    engine, instance = play("completing:first", "completing:=second")
    engine.complete_user_task(key_of(engine))
    say(engine, "first", corrections={"priority": 1})
    [incident] = instance.open_incidents
    assert incident.error_type == "EXTRACT_VALUE_ERROR"

    engine.set_variables(instance.process_instance_key, {"second": "other"})
    engine.resolve_incident(incident.key)

    say(engine, "first")
    assert say(engine, "other")["priority"] == 50
    assert instance.state == "COMPLETED"


def test_a_failing_listener_backs_off_and_goes_on() -> None:
    engine, instance = play("completing:first")
    engine.complete_user_task(key_of(engine))
    [job] = engine.activate("first")
    engine.fail(job.key, retries=1, back_off=timedelta(seconds=5))
    assert engine.activate("first") == []

    engine.advance(timedelta(seconds=6))
    say(engine, "first")

    assert instance.state == "COMPLETED"


def test_a_cancelled_instance_waits_for_the_canceling_listeners() -> None:
    engine, instance = play("canceling:bye")
    engine.cancel(instance.process_instance_key)

    assert (instance.state, engine.user_tasks()[0].state) == ("ACTIVE", "CANCELING")
    engine.cancel(instance.process_instance_key)  # already on its way
    [job] = engine.activate("bye")
    with pytest.raises(Rejection, match="the event 'canceling' can't be denied"):
        engine.complete(job.key, result={"denied": True})
    engine.complete(job.key)

    assert (instance.state, instance.terminated, engine.user_tasks()) == ("TERMINATED", ["x"], [])
    assert [record.state for record in instance.user_tasks] == ["CREATED", "CANCELING", "CANCELED"]


def test_a_boundary_event_waits_for_the_canceling_listeners() -> None:
    engine, instance = play("canceling:bye", around="{}" + BOUNDARY)
    engine.publish("stop", "1")
    assert "stopped" not in instance.path

    say(engine, "bye")

    assert (instance.state, instance.path) == ("COMPLETED", ["s", "x", "b", "stopped"])


def test_a_task_that_is_cancelled_while_it_is_completed_is_not_completed() -> None:
    engine, instance = play("completing:first", "canceling:bye", around="{}" + BOUNDARY)
    asked = Asked()
    engine.complete_user_task(key_of(engine), settle=asked)
    engine.publish("stop", "1")

    assert [job.type for job in engine.jobs()] == ["bye"]
    assert asked.answers[0].startswith("NOT_FOUND: ")
    say(engine, "bye")
    assert instance.path == ["s", "x", "b", "stopped"]


def test_all_in_a_sub_process_ends_but_the_task_that_is_still_heard() -> None:
    inside = (
        '<bpmn:subProcess id="x"><bpmn:startEvent id="s2"/><bpmn:parallelGateway id="g"/>'
        '{}{}<bpmn:sequenceFlow id="i1" sourceRef="s2" targetRef="g"/>'
        '<bpmn:sequenceFlow id="i2" sourceRef="g" targetRef="work"/>'
        '<bpmn:sequenceFlow id="i3" sourceRef="g" targetRef="ask"/></bpmn:subProcess>'
    )
    engine = Engine()
    task = user_task("canceling:bye").replace('id="x"', 'id="ask"')
    engine.deploy(("p.bpmn", MODEL.format(inside.format(WORK.format("work"), task) + BOUNDARY)))
    instance = engine.create_instance("p")
    engine.publish("stop", "1")
    assert instance.terminated == ["work"]
    assert [job.type for job in engine.jobs()] == ["bye"]

    say(engine, "bye")

    assert instance.state == "COMPLETED"
    assert set(instance.terminated) == {"work", "ask", "x"}
    assert instance.path[-2:] == ["b", "stopped"]


@pytest.mark.parametrize("dialect", ["8.6.0", "8.6", "8.7"])
def test_what_came_with_8_8_is_refused_by_earlier_releases(dialect: str) -> None:
    engine = Engine(dialect=dialect)

    with pytest.raises(Rejection, match=r"(?s)Element: x.*not supported before 8\.8"):
        engine.deploy(("p.bpmn", MODEL.format(user_task("completing:first"))))


@pytest.mark.parametrize(
    ("listener", "native", "reason"),
    [
        (
            "finishing:first",
            "<zeebe:userTask/>",
            "'eventType' must be one of: creating, assigning, .* found 'finishing'",
        ),
        ("completing:", "<zeebe:userTask/>", "Attribute 'type' must be present"),
        (":first", "<zeebe:userTask/>", "Attribute 'eventType' must be present"),
        ("completing:first", "", "only called for user tasks with a 'zeebe:userTask'"),
    ],
)
def test_a_listener_that_would_never_be_called_is_refused(listener: str, native: str, reason: str) -> None:
    with pytest.raises(Rejection, match=reason):
        Engine().deploy(("p.bpmn", MODEL.format(user_task(listener, native=native))))


def test_the_names_of_events_before_8_8_are_taken() -> None:
    engine, instance = play("complete:first")
    engine.complete_user_task(key_of(engine))

    say(engine, "first")

    assert instance.state == "COMPLETED"


@pytest.mark.parametrize("by_snapshot", [False, True])
def test_an_engine_that_comes_back_still_waits_for_listeners(tmp_path: Path, by_snapshot: bool) -> None:
    model = ("p.bpmn", MODEL.format(user_task("completing:first", "canceling:bye") + BOUNDARY))
    engine = Engine(data=tmp_path)
    engine.deploy(model)
    keys = [engine.create_instance("p").process_instance_key for _ in range(2)]
    completed, stopped = engine.user_tasks()
    engine.complete_user_task(completed.key, {"paid": True}, settle=Asked())
    engine.cancel(stopped.instance.process.key)
    if by_snapshot:
        engine._executor._storage._next_snapshot = 0  # type: ignore[union-attr]
        engine.next_key()
        assert (tmp_path / "snapshot").exists()
    engine.close()

    engine = Engine(data=tmp_path)
    say(engine, "first")
    say(engine, "bye")

    ended = [engine.instance(key) for key in keys]
    assert [one.state for one in ended] == ["COMPLETED", "TERMINATED"]
    assert ended[0].variables == {"paid": True}
    engine.close()


# -- every way to end a task early waits for its canceling listeners ------------------------------------------------
ASK = user_task("canceling:bye").replace('id="x"', 'id="ask"')
TO_ASK = (
    '<bpmn:startEvent id="s2"/><bpmn:parallelGateway id="g"/>{}<bpmn:sequenceFlow id="i1" sourceRef="s2" targetRef="g"/>'
    '<bpmn:sequenceFlow id="i2" sourceRef="g" targetRef="ask"/><bpmn:sequenceFlow id="i3" sourceRef="g" targetRef="other"/>'
)
#: Its end event terminates the sub-process when the task "other" is done.
TERMINATING = (
    f'<bpmn:subProcess id="x">{TO_ASK.format(ASK + WORK.format("other"))}<bpmn:endEvent id="t">'
    '<bpmn:terminateEventDefinition id="td"/></bpmn:endEvent><bpmn:sequenceFlow id="i4" sourceRef="other" targetRef="t"/>'
    "</bpmn:subProcess>"
)
INTERRUPTING = (
    f'<bpmn:subProcess id="x">{TO_ASK.format(ASK + WORK.format("other"))}<bpmn:subProcess id="esp" triggeredByEvent="true">'
    '<bpmn:startEvent id="es"><bpmn:messageEventDefinition id="em" messageRef="m"/></bpmn:startEvent></bpmn:subProcess>'
    "</bpmn:subProcess>"
)
LOOP = (
    '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputElement="n" '
    'inputCollection="=[1, 2, 3]"/></bpmn:extensionElements><bpmn:completionCondition>=n = 2</bpmn:completionCondition>'
    "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"
)
MANY = user_task("canceling:bye").replace("</bpmn:userTask>", LOOP)
AD_HOC = f'<bpmn:adHocSubProcess id="x"><bpmn:extensionElements><zeebe:taskDefinition type="agent"/></bpmn:extensionElements>{ASK}{WORK.format("other")}</bpmn:adHocSubProcess>'
CALL = (
    '<bpmn:callActivity id="x"><bpmn:extensionElements><zeebe:calledElement processId="child"/></bpmn:extensionElements>'
    "</bpmn:callActivity>" + BOUNDARY
)
CHILD = (
    MODEL.replace('"p"', '"child"').replace("{}", user_task("canceling:bye")).replace('id="m"', 'id="m2"')
)  # fmt: skip


def begin(node: str) -> tuple[Engine, InstanceHistory]:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL.format(node)))
    return engine, engine.create_instance("p")


def test_a_terminate_end_event_waits_for_them() -> None:
    engine, instance = begin(TERMINATING)
    [job] = engine.activate("w")
    engine.complete(job.key)
    assert (instance.state, engine.user_tasks()[0].state) == ("ACTIVE", "CANCELING")

    say(engine, "bye")

    assert (instance.state, instance.terminated) == ("COMPLETED", ["ask"])


def test_an_event_sub_process_that_interrupts_waits_for_them() -> None:
    engine, instance = begin(INTERRUPTING)
    engine.publish("stop", "1")
    assert instance.terminated == ["other"]
    assert "esp" not in instance.path

    say(engine, "bye")

    assert (instance.state, instance.path[-3:]) == ("COMPLETED", ["esp", "es", "e"])


def test_iterations_that_end_early_wait_for_them() -> None:
    engine, instance = begin(MANY)
    second = next(task for task in engine.user_tasks() if task.instance.loop_counter == 2)
    engine.complete_user_task(second.key)
    assert [task.state for task in engine.user_tasks()] == ["CANCELING", "CANCELING"]

    for job in engine.activate("bye", max_jobs=5):
        assert instance.state == "ACTIVE"
        engine.complete(job.key)

    assert (instance.state, instance.terminated) == ("COMPLETED", ["x", "x"])


def test_an_ad_hoc_sub_process_that_cancels_waits_for_them() -> None:
    engine, instance = begin(AD_HOC)
    [job] = engine.activate("agent")
    chosen = [{"elementId": "ask"}, {"elementId": "other"}]
    engine.complete(job.key, result={"activateElements": chosen})
    [job] = engine.activate("w")
    engine.complete(job.key)
    [job] = engine.activate("agent")
    engine.complete(job.key, result={"isCompletionConditionFulfilled": True, "isCancelRemainingInstances": True})
    assert (instance.state, [one.type for one in engine.jobs()]) == ("ACTIVE", ["bye"])

    say(engine, "bye")

    assert (instance.state, instance.terminated) == ("COMPLETED", ["ask"])


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_task_in_a_called_process_is_waited_for(cancelled: bool) -> None:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL.format(CALL)), ("child.bpmn", CHILD))
    instance = engine.create_instance("p")
    if cancelled:
        engine.cancel(instance.process_instance_key)
    else:
        engine.publish("stop", "1")
    assert [one.state for one in engine.instances] == ["ACTIVE", "ACTIVE"]

    say(engine, "bye")

    states = [one.state for one in engine.instances]
    assert states == (["TERMINATED", "TERMINATED"] if cancelled else ["COMPLETED", "TERMINATED"])
    assert engine.jobs() == []


def test_a_modification_waits_for_them() -> None:
    engine, instance = play("canceling:bye")
    [task] = engine.user_tasks()
    engine.modify(instance.process_instance_key, terminate=[task.instance.key])
    assert instance.state == "ACTIVE"

    say(engine, "bye")

    assert (instance.state, instance.terminated) == ("TERMINATED", ["x"])


def test_an_incident_of_a_canceling_listener_keeps_all_waiting_until_it_is_resolved() -> None:
    engine, instance = play("canceling:bye")
    engine.cancel(instance.process_instance_key)
    [job] = engine.activate("bye")
    engine.fail(job.key, retries=0, message="no luck")
    [incident] = instance.open_incidents
    assert instance.state == "ACTIVE"

    engine.update_job(job.key, retries=1)
    engine.resolve_incident(incident.key)
    say(engine, "bye")

    assert (instance.state, instance.open_incidents) == ("TERMINATED", [])
