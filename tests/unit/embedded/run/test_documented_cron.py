"""Timers with cron expressions as docs.camunda.io describes them: "Timer events", time cycle."""

from __future__ import annotations

from tests.unit.embedded.run.documented import Play

HOUR = 3600


def test_a_process_starts_by_a_cron_expression(play: Play) -> None:
    play.deploy("timer_cron.bpmn")  # on a Tuesday at noon, UTC

    play.advance(5 * HOUR)
    assert [one.process_id for one in play.engine.instances] == ["timer_cron"] * 5  # at 13 to 17 o'clock
    play.advance(15 * HOUR)
    assert len(play.engine.instances) == 5
    play.advance(1 * HOUR)
    assert len(play.engine.instances) == 6  # at 9 on Wednesday


def test_what_the_start_of_a_process_needs_for_its_reminders_is_an_incident_until_it_is_there(play: Play) -> None:
    play.deploy("timer_cron.bpmn")
    play.advance(HOUR)

    (incident,) = play.instance().open_incidents
    assert (incident.element_id, incident.error_type) == ("work", "EXTRACT_VALUE_ERROR")
    play.engine.set_variables(play.instance().process_instance_key, {"every": 20})
    play.engine.resolve_incident(incident.key)
    play.advance(59 * 60)
    assert play.instance(0).completed.count("reminded") == 2


def test_a_boundary_event_fires_by_a_cron_expression_as_long_as_its_activity_is_active(play: Play) -> None:
    play.deploy("timer_cron.bpmn")
    play.start("timer_cron_boundary")

    play.advance(2 * HOUR)
    play.done("timer_cron.other")
    play.advance(2 * HOUR)

    assert play.instance(0).state == "COMPLETED"
    assert play.instance(0).completed == ["begin", "hourly", "hour", "hourly", "hour", "work2", "done"]
