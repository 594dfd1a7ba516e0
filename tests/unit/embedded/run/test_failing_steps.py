"""Whatever values a model meets, its instance goes on or has an incident: it never waits for nothing."""

# ruff: noqa: E501 - an incident reads better in one line

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from camunda_client.embedded import Clock, Engine, InstanceHistory, Rejection
from camunda_client.embedded.feel.builtins import builtin, registry

MODEL = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
    '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{}<bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="x"/><bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="e"/>'
    "</bpmn:process></bpmn:definitions>"
)


def play(node: str, *files: tuple[str, str], **variables: Any) -> tuple[Engine, InstanceHistory]:
    """Start a process of one element, whose id is x."""
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL.format(node)), *files)
    return engine, engine.create_instance("p", variables)


TIMER = (
    '<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}>'
    "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
)


def script(expression: str) -> str:
    return (
        f'<bpmn:scriptTask id="x"><bpmn:extensionElements><zeebe:script expression="={expression}" '
        'resultVariable="r"/></bpmn:extensionElements></bpmn:scriptTask>'
    )


def user_task(extension: str, native: str = "<zeebe:userTask/>") -> str:
    return f'<bpmn:userTask id="x"><bpmn:extensionElements>{native}{extension}</bpmn:extensionElements></bpmn:userTask>'


