"""Ask DMN-Scala anew and show what differs from answers.jsonl, which is written again. Needs Java 17 and Maven.

DMN-Scala (org.camunda.bpm.extension.dmn.scala:dmn-engine, Apache-2.0) is what Camunda 8 evaluates decisions with, on
FEEL-Scala: here 1.10.0 on 1.18.0 (Camunda 8.6, 8.7), and 1.11.0 on 1.21.0 (8.8 on).
"""

from __future__ import annotations

import hashlib
import json
import re

from tests.referees.dmn.cases import HERE, Case, cases
from tests.referees.java import answers, line_of

ANSWERS = HERE / "answers.jsonl"
#: DMN-Scala by FEEL-Scala.
VERSIONS = {"1.18.0": "1.10.0", "1.21.0": "1.11.0"}
SOURCES = [HERE.parent / "feel" / "Referee.java", HERE / "DmnReferee.java"]


def ask(version: str, asked: list[Case]) -> list[str]:
    """Return what DMN-Scala answers on one version of FEEL-Scala, as JSON."""
    libraries = {
        "org.camunda.bpm.extension.dmn.scala:dmn-engine": VERSIONS[version],
        "org.camunda.feel:feel-engine": version,
    }
    services = {"org.camunda.feel.valuemapper.CustomValueMapper": "Referee$Kept"}
    lines = [line_of(one.variables, one.decision, one.document) for one in asked]
    found = answers("DmnReferee", SOURCES, libraries, lines, services)
    return [re.sub(r"Impl@[0-9a-f]+", "Impl", line) for line in found]  # where an object was in memory


def mark(case: Case) -> str:
    """Return what tells whether a case is still the one that was asked."""
    return hashlib.sha256("\n".join((case.document, case.decision, case.variables)).encode()).hexdigest()[:8]


def main() -> None:
    """Write all answers, and say which are new or different."""
    before = {json.loads(line)["name"]: line for line in _lines()}
    asked = cases()
    found = {version: ask(version, asked) for version in VERSIONS}
    changed = 0
    with ANSWERS.open("w", encoding="utf-8") as file:
        for number, one in enumerate(asked):
            old, new = (found[version][number] for version in VERSIONS)
            newer = f', "1.21.0": {new}' if _meaning(new) != _meaning(old) else ""
            head = json.dumps({"kind": one.kind, "name": one.name, "of": mark(one)})
            line = f'{head[:-1]}, "1.18.0": {old}{newer}}}'
            file.write(line + "\n")
            known = before.get(one.name, "").strip()
            if known and known != line:
                changed += 1
                print(f"changed: {one.name}\n  was {known}\n  is  {line}")
    print(f"{len(asked)} decisions, {len(asked) - len(before)} more than before, {changed} with another answer")


def _lines() -> list[str]:
    return ANSWERS.read_text(encoding="utf-8").splitlines() if ANSWERS.exists() else []


def _meaning(line: str) -> object:
    """Return an answer without its words, which may name an object's address."""
    answer = json.loads(line)
    return {key: True if key in ("failed", "refused") else value for key, value in answer.items()}


if __name__ == "__main__":
    main()
