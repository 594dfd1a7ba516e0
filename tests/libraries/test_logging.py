"""Recipes of docs/logging.md, with the real libraries: every line leaves once, with its job."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.libraries.conftest import ROOT, Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow


def recipe(mark: str) -> str:
    """Return the Python block of docs/logging.md that has a text."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/logging.md").read_text(), re.DOTALL)
    [block] = [block for block in blocks if mark in block]
    return str(block)


def work(scene: Scene, start: Start, source: str, *options: str) -> list[str]:
    scene.start(20)
    with start(source, *options) as program:
        scene.completed_once(20)
        program.send(signal.SIGTERM)
        assert program.end() == 0
    return program.lines


HANDLER = """
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    time.sleep(0.05)
    logger.info("packed {} Größe ж", job.variables["number"])
    logging.getLogger("legacy").warning("stdlib %s {braces} 100%%", job.variables["number"])
"""


def test_loguru_shows_the_job_in_each_line(scene: Scene, start: Start) -> None:
    lines = work(scene, start, recipe("{extra[job_key]}") + "import logging\n" + HANDLER)

    packed = [line for line in lines if "packed" in line]
    keys = {str(job["key"]) for job in scene.now("COMPLETED")}
    assert {key for line in packed for key in keys if key in line} == keys
    assert len(packed) == 20
    assert [line for line in lines if "KeyError" in line or "Logging error" in line] == []


def test_all_lines_through_loguru(scene: Scene, start: Start, tmp_path: Path) -> None:
    """Its extra was empty for lines of stdlib, and a failure's line showed local variables."""
    source = recipe("class ToLoguru") + "logger.add('lines', serialize=True, diagnose=False)\n" + HANDLER
    work(scene, start, source)

    records = [json.loads(line)["record"] for line in (tmp_path / "lines").read_text().splitlines()]
    keys = {str(job["key"]) for job in scene.now("COMPLETED")}
    for text in ("packed", "stdlib", "job.completed"):
        found = [record for record in records if record["message"].startswith(text)]
        assert len(found) == 20, text
        assert {record["extra"].get("job_key") for record in found} == keys, text
    [said] = {record["message"] for record in records if record["message"].startswith("stdlib 7 ")}
    assert said == "stdlib 7 {braces} 100%"
    names = {record["name"] for record in records}
    assert "legacy" in names
    assert any(name.startswith("camunda_client") for name in names)


def test_opentelemetrys_logs_have_the_job_and_the_console_too(scene: Scene, start: Start, tmp_path: Path) -> None:
    console = "ConsoleLogRecordExporter(out=open('exported', 'w'), formatter=lambda line: line.to_json(None) + chr(10))"
    more = "from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter\n"
    source = more + recipe("LoggerProvider").replace("OTLPLogExporter()", console)
    source += HANDLER.replace("logger.info", "logging.info").replace("{} G", "%s G")
    lines = work(scene, start, source)

    exported = [json.loads(line) for line in (tmp_path / "exported").read_text().splitlines()]
    keys = {str(job["key"]) for job in scene.now("COMPLETED")}
    ours = [json.loads(line) for line in lines if line.startswith('{"timestamp"')]
    for text in ("packed", "stdlib", "job.completed"):
        found = [record for record in exported if record["body"].startswith(text)]
        assert len(found) == 20, text
        assert {record["attributes"].get("job_key") for record in found} == keys, text
        shown = [line for line in ours if line["event"].startswith(text)]
        assert {line["job_key"] for line in shown} == keys, text
        assert len(shown) == 20, text
    assert all("job_key" not in line for line in ours if line["event"] == "shutdown.drained")
