"""Instances go on by another definition, and so does what they wait for. All of it was compared with 8.6.0."""

# ruff: noqa: E501 - a message reads better in one line

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from camunda_client.embedded import Clock, Engine, InstanceHistory, Rejection

DOCUMENT = """
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="ma" name="a"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="= k"/></bpmn:extensionElements></bpmn:message>
  <bpmn:message id="mb" name="b"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="= k"/></bpmn:extensionElements></bpmn:message>
  <bpmn:message id="mc" name="c"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="= missing"/></bpmn:extensionElements></bpmn:message>
  <bpmn:escalation id="ea" escalationCode="e"/>
  <bpmn:process id="{process_id}" isExecutable="true">
    <bpmn:startEvent id="start"/>
    {nodes}
    <bpmn:sequenceFlow id="f" sourceRef="start" targetRef="{task}"/>
  </bpmn:process>
</bpmn:definitions>
"""
EVENTS = {
    "a": '<bpmn:messageEventDefinition messageRef="ma"/>',
    "b": '<bpmn:messageEventDefinition messageRef="mb"/>',
    "c": '<bpmn:messageEventDefinition messageRef="mc"/>',
    "hour": "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>",
    "day": "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>",
    "escalation": '<bpmn:escalationEventDefinition escalationRef="ea"/>',
}
JOB = '<bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>'
MANY = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
    '<zeebe:loopCharacteristics inputCollection="= [1, 2]"/></bpmn:extensionElements>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)


def boundary(event_id: str, event: str, task: str, *, interrupting: bool = True) -> str:
    return (
        f'<bpmn:boundaryEvent id="{event_id}" attachedToRef="{task}" cancelActivity="{str(interrupting).lower()}">'
        f"<bpmn:outgoing>f_{event_id}</bpmn:outgoing>{EVENTS[event]}</bpmn:boundaryEvent>"
        f'<bpmn:endEvent id="end_{event_id}"/>'
        f'<bpmn:sequenceFlow id="f_{event_id}" sourceRef="{event_id}" targetRef="end_{event_id}"/>'
    )


def event_sub_process(sub_id: str, event: str) -> str:
    return (
        f'<bpmn:subProcess id="{sub_id}" triggeredByEvent="true"><bpmn:startEvent id="{sub_id}_start">{EVENTS[event]}'
        f'</bpmn:startEvent><bpmn:endEvent id="{sub_id}_end"/>'
        f'<bpmn:sequenceFlow id="{sub_id}_f" sourceRef="{sub_id}_start" targetRef="{sub_id}_end"/></bpmn:subProcess>'
    )


class Scene:
    """An instance of ``old`` at its task ``t``, to be migrated to ``new`` and its task ``u``."""

    def __init__(self, old: str = "", new: str = "", *, many: bool = False) -> None:
        self.engine = Engine(clock=Clock(datetime(2030, 1, 1, tzinfo=timezone.utc)))
        inside = JOB + (MANY if many else "")
        self.keys = {}
        for process_id, task, nodes in (("old", "t", old), ("new", "u", new)):
            nodes = f'<bpmn:serviceTask id="{task}">{inside}</bpmn:serviceTask>{nodes}'
            document = DOCUMENT.format(process_id=process_id, nodes=nodes, task=task).strip()
            (definition,) = self.engine.deploy((f"{process_id}.bpmn", document)).processes
            self.keys[process_id] = definition.key
        self.history: InstanceHistory = self.engine.create_instance("old", {"k": "k"})

    def migrate(self, **mapping: str) -> None:
        key = self.history.process_instance_key
        self.engine.migrate(key, self.keys["new"], [("t", "u"), *mapping.items()])

    @property
    def waits(self) -> list[tuple[str, str]]:
        return [(wait.element_id, wait.catcher_id) for wait in self.engine.waits(self.history.process_instance_key)]


