"""Jobs: leases, order, failures, incidents, polls."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from camunda_client.embedded import Clock, Engine, Job, Rejection

MODELS = Path(__file__).parents[3] / "models"
START = datetime(2030, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine() -> Engine:
    engine = Engine(clock=Clock(START))
    engine.deploy(MODELS / "job_retries.bpmn")
    return engine


def test_jobs_are_offered_in_the_order_they_were_created(engine: Engine) -> None:
    for n in range(5):
        engine.create_instance("job_retries", {"n": n})

    jobs = engine.activate("job_retries.work", max_jobs=3) + engine.activate("job_retries.work", max_jobs=3)

    assert [job.variables["n"] for job in jobs] == [0, 1, 2, 3, 4]


def test_a_leased_job_is_hidden_until_its_lease_has_ended(engine: Engine) -> None:
    engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work", lease=MINUTE)

    engine.advance(MINUTE)
    during = engine.activate("job_retries.work")
    engine.advance(timedelta(milliseconds=1))
    after = engine.activate("job_retries.work", worker="second")

    assert during == []
    assert [(again.key, again.retries, again.worker) for again in after] == [(job.key, job.retries, "second")]


def test_an_expired_job_comes_before_younger_ones(engine: Engine) -> None:
    engine.create_instance("job_retries", {"n": "old"})
    engine.activate("job_retries.work", lease=timedelta(seconds=1))
    engine.create_instance("job_retries", {"n": "young"})

    engine.advance(timedelta(seconds=2))

    assert [job.variables["n"] for job in engine.activate("job_retries.work", max_jobs=9)] == ["old", "young"]


def test_an_extended_lease_counts_from_now(engine: Engine) -> None:
    engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work", lease=MINUTE)
    engine.advance(MINUTE / 2)

    engine.update_job(job.key, lease=MINUTE)
    engine.advance(MINUTE)

    assert engine.activate("job_retries.work") == []


def test_whoever_knows_the_key_may_complete_a_job_once(engine: Engine) -> None:
    history = engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work", lease=timedelta(seconds=1))
    engine.advance(MINUTE)
    engine.activate("job_retries.work", worker="second")

    engine.complete(job.key, {"by": "first"})

    assert (history.state, history.variables) == ("COMPLETED", {"by": "first"})
    with pytest.raises(Rejection, match="no such job was found") as refused:
        engine.complete(job.key)
    assert refused.value.code == "NOT_FOUND"


def test_a_back_off_hides_a_failed_job(engine: Engine) -> None:
    engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work")

    engine.fail(job.key, retries=2, back_off=MINUTE)
    hidden = engine.activate("job_retries.work")
    engine.advance(MINUTE)

    assert hidden == []
    assert [again.retries for again in engine.activate("job_retries.work")] == [2]


def test_a_job_without_retries_waits_for_the_resolution_of_its_incident(engine: Engine) -> None:
    history = engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work")
    engine.fail(job.key, message="no luck")
    (incident,) = history.open_incidents
    assert (incident.error_type, incident.message, incident.element_id) == ("JOB_NO_RETRIES", "no luck", "work")

    with pytest.raises(Rejection, match="has no retries left"):
        engine.resolve_incident(incident.key)
    engine.update_job(job.key, retries=1)
    assert engine.activate("job_retries.work") == []
    engine.resolve_incident(incident.key)

    assert [again.key for again in engine.activate("job_retries.work")] == [job.key]
    assert history.open_incidents == []


def test_a_failed_job_takes_no_result(engine: Engine) -> None:
    engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work")
    engine.fail(job.key)

    with pytest.raises(Rejection, match="it is in state 'FAILED'") as refused:
        engine.complete(job.key)

    assert refused.value.code == "INVALID_STATE"


def test_only_the_wanted_variables_travel(engine: Engine) -> None:
    engine.create_instance("job_retries", {"a": 1, "b": 2})

    (job,) = engine.activate("job_retries.work", fetch_variables=["b", "missing"])

    assert job.variables == {"b": 2}


def test_a_waiting_poll_gets_the_job_in_the_moment_it_comes(engine: Engine) -> None:
    delivered: list[list[Job]] = []
    poll = engine.poll("job_retries.work", delivered.append, max_jobs=5, lease=MINUTE)
    assert engine.activate_or_wait(poll) == []

    history = engine.create_instance("job_retries")

    assert [[job.process_instance_key for job in jobs] for jobs in delivered] == [[history.process_instance_key]]
    assert engine.activate("job_retries.work") == []


def test_a_poll_that_was_given_up_takes_nothing(engine: Engine) -> None:
    delivered: list[list[Job]] = []
    poll = engine.poll("job_retries.work", delivered.append, max_jobs=1, lease=MINUTE)
    engine.activate_or_wait(poll)

    engine.give_up(poll)
    engine.create_instance("job_retries")

    assert delivered == []
    assert len(engine.activate("job_retries.work")) == 1


def test_each_tenant_gets_its_own_jobs() -> None:
    engine = Engine(tenants=["acme"])
    for tenant_id in ("acme", "<default>"):
        engine.deploy(MODELS / "job_retries.bpmn", tenant_id=tenant_id)
        engine.create_instance("job_retries", {"of": tenant_id}, tenant_id=tenant_id)

    acme = engine.activate("job_retries.work", max_jobs=9, tenant_ids=["acme"])
    default = engine.activate("job_retries.work", max_jobs=9)

    assert [(job.tenant_id, job.variables["of"]) for job in acme] == [("acme", "acme")]
    assert [job.tenant_id for job in default] == ["<default>"]


def test_the_job_of_a_user_task_has_its_form_s_key_in_its_headers() -> None:
    """As 8.6.0 does it: the key of the latest version, as text."""
    engine = Engine()
    engine.deploy(MODELS / "user_task_forms.bpmn", ("form.form", '{"id": "f"}'))
    latest = engine.deploy(("form.form", '{"id": "f", "components": []}')).forms[0]

    engine.create_instance("user_task_forms", {"kind": "job", "form": "f"})

    (job,) = engine.activate("io.camunda.zeebe:userTask")
    assert job.headers == {"io.camunda.zeebe:formKey": str(latest.key)}


# -- their history --------------------------------------------------------------------------------------------------
def test_a_history_tells_what_became_of_its_jobs(engine: Engine) -> None:
    history = engine.create_instance("job_retries")
    (job,) = engine.activate("job_retries.work", worker="first", lease=MINUTE)
    engine.advance(2 * MINUTE)
    engine.activate("job_retries.work", worker="second")
    engine.fail(job.key, retries=1, message="busy", back_off=MINUTE, variables={"why": "full"})
    engine.advance(2 * MINUTE)
    engine.activate("job_retries.work", worker="third")
    engine.complete(job.key, {"done": True})

    ours = [record for record in history.jobs if record.job_key == job.key]

    assert [(record.state, record.worker, record.retries) for record in ours] == [
        ("CREATED", "", 3), ("ACTIVATED", "first", 3), ("TIMED_OUT", "first", 3), ("ACTIVATED", "second", 3),
        ("FAILED", "second", 1), ("ACTIVATED", "third", 1), ("COMPLETED", "third", 1),
    ]  # fmt: skip
    failed, completed = ours[4], ours[6]
    assert (failed.message, failed.back_off_ms, failed.variables) == ("busy", 60_000, {"why": "full"})
    assert (completed.variables, completed.at_ms - failed.at_ms) == ({"done": True}, 120_000)


def test_a_job_is_cancelled_with_its_instance_and_not_by_its_own_error(engine: Engine) -> None:
    cancelled, uncaught = engine.create_instance("job_retries"), engine.create_instance("job_retries")
    engine.cancel(cancelled.process_instance_key)
    (job,) = engine.activate("job_retries.work")
    engine.throw_error(job.key, "E-NOBODY", message="no such thing")

    assert [record.state for record in cancelled.jobs] == ["CREATED", "CANCELED"]
    assert [(record.state, record.error_code, record.message) for record in uncaught.jobs[2:]] == [
        ("ERROR_THROWN", "E-NOBODY", "no such thing")
    ]


def test_an_error_that_is_caught_ends_its_job_once() -> None:
    engine = Engine()
    engine.deploy(MODELS / "error_boundary.bpmn")
    history = engine.create_instance("error_boundary")
    (job,) = engine.activate(history.jobs[0].job_type)

    engine.throw_error(job.key, "NO_STOCK")

    assert [record.state for record in history.jobs if record.job_key == job.key] == [
        "CREATED", "ACTIVATED", "ERROR_THROWN",
    ]  # fmt: skip
