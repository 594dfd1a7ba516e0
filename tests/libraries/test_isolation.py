"""Many jobs at once, with all the libraries that keep something "for the request": nothing goes from one to another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

JOBS = 300
#: What each job finds at its start, sets, and finds again after other jobs have run; a third of them raises afterwards.
APP = """
import contextvars, decimal, random, warnings
import sentry_sdk, structlog
from django.conf import settings
settings.configure(USE_I18N=True, USE_TZ=True, LANGUAGE_CODE="en")
import django
django.setup()
from django.utils import timezone, translation
from loguru import logger
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import TracerProvider
import numpy

class Kept(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event:
            crumbs = [crumb["message"] for crumb in event.get("breadcrumbs", {}).get("values", [])]
            found(event=event["exception"]["values"][-1]["value"],
                  has=[event["tags"].get("order"), event.get("user", {}).get("id"), *crumbs])

sentry_sdk.init("http://key@127.0.0.1/1", transport=Kept, auto_enabling_integrations=False, default_integrations=False)
trace.set_tracer_provider(TracerProvider())
tracer = trace.get_tracer("shop")
context.attach(baggage.set_baggage("application", "shop"))
structlog.contextvars.bind_contextvars(application="shop")
bag = contextvars.ContextVar("bag", default=None)
bag.set([])
local = threading.local()
lines = {}
logger.remove()
logger.add(lambda line: lines.setdefault(line.record["extra"].get("job_key"), []).append(line.record["message"]))

def seen():
    return {
        "local": getattr(local, "user", None),
        "baggage": baggage.get_baggage("order"),
        "span": trace.get_current_span().get_span_context().trace_id,
        "structlog": structlog.contextvars.get_contextvars().get("order"),
        "sentry": sentry_sdk.get_isolation_scope()._tags.get("order"),
        "user": (sentry_sdk.get_isolation_scope()._user or {}).get("id"),
        "decimals": decimal.getcontext().prec,
        "numpy": numpy.geterr()["divide"],
        "language": translation.get_language(),
        "zone": timezone.get_current_timezone_name(),
        "bag": bag.get(),
    }

fresh = seen() | {"bag": None}
del fresh["span"]

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=100)
def handler(job):
    number = job.variables["number"]
    order = f"Auftrag №{number} ж"
    at_start = seen()
    trace_id = at_start.pop("span")  # of the job's own span
    local.user = order
    context.attach(baggage.set_baggage("order", order))
    span = tracer.start_span(order)
    context.attach(trace.set_span_in_context(span))
    structlog.contextvars.bind_contextvars(order=order)
    sentry_sdk.set_tag("order", order)
    sentry_sdk.set_user({"id": order})
    sentry_sdk.add_breadcrumb(message=order)
    decimal.getcontext().prec = 10 + number
    numpy.seterr(divide=("raise", "ignore", "print")[number % 3])
    translation.activate(("de", "fr", "ja")[number % 3])
    timezone.activate(("UTC", "Asia/Tokyo", "Europe/Berlin")[number % 3])
    bag.set([order])
    mine = seen()
    for _ in range(3):
        time.sleep(random.uniform(0.01, 0.1))
        logger.info(order)
        assert seen() == mine, (seen(), mine)
    found(order=order, trace=str(trace_id), at_start=at_start == fresh,
          differs={k: str(v) for k, v in at_start.items() if v != fresh[k]},
          own=[mine["local"], mine["baggage"], mine["structlog"], mine["sentry"], mine["user"], mine["bag"][0]],
          decimals=mine["decimals"] - 10 - number, lines=sorted(set(lines[str(job.job_key)])),
          application=[baggage.get_baggage("application"), structlog.contextvars.get_contextvars()["application"]])
    if number % 3 == 0:
        job.retries = 1
        raise ValueError(order)
"""


def test_three_hundred_jobs_leave_nothing_to_one_another(scene: Scene, start: Start, tmp_path: Path) -> None:
    scene.start(JOBS)
    with start(APP) as program:
        scene.jobs("COMPLETED", JOBS - JOBS // 3)
        failed = scene.jobs("FAILED", JOBS // 3)
        output = program.output
    lines = [json.loads(line) for line in (tmp_path / "found").read_text().splitlines()]
    jobs = [line for line in lines if "order" in line]
    events = [line for line in lines if "event" in line]

    assert len({job["order"] for job in jobs}) == JOBS
    assert len({job["trace"] for job in jobs}) == JOBS
    assert [job["differs"] for job in jobs if not job["at_start"]] == []
    assert [job for job in jobs if {*job["own"], *job["lines"]} != {job["order"]} or job["decimals"]] == []
    assert {tuple(job["application"]) for job in jobs} == {("shop", "shop")}
    assert all("AssertionError" not in job["errorMessage"] for job in failed), output
    assert len(events) == JOBS // 3
    assert [event for event in events if set(event["has"]) != {event["event"]}] == []
