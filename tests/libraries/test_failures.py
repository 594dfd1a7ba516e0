"""What an operator sees of a failure, and what an error tracker gets."""

from __future__ import annotations

import json
import sys
import textwrap
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


def test_an_incident_names_the_reason_and_the_handlers_own_line(scene: Scene, start: Start) -> None:
    scenes = {name: Scene(scene.camunda) for name in REASONS}
    source = "import httpx, pandas, sqlalchemy, tenacity\n"
    for name, (body, _) in REASONS.items():
        source += f"""
@camunda_worker({scenes[name].job_type!r})
def work_{name}(job):
    job.retries = 1
{textwrap.indent(body.strip(), "    ")}
"""
        scenes[name].start()
    with start(source):
        said = {name: one.incident()["errorMessage"] for name, one in scenes.items()}

    for name, (_, expected) in REASONS.items():
        places = [said[name].find(text) for text in expected]
        assert -1 not in places, said[name]
        assert places == sorted(places), said[name]
        assert f"in work_{name}" in said[name]
        assert "legacy.py" in said[name]
        assert "gevent" not in said[name]


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
