"""What an operator sees of a failure, and what an error tracker gets."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: A handler's body, and the lines that its incident must have, in this order.
REASONS = {
    "cause": (
        """
try:
    {}["Größe"]
except KeyError as error:
    raise RuntimeError("could not save") from error
""",
        ["RuntimeError: could not save", "KeyError: 'Größe'"],
    ),
    "tenacity": (
        """
@tenacity.retry(stop=tenacity.stop_after_attempt(2))
def ask():
    raise ConnectionError("no route to ж")
ask()
""",
        ["RetryError", "ConnectionError: no route to ж"],
    ),
    "sqlalchemy": (
        """
with sqlalchemy.create_engine("sqlite://").connect() as connection:
    connection.execute(sqlalchemy.text("select * from orders"))
""",
        ["OperationalError", "no such table: orders"],
    ),
    "httpx": (
        "httpx.get('http://127.0.0.1:9/')",
        ["ConnectError", "Connection refused"],
    ),
    "pandas": ("pandas.DataFrame({'a': [1]})['total']", ["KeyError: 'total'"]),
}
if sys.version_info >= (3, 11):
    REASONS["group"] = (
        "raise ExceptionGroup('several', [ValueError('one'), ExceptionGroup('more', [OSError('two')])])",
        ["several (2 sub-exceptions)", "ValueError: one", "OSError: two"],
    )


@pytest.mark.parametrize("name", REASONS)
def test_an_incident_names_the_reason_and_the_handlers_own_line(scene: Scene, start: Start, name: str) -> None:
    body, expected = REASONS[name]
    indented = "\n".join("    " + line for line in body.strip().splitlines())
    source = f"""
import httpx, pandas, sqlalchemy, tenacity
@camunda_worker(os.environ["JOB_TYPE"])
def handler(job):
    job.retries = 1
{indented}
"""
    scene.start(1)
    with start(source):
        message = scene.incident()["errorMessage"]

    places = [message.find(text) for text in expected]
    assert places == sorted(places), message
    assert -1 not in places, message
    assert "legacy.py" in message
    assert "gevent" not in message


@pytest.mark.parametrize(("capture", "events"), [("last", 1), ("all", 3), ("none", 0)])
def test_sentry_gets_the_failures_that_were_asked_for(
    scene: Scene, start: Start, tmp_path: Path, capture: str, events: int
) -> None:
    """It got none: each handler had to be wrapped."""
    source = f"""
import sentry_sdk
from camunda_client.integrations import sentry

class Kept(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event:
            found(says=event["exception"]["values"][-1]["value"], level=event["level"],
                  tags=event["tags"], camunda=event["contexts"].get("camunda"))

sentry_sdk.init("http://key@127.0.0.1/1", transport=Kept)
sentry.install({capture!r})

@camunda_worker(os.environ["JOB_TYPE"], retry_back_off=1)
def handler(job):
    raise ValueError(f"Größe {{job.variables['number']}}")
"""
    scene.start(10)
    with start(source, "--integrations", "none"):
        failed = scene.jobs("FAILED", 30)
    path = tmp_path / "found"
    found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    assert Counter(line["says"] for line in found) == {f"Größe {number}": events for number in range(10) if events}
    assert {line["tags"]["job_type"] for line in found} <= {scene.job_type}
    assert {str(line["camunda"]["job_key"]) for line in found} <= {str(job["key"]) for job in failed}
    assert {line["level"] for line in found} <= {"error"}