def test_what_the_target_does_not_know_is_waited_for_no_longer() -> None:
    """A timer of the old definition fired into the new one: KeyError out of Engine.advance()."""
    scene = Scene(
        boundary("late", "hour", "t") + boundary("stop", "a", "t") + event_sub_process("e", "b"),
        boundary("later", "day", "u"),
    )

    scene.migrate()
    waits = scene.waits
    scene.engine.advance(timedelta(hours=2))
    scene.engine.publish("a", "k")
    scene.engine.publish("b", "k")

    assert waits == [("u", "later")]
    assert scene.history.active == ["t"]
    scene.engine.advance(timedelta(days=1))
    assert scene.history.path[-2:] == ["later", "end_later"]


def test_a_mapped_event_goes_on_with_its_own_name_and_time_as_the_target_says() -> None:
    scene = Scene(
        boundary("late", "hour", "t") + boundary("stop", "a", "t"),
        boundary("later", "day", "u", interrupting=False) + boundary("halt", "b", "u", interrupting=False),
    )

    scene.migrate(late="later", stop="halt")
    scene.engine.publish("b", "k")
    before = list(scene.history.path)
    scene.engine.publish("a", "k")
    scene.engine.advance(timedelta(hours=1))

    assert before == ["start", "t"]
    assert scene.history.path == ["start", "t", "halt", "end_halt", "later", "end_later"]
    (job,) = scene.engine.activate("work")
    assert (job.element_id, job.process_id, scene.history.process_id) == ("u", "new", "new")


def test_an_event_sub_process_of_the_target_can_be_reached() -> None:
    scene = Scene(event_sub_process("e", "a"), event_sub_process("g", "b"))

    scene.migrate()
    scene.engine.publish("a", "k")
    waits = scene.waits
    scene.engine.publish("b", "k")

    assert waits == [("new", "g_start")]
    assert (scene.history.state, scene.history.path[2:]) == ("COMPLETED", ["g", "g_start", "g_end"])


def test_a_message_that_is_buffered_reaches_what_the_target_waits_for() -> None:
    scene = Scene(new=boundary("halt", "a", "u"))
    scene.engine.publish("a", "k", ttl=timedelta(minutes=1))

    scene.migrate()

    assert scene.history.path == ["start", "t", "halt", "end_halt"]


def test_the_boundary_of_a_multi_instance_activity_is_only_left() -> None:
    """8.6.0 subscribes none of the target's; mapped ones it takes for detached."""
    scene = Scene(boundary("stop", "a", "t"), boundary("halt", "b", "u"), many=True)

    with pytest.raises(Rejection, match="These mappings detach the catch event"):
        scene.migrate(stop="halt")
    scene.migrate()

    assert scene.waits == []


@pytest.mark.parametrize(
    ("old", "new", "mapping", "reason"),
    [
        (boundary("x", "a", "t"), boundary("y", "a", "u"), {}, "active element with id 'u' attempts to subscribe to a message it is already subscribed to with name 'a'"),
        (boundary("x", "a", "t"), boundary("y", "c", "u"), {}, "'t' is mapped to element with id 'u' that must be subscribed to a catch event. Failed to extract"),
        (boundary("x", "a", "t"), boundary("y", "hour", "u"), {"x": "y"}, "different event types: 'MESSAGE' and 'TIMER'"),
        (boundary("x", "a", "t"), "", {"x": "u"}, "These mappings detach the catch event from the element"),
        (boundary("x", "a", "t") + boundary("z", "b", "t"), boundary("y", "a", "u"), {"x": "y", "z": "y"}, "multiple mapping instructions that target this catch event: 'x', 'z'"),
        (event_sub_process("e", "escalation"), "", {}, "active process with id 'old' has one or more event subprocesses with start events of types 'ESCALATION'"),
        ("", event_sub_process("e", "escalation"), {}, "target process with id 'new' has one or more event subprocesses with start events of types 'ESCALATION'"),
    ],
)  # fmt: skip
def test_what_8_6_0_does_not_migrate_is_refused_and_nothing_has_changed(
    old: str, new: str, mapping: dict[str, str], reason: str
) -> None:
    scene = Scene(old, new)
    before = scene.waits

    with pytest.raises(Rejection) as refused:
        scene.migrate(**mapping)

    assert reason in str(refused.value)
    assert (refused.value.code, scene.waits, scene.history.process_id) == ("INVALID_STATE", before, "old")
