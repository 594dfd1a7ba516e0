"""Handlers under decorators of other people: each is called as what its decorator made of it."""

from __future__ import annotations

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: What stands above and in the ``def`` of a handler that returns what it was given.
DECORATED = {
    "tenacity": ("@tenacity.retry(stop=tenacity.stop_after_attempt(3))", "job", "'ж'"),
    "wrapt": ("@given", "job, session", "session"),
    "wraps": ("@with_session", "job, session", "session"),
    "keyword": ("@with_keyword", "job, *, session", "session"),
    "mock": ("@unittest.mock.patch.dict(os.environ, {'SET': 'ж'})", "job", "os.environ['SET']"),
    "pydantic": ("@pydantic.validate_call(config={'arbitrary_types_allowed': True})", "job: ActivatedJob", "'ж'"),
    "asgiref": ("@asgiref.sync.async_to_sync\nasync", "job", "await asyncio.sleep(0.01, 'ж')"),
    "opentelemetry": ("@trace.get_tracer('t').start_as_current_span('work')", "job", "'ж'"),
    "sentry": ("@sentry_sdk.trace", "job", "'ж'"),
    "beartype": ("@beartype.beartype", "job: ActivatedJob", "'ж'"),
    "injector": ("@injected\n@injector.inject", "job: ActivatedJob, session: str", "session"),
    "django": ("@django.utils.timezone.override('UTC')", "job", "'ж'"),
}


DECORATORS = """
import asyncio, functools, unittest.mock
import asgiref.sync, beartype, django.utils.timezone, injector, pydantic, sentry_sdk, tenacity, wrapt
from camunda_client.c8.models import ActivatedJob
from opentelemetry import trace

@wrapt.decorator
def given(wrapped, instance, args, kwargs):
    return wrapped(*args, "ж", **kwargs)

container = injector.Injector([lambda binder: binder.bind(str, to="ж")])

def injected(function):
    @functools.wraps(function)
    def call(job):
        return container.call_with_injection(function, args=(job,))
    return call

def with_session(function):
    @functools.wraps(function)
    def call(job):
        return function(job, "ж")
    return call

def with_keyword(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, session="ж", **kwargs)
    return call
"""


def test_decorated_handlers_get_the_job(scene: Scene, start: Start) -> None:
    """They were refused for the parameter that their decorator fills in."""
    scenes = {library: Scene(scene.camunda) for library in DECORATED}
    source = DECORATORS
    for library, (above, parameters, result) in DECORATED.items():
        gap = " " if above.endswith("async") else "\n"
        source += f"""
@camunda_worker({scenes[library].job_type!r})
{above}{gap}def work_{library}({parameters}):
    return {{"got": {result}}}
"""
        scenes[library].start(3)
    with start(source):
        got = {library: one.completed_once(3) for library, one in scenes.items()}

    assert {library for library, jobs in got.items() if {job["variables"]["got"] for job in jobs} != {"ж"}} == set()