def test_what_the_engine_can_not_do_itself_is_an_incident_with_the_cause_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The error left the command, and the instance stayed active at nothing, its step forgotten."""
    with caplog.at_level(logging.ERROR):
        engine, instance = play(script("1" + " + 1" * 900))  # too deep for Python's stack

    [incident] = instance.incidents
    assert (incident.element_id, incident.error_type) == ("x", "UNKNOWN")
    assert "RecursionError" in incident.message
    assert [record.exc_info is not None for record in caplog.records] == [True]
    engine.cancel(instance.process_instance_key)
    assert instance.state == "TERMINATED"


@pytest.fixture
def breaking() -> Iterator[list[Exception]]:
    """FEEL has a function more, which raises what is in the list."""
    errors: list[Exception] = []

    @builtin("telltale")
    def telltale() -> int:
        if errors:
            raise errors[0]
        return 1

    yield errors
    registry._BUILTINS.pop("telltale")


class StrangeError(Exception):
    """One that no list of exceptions names."""


@pytest.mark.parametrize("error", [StrangeError("oh"), RuntimeError("oh"), OSError("oh"), StopIteration("oh")])
@pytest.mark.parametrize(
    "node",
    [
        script("telltale()"),
        TIMER.format("timeDuration", "=telltale()"),
        '<bpmn:serviceTask id="x"><bpmn:extensionElements><zeebe:taskDefinition type="=telltale()"/>'
        "</bpmn:extensionElements></bpmn:serviceTask>",
    ],
)
def test_whatever_a_step_raises_is_an_incident_that_can_be_resolved(
    breaking: list[Exception], error: Exception, node: str
) -> None:
    """Only some exceptions were incidents; of all others the instance stayed active and waited for nothing."""
    breaking.append(error)
    engine, instance = play(node)

    [incident] = instance.open_incidents
    assert (incident.element_id, incident.error_type) == ("x", "UNKNOWN")
    assert f"{error!r}" in incident.message
    breaking.clear()
    engine.resolve_incident(incident.key)
    assert [again.key for again in instance.open_incidents] != [incident.key]


def test_a_listener_whose_variables_can_not_be_written_is_an_incident(caplog: pytest.LogCaptureFixture) -> None:
    """The job was gone when the exception came out of its completion: nobody could ever complete it again."""
    listener = (
        '<zeebe:executionListeners><zeebe:executionListener eventType="end" type="after"/></zeebe:executionListeners>'
    )
    node = (
        '<bpmn:serviceTask id="x"><bpmn:extensionElements><zeebe:taskDefinition type="work"/>'
        f"{listener}</bpmn:extensionElements></bpmn:serviceTask>"
    )
    deep = [nested(100_000), nested(100_000)]  # too deep for Python to say whether they are equal
    engine, instance = play(node, value=deep[0])
    engine.complete(engine.activate("work")[0].key)

    engine.complete(engine.activate("after")[0].key, {"value": deep[1]})

    [incident] = instance.open_incidents
    assert (incident.element_id, incident.error_type) == ("x", "UNKNOWN")
    assert "RecursionError" in incident.message
    engine.set_variables(instance.process_instance_key, {"value": 1}, local=True)
    engine.resolve_incident(incident.key)
    assert instance.state == "COMPLETED"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("call", ["is defined()", "is defined(a, b)", "is defined(value: a, other: b)"])
def test_is_defined_takes_one_argument_and_is_null_without(call: str) -> None:
    """An IndexError came out of create_instance."""
    _, instance = play(script(call))

    assert (instance.state, instance.variables) == ("COMPLETED", {"r": None})


ASSIGNMENT, SCHEDULE = "<zeebe:assignmentDefinition {}/>", "<zeebe:taskSchedule {}/>"
PRIORITY = "<zeebe:priorityDefinition priority={}/>"


@pytest.mark.parametrize(
    ("extension", "message"),
    [
        (ASSIGNMENT.format('assignee="=n"'), "Expected result of the expression 'n' to be 'STRING', but was 'NUMBER'."),
        (ASSIGNMENT.format('candidateGroups="=5"'), "Expected result of the expression '5' to be 'ARRAY', but was 'NUMBER'."),
        (ASSIGNMENT.format('candidateUsers="=[1]"'), "Expected result of the expression '[1]' to be 'ARRAY' containing 'STRING' items, but was 'ARRAY' containing at least one non-'STRING' item."),
        (SCHEDULE.format('dueDate="=n"'), "Expected result of the expression 'n' to be one of '[NULL, DATE_TIME, STRING]', but was 'NUMBER'."),
        (SCHEDULE.format('dueDate="=date(&quot;2024-01-01&quot;)"'), "Expected result of the expression 'date(\"2024-01-01\")' to be one of '[NULL, DATE_TIME, STRING]', but was 'DATE'."),
        (SCHEDULE.format('followUpDate="=text"'), "Invalid date-time format 'abc' for expression 'text'."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("native", ["<zeebe:userTask/>", ""])
def test_a_user_tasks_property_of_a_wrong_type_is_an_incident(extension: str, message: str, native: str) -> None:
    """A number of groups raised a TypeError, a text for a priority a ValueError; most were silently made texts."""
    _, instance = play(user_task(extension, native), n=5, text="abc")

    assert [(i.element_id, i.error_type, i.message) for i in instance.incidents] == [
        ("x", "EXTRACT_VALUE_ERROR", message)
    ]


@pytest.mark.parametrize(
    ("priority", "message"),
    [
        ("=text", "Expected result of the expression 'text' to be 'NUMBER', but was 'STRING'."),
        ("=1.5", "Expected result of the expression '1.5' to be an integer, but was a decimal."),
        ("=101", "Expected priority to be in the range [0,100] but was '101'."),
    ],
)
def test_only_camundas_own_user_tasks_have_a_priority(priority: str, message: str) -> None:
    _, native = play(user_task(PRIORITY.format(f'"{priority}"')), text="abc")
    engine, by_job = play(user_task(PRIORITY.format(f'"{priority}"'), native=""), text="abc")

    assert [incident.message for incident in native.incidents] == [message]
    assert (by_job.incidents, len(engine.activate("io.camunda.zeebe:userTask"))) == ([], 1)


def test_a_priority_of_zero_is_not_the_usual_one() -> None:
    engine, _ = play(user_task(PRIORITY.format('"=0"') + ASSIGNMENT.format('candidateGroups="a, b" assignee=""')))

    [task] = engine.user_tasks()

    assert (task.priority, task.candidate_groups, task.assignee) == (0, ["a", "b"], "")


def test_dates_of_user_tasks_are_written_as_java_does() -> None:
    engine, _ = play(user_task(SCHEDULE.format('dueDate="2024-01-01T10:00:00Z" followUpDate="=null"')))

    [task] = engine.user_tasks()

    assert (task.due_date, task.follow_up_date) == ("2024-01-01T10:00Z", "")


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (PRIORITY.format('"high"'), "a valid Number between 0 and 100, but found 'high'"),
        (PRIORITY.format('"101"'), "Priority must be a number between 0 and 100, but was '101'"),
        (ASSIGNMENT.format('candidateGroups="a,,b"'), "a list of comma-separated values"),
        (SCHEDULE.format('dueDate="tomorrow"'), "a valid DateTime String"),
    ],
)
def test_a_static_property_that_is_wrong_is_refused(extension: str, words: str) -> None:
    with pytest.raises(Rejection, match="Element: x") as refused:
        play(user_task(extension))

    assert words in refused.value.reason


@pytest.mark.parametrize("duration", ["P9000Y", "P100000Y"])
def test_a_timer_may_be_further_away_than_python_counts_years(duration: str) -> None:
    """The ValueError went through the engine; 8.6.0 waits."""
    engine, instance = play(TIMER.format("timeDuration", "=later"), later=duration)

    assert (instance.state, instance.incidents) == ("ACTIVE", [])
    engine.advance(timedelta(days=365 * 1000))
    assert instance.state == "ACTIVE"


@pytest.mark.parametrize(
    ("duration", "interval"),
    [
        ("P1Y2D", timedelta(days=367)),
        ("P1Y1DT1H", timedelta(days=366, hours=1)),
        ("P1MT1M", timedelta(days=31, minutes=1)),
        ("p1d", timedelta(days=1)),
        ("P1W", timedelta(days=7)),
    ],
)
def test_a_timers_duration_may_mix_years_with_days(duration: str, interval: timedelta) -> None:
    """It was an incident; 8.6.0 adds the months, then the rest."""
    engine = Engine(clock=Clock(start=datetime(2027, 1, 1)))
    engine.deploy(("p.bpmn", MODEL.format(TIMER.format("timeDuration", duration))))
    instance = engine.create_instance("p")

    engine.advance(interval - timedelta(milliseconds=1))
    assert instance.state == "ACTIVE"
    engine.advance(timedelta(milliseconds=1))
    assert instance.state == "COMPLETED"


@pytest.mark.parametrize("duration", ["P1YD", "P1Y2", "PY", "P1DT"])
def test_what_is_no_duration_is_refused(duration: str) -> None:
    with pytest.raises(Rejection, match="Invalid duration format"):
        play(TIMER.format("timeDuration", duration))


@pytest.mark.parametrize("duration", ["P9999999999D", "PT" + "9" * 5000 + "S"])
def test_a_timer_that_is_too_long_is_an_incident(duration: str) -> None:
    _, instance = play(TIMER.format("timeDuration", "=later"), later=duration)

    [incident] = instance.incidents
    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert incident.message == f"Invalid duration format '{duration}' for expression 'later'."
