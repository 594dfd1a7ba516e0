"""docs/logging.md names every event, and no others: their names are part of the interface."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from camunda_client.log._context import JOB_KEYS

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "say", "_log"}
EVENT = re.compile(r"[a-z]+\.[a-z_]+")


def events_of(source: str) -> dict[str, set[str]]:
    """Return the texts given to logging calls that look like events, with the fields that are named there."""
    found: dict[str, set[str]] = {}
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", None))
        if name in LEVELS or isinstance(call.func, ast.IfExp):
            texts = [
                node.value for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Constant)
            ]
            for text in texts:
                if isinstance(text, str) and EVENT.fullmatch(text):
                    found.setdefault(text, set()).update(one.arg for one in call.keywords if one.arg)
    return found


def in_the_code() -> dict[str, set[str]]:
    """Return all events of the package, with their fields."""
    package = ROOT / "camunda_client"
    found: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        if "embedded" not in path.relative_to(package).parts:
            for event, fields in events_of(path.read_text()).items():
                found.setdefault(event, set()).update(fields)
    return found


def rows() -> dict[str, str]:
    """Return the rows of the page's table by event."""
    page = (ROOT / "docs" / "logging.md").read_text()
    return dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|(.*)$", page, flags=re.MULTILINE))


def test_the_page_names_the_fields_of_each_event() -> None:
    """Those of the job aside, which the page lists once."""
    common = {*JOB_KEYS, "exc_info"}
    missing = {
        event: unnamed
        for event, fields in in_the_code().items()
        if (unnamed := fields - common - set(re.findall(r"`(\w+)`", rows().get(event, ""))))
    }

    assert missing == {}


def test_the_page_lists_exactly_the_events_of_the_code() -> None:
    in_code, on_page = set(in_the_code()), set(rows())
    own = {"log.lines_lost", "log.level_unknown", "log.repeats_left_out"}  # rendered by the log itself

    assert on_page - own == in_code - own
