"""Integrations with the real libraries: what one job sets, no other sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: By library: an application that writes down what each job found.
APPS = {
    "sentry": """
import sentry_sdk

class Kept(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event:
            found(order=event["tags"].get("order"), says=event["exception"]["values"][-1]["value"],
                  crumbs=len(event.get("breadcrumbs", {}).get("values", [])))

sentry_sdk.init("http://key@127.0.0.1/1", transport=Kept, auto_enabling_integrations=False)

@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    number = str(job.variables["number"])
    sentry_sdk.set_tag("order", number)
    sentry_sdk.add_breadcrumb(message=number)
    time.sleep(0.2)
    job.retries = 1
    raise ValueError(number)
""",
    "opentelemetry": """
from opentelemetry import baggage, context
context.attach(baggage.set_baggage("application", "shop"))

@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    number = str(job.variables["number"])
    before = baggage.get_baggage("order")
    context.attach(baggage.set_baggage("order", number))
    time.sleep(0.2)
    found(order=baggage.get_baggage("order"), says=number, before=before,
          application=baggage.get_baggage("application"))
""",
    "loguru": """
from loguru import logger
logger.remove()
logger.add(lambda line: found(order=line.record["message"], says=line.record["message"],
                              job=line.record["extra"].get("job_key")), format="{message}")

@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    time.sleep(0.2)
    logger.info(str(job.variables["number"]))
""",
    "sqlalchemy": """
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker
from sqlalchemy.pool import QueuePool
engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=5, max_overflow=0, pool_timeout=5,
                       connect_args={"check_same_thread": False})
Session = scoped_session(sessionmaker(engine))

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=5)
def handler(job):
    number = str(job.variables["number"])
    Session.execute(text("select 1"))
    time.sleep(0.05)
    found(order=number, says=number)
    if job.variables["number"] % 3 == 0 and job.retries > 1:
        raise ValueError("before commit()")
""",
    "django": """
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db", "CONN_MAX_AGE": 60}})
import django
django.setup()
from django.db import connection, connections

@after_job
def closed(job, outcome):
    found(order=str(job.variables["number"]), says=str(job.variables["number"]), open=connection.connection is not None)

@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    time.sleep(0.05)
""",
}
JOBS = 30


@pytest.mark.parametrize("name", APPS)
def test_no_job_sees_what_another_has_set(name: str, scene: Scene, start: Start, tmp_path: Path) -> None:
    scene.start(JOBS)
    with start(APPS[name]) as program:
        scene.jobs("FAILED" if name == "sentry" else "COMPLETED", JOBS)
        program.wait_for("integration.installed")
    found = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]

    assert len({line["says"] for line in found}) == JOBS
    assert [line for line in found if line["order"] != line["says"]] == []
    assert {line.get("crumbs", 1) for line in found} == {1}
    assert {line.get("before") for line in found} == {None}
    assert {line.get("application", "shop") for line in found} == {"shop"}
    assert {line.get("open", False) for line in found} == {False}
    assert name != "loguru" or len({line["job"] for line in found}) == JOBS
