"""docs/logging.md names every event, and no others: their names are part of the interface."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "say", "_log"}
EVENT = re.compile(r"[a-z]+\.[a-z_]+")


def events_of(source: str) -> set[str]:
    """Return the texts given to logging calls that look like events."""
    found = set()
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", None))
        if name in LEVELS or isinstance(call.func, ast.IfExp):
            texts = [
                node.value for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Constant)
            ]
            found |= {text for text in texts if isinstance(text, str) and EVENT.fullmatch(text)}
    return found


def test_the_page_lists_exactly_the_events_of_the_code() -> None:
    package = ROOT / "camunda_client"
    ours = [path for path in package.rglob("*.py") if "embedded" not in path.relative_to(package).parts]
    in_code = set().union(*(events_of(path.read_text()) for path in ours))
    page = (ROOT / "docs" / "logging.md").read_text()
    on_page = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", page, flags=re.MULTILINE))
    own = {"log.lines_lost", "log.level_unknown", "log.repeats_left_out"}  # rendered by the log itself

    assert on_page - own == in_code - own
