"""Business ids of called processes: inherited (8.9, camunda/camunda#44980), or as the model says (8.10, #51693)."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Engine
from tests.unit.embedded.run.documented import MODELS, Play

FILES = ("business_id.bpmn", "business_id_child.bpmn")


def test_a_called_process_has_its_callers_id_unless_the_model_says_another(play: Play) -> None:
    play.deploy(*FILES)
    play.engine.create_instance("business_id", {"order": "o-4"}, business_id="case-1")

    seen = []
    for _call in ("inherit", "literal", "nothing", "computed"):
        (job,) = play.engine.activate("work")
        seen.append((job.business_id, play.instance().business_id))
        play.engine.complete(job.key)

    assert seen == [("case-1", "case-1"), ("case-2", "case-2"), ("", ""), ("o-4", "o-4")]
    assert play.instance(0).state == "COMPLETED"


def test_an_id_that_is_no_text_is_an_incident_until_it_is_one(play: Play) -> None:
    play.deploy(*FILES)
    instance = play.engine.create_instance("business_id", start_at=["computed"]).process_instance_key

    (incident,) = play.instance(0).open_incidents
    assert (incident.element_id, incident.error_type) == ("computed", "EXTRACT_VALUE_ERROR")
    play.engine.set_variables(instance, {"order": "o-5"})
    play.engine.resolve_incident(incident.key)

    assert play.done("work") == {"order": "o-5"}
    assert play.instance().business_id == "o-5"


def test_the_jobs_of_a_processs_own_listeners_have_it(play: Play) -> None:
    play.deploy("process_listeners.bpmn")

    play.engine.create_instance("process_listeners", business_id="case-1")

    assert [job.business_id for job in play.engine.jobs()] == ["case-1"]


@pytest.mark.parametrize("dialect", ["8.6", "8.9"])
def test_before_8_10_the_attribute_is_refused_by_name(dialect: str, play: Play) -> None:
    reason = str(play.deploy_as("business_id.bpmn", dialect))
    assert "The attribute 'businessId' of the extension zeebe:calledElement is not supported before 8.10" in reason
    Engine(dialect=dialect).deploy(MODELS / "business_id_child.bpmn")
