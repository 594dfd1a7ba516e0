"""Priorities of jobs as docs.camunda.io describes them ("Job prioritization", 8.10), and as the model library does."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Rejection
from tests.unit.embedded.run.documented import MODELS, Play

MODEL = (MODELS / "job_priority.bpmn").read_text()
OWN = '<zeebe:jobPriorityDefinition priority="=urgency" />'
OF_PROCESS = '<zeebe:jobPriorityDefinition priority="42" />'


def test_jobs_come_by_priority_then_in_the_order_of_their_creation(play: Play) -> None:
    play.deploy("job_priority.bpmn")
    play.start("job_priority", urgency=50)
    play.start("job_priority", urgency=43)

    jobs = play.engine.activate("work", max_jobs=10)

    assert [(job.element_id, job.priority) for job in jobs] == [
        ("always", 2147483647), ("always", 2147483647), ("urgent", 50), ("urgent", 43), ("plain", 42), ("plain", 42),
        ("late", -5), ("late", -5), ("never", -2147483648), ("never", -2147483648),
    ]  # fmt: skip
    assert [job.key for job in jobs if job.element_id == "plain"] == sorted(
        job.key for job in jobs if job.element_id == "plain"
    )


def test_a_process_has_a_default_for_all_its_jobs(play: Play) -> None:
    play.deploy("job_priority.bpmn")
    play.start("job_priority", urgency=0)

    (task,) = [job for job in play.engine.jobs() if job.element_id == "ask"]

    assert (task.type, task.priority) == ("io.camunda.zeebe:userTask", 42)


def test_a_job_keeps_the_priority_that_it_was_created_with(play: Play) -> None:
    play.deploy("job_priority.bpmn")
    instance = play.start("job_priority", urgency=7)

    play.engine.set_variables(instance, {"urgency": 99})

    assert [job.priority for job in play.engine.jobs() if job.element_id == "urgent"] == [7]


@pytest.mark.parametrize(
    ("urgency", "words"),
    [
        ("high", "Expected result of the expression 'urgency' to be 'NUMBER', but was 'STRING'."),
        (
            2147483648,
            "Expected result of the expression 'urgency' to be a whole number of 32 bits, but was 2147483648.",
        ),
        (1.5, "Expected result of the expression 'urgency' to be a whole number of 32 bits, but was 1.5."),
    ],
)
def test_a_priority_that_is_none_is_an_incident_and_no_job(play: Play, urgency: object, words: str) -> None:
    play.deploy("job_priority.bpmn")
    instance = play.start("job_priority", urgency=urgency)

    (incident,) = play.instance().open_incidents
    assert (incident.element_id, incident.error_type, incident.message) == ("urgent", "EXTRACT_VALUE_ERROR", words)
    assert "urgent" not in {job.element_id for job in play.engine.jobs()}

    play.engine.set_variables(instance, {"urgency": 3})
    play.engine.resolve_incident(incident.key)
    assert [job.priority for job in play.engine.jobs() if job.element_id == "urgent"] == [3]


@pytest.mark.parametrize("text", ["high", "2147483648", "-2147483649", "1.5"])
def test_a_static_priority_that_is_none_is_refused(play: Play, text: str) -> None:
    """camunda/camunda: ZeebeJobPriorityDefinitionValidationTest of the model library (Apache-2.0)."""
    expected = f"Expected 'priority' to be a literal integer or a FEEL expression.*but got '{text}'"
    for old in (OWN, OF_PROCESS):
        with pytest.raises(Rejection, match=expected):
            play.engine.deploy(("model.bpmn", MODEL.replace(old, f'<zeebe:jobPriorityDefinition priority="{text}" />')))


def test_two_priorities_are_refused_and_an_expression_that_is_none(play: Play) -> None:
    for old in (OWN, OF_PROCESS):
        with pytest.raises(Rejection, match="Must have exactly one 'zeebe:jobPriorityDefinition'"):
            play.engine.deploy(("model.bpmn", MODEL.replace(old, old * 2)))
        with pytest.raises(Rejection, match=r"unexpected 'end' in '1 \+'"):
            play.engine.deploy(("model.bpmn", MODEL.replace(old, '<zeebe:jobPriorityDefinition priority="=1 +" />')))


@pytest.mark.parametrize("attribute", ['priority=""', ""])
def test_a_priority_without_a_value_is_0(play: Play, attribute: str) -> None:
    play.engine.deploy(("model.bpmn", MODEL.replace(OWN, f"<zeebe:jobPriorityDefinition {attribute}/>")))
    play.start("job_priority")

    assert [job.priority for job in play.engine.jobs() if job.element_id == "urgent"] == [0]


def test_before_8_10_priorities_are_refused_by_name(play: Play) -> None:
    for dialect in ("8.6", "8.9"):
        reason = str(play.deploy_as("job_priority.bpmn", dialect))
        assert "The extension zeebe:jobPriorityDefinition is not supported before 8.10" in reason
