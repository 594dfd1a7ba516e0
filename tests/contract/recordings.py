"""Recorded truth: what became of each scenario and of each document, as files in ``recorded/``.

A recording says in ``source`` who wrote it. Two of them are compared as text, so that a failing test shows the lines
that differ, and 1, 1.0 and true stay three values.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.documents import REFUSED, TAKEN
from tests.contract.scenarios import SCENARIOS
from tests.contract.subjects import MODELS, Outcome, UnplayableError

FOLDER = Path(__file__).parent / "recorded"
DOCUMENTS = FOLDER / "documents.json"
#: What 8.6.0 says before its reasons, which are not compared: they are its parser's own.
OPENING = "Expected to deploy new resources, but encountered the following errors:\n"
#: What names a recording and who wrote it; all else is compared.
_HEAD = ("about", "source")


def path_of(scenario: str) -> Path:
    """Return where a scenario's recording is."""
    return FOLDER / "models" / f"{scenario}.json"


def load(path: Path) -> dict[str, Any]:
    """Return a recording."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def as_text(recording: Any) -> str:
    """Return a recording as its file has it."""
    return json.dumps(recording, indent=1, ensure_ascii=False) + "\n"


def body(recording: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared of a recording."""
    return {name: value for name, value in recording.items() if name not in _HEAD}


def differences(recorded: dict[str, Any], found: dict[str, Any]) -> str:
    """Return the lines that differ, with some around them; empty if none do."""
    texts = [as_text(body(one)).splitlines(keepends=True) for one in (recorded, found)]
    return "".join(difflib.unified_diff(*texts, "recorded", "found", n=2))


class Played:
    """Plays a scenario on a subject, and notes each step as a line."""

    def __init__(self, name: str, subject: Any) -> None:
        self.subject = subject
        self.steps: list[str] = []
        self.models: list[str] = []
        self._keys: dict[int, str] = {}
        #: Why it could not be played to its end.
        self.stopped: str | None = None
        try:
            SCENARIOS[name](self)
        except UnplayableError as reason:
            self.stopped = str(reason)

    def __getattr__(self, step: str) -> Any:
        method = getattr(self.subject, step)

        def take(*given: Any, **variables: Any) -> Any:
            shown = [self._keys.get(value, value) if isinstance(value, int) else value for value in given]
            with_variables = [json.dumps(variables, ensure_ascii=False)] if variables else []
            self.steps.append(" ".join([step, *map(str, shown), *with_variables]))
            if step == "deploy":
                self.models += given
            key = method(*given, **variables)
            if isinstance(key, int):
                self._keys[key] = f"<{'instance' if step == 'start' else 'job'} {len(self._keys) + 1}>"
            return key

        return take

    def jobs(self) -> dict[str, Any]:
        """Return the part of the recording that workers see."""
        jobs = json.loads(json.dumps(self.subject.worked, sort_keys=True))
        return {"models": {name: _hash((MODELS / name).read_bytes()) for name in self.models},
                "steps": self.steps, "jobs": jobs}  # fmt: skip

    def recording(self) -> dict[str, Any]:
        """Return all that is recorded of it."""
        return {**self.jobs(), **_document(self.subject.outcome())}


def _document(outcome: Outcome) -> dict[str, Any]:
    elements: dict[str, Any] = {}
    for (element_id, kind, state), count in sorted(outcome.elements.items()):
        elements.setdefault(f"{element_id} {kind}", {})[state] = count
    variables: dict[str, Any] = {}
    for scope_id, name, value in sorted(outcome.variables.elements()):
        variables.setdefault(scope_id, {}).setdefault(name, []).append(json.loads(value))
    return {"elements": elements, "variables": variables, "incidents": _incidents(outcome.incidents)}


def _incidents(incidents: Counter[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"elementId": element_id, "type": error_type, "message": message, "times": times}
        for (element_id, error_type, message), times in sorted(incidents.items())
    ]


def _hash(content: bytes) -> str:
    """Return what tells a changed file from the recorded one."""
    return hashlib.sha256(content).hexdigest()[:16]


def documents(say: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    """Return what a Camunda says of each document.

    Args:
        say: Deploys a document and returns the ``verdict``.
    """
    texts: dict[str, str | bytes] = {name: text for name, (text, _) in REFUSED.items()}
    found = {}
    for name, text in {**texts, **TAKEN}.items():
        raw = text.encode() if isinstance(text, str) else text
        found[name] = {"document": _hash(raw), **say(raw)}
    return found


def verdict(status: int, answer: Any) -> dict[str, Any]:
    """Return what is recorded of the answer to a deployment."""
    if status == 200:
        return {"status": 200}
    opening, found, _ = str(answer.get("detail")).partition(OPENING)
    return {"status": status, "title": answer.get("title"), "detail": found or opening}
