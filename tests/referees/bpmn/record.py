"""Ask zeebe-bpmn-model's validators anew and show what differs from answers.jsonl. Needs Java 17 and Maven.

``io.camunda:zeebe-bpmn-model`` is under the Apache License 2.0 by its pom. It is what Camunda checks a model with
before anything else; what the broker checks after that (expressions, above all) is not in it.
"""

from __future__ import annotations

import base64
import hashlib
import json

from tests.referees.bpmn.mutations import HERE, Changed, changed
from tests.referees.java import answers

ANSWERS = HERE / "answers.jsonl"
#: Version of the library by the dialect that is held to it.
VERSIONS = {"8.6": "8.6.0", "8.9": "8.9.0"}


def ask(version: str, asked: list[Changed]) -> list[str | list[str]]:
    """Return ``ok``, ``schema`` or the problems of each document."""
    lines = [base64.b64encode(one.document).decode() for one in asked]
    libraries = {"io.camunda:zeebe-bpmn-model": version}
    return [_read(line) for line in answers("BpmnReferee", [HERE / "BpmnReferee.java"], libraries, lines)]


def _read(line: str) -> str | list[str]:
    first, *problems = line.split()
    return [base64.b64decode(one).decode() for one in problems] if first == "refused" else first


def mark(one: Changed) -> str:
    """Return what tells whether a document is still the one that was asked about."""
    return hashlib.sha256(one.document).hexdigest()[:8]


def main() -> None:
    """Write all answers, and say which are new or different."""
    before = set(ANSWERS.read_text(encoding="utf-8").splitlines()) if ANSWERS.exists() else set()
    asked = list(changed())
    found = {dialect: ask(version, asked) for dialect, version in VERSIONS.items()}
    lines = []
    for number, one in enumerate(asked):
        said = {dialect: verdicts[number] for dialect, verdicts in found.items()}
        lines.append(json.dumps({"kind": one.kind, "model": one.model, "of": mark(one), **said}, ensure_ascii=False))
    ANSWERS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} models, {len(set(lines) - before)} with another answer than before")


if __name__ == "__main__":
    main()
