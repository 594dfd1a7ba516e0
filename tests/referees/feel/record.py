"""Ask FEEL-Scala anew and show what differs from answers.jsonl, which is written again. Needs Java 17 and Maven.

FEEL-Scala (org.camunda.feel:feel-engine, Apache-2.0) is what Camunda 8 evaluates expressions with: 1.18.0 in 8.6 and
8.7, 1.21.0 from 8.8 on. Maven fetches it with what it needs (Apache-2.0, MIT and BSD) from Maven Central.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.referees.feel.expressions import CONTEXT, HERE, Asked, expressions
from tests.referees.java import answers, line_of

VERSIONS = ("1.18.0", "1.21.0")
ANSWERS = HERE / "answers.jsonl"


def read() -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return the recorded lines by text and input."""
    if not ANSWERS.exists():
        return {}
    with ANSWERS.open(encoding="utf-8") as lines:
        recorded = [exact(line) for line in lines]
    return {(one["text"], one.get("input")): one for one in recorded}


def ask(version: str, asked: list[Asked]) -> list[str]:
    """Return what one version of FEEL-Scala answers, as JSON: numbers keep all their digits so."""
    lines = [line_of(CONTEXT, one.input, one.text) for one in asked]
    return answers("Referee", [HERE / "Referee.java"], {"org.camunda.feel:feel-engine": version}, lines)


def main() -> None:
    """Write all answers, and say which are new or different."""
    before, asked = read(), expressions()
    found = {version: ask(version, asked) for version in VERSIONS}
    changed = 0
    with ANSWERS.open("w", encoding="utf-8") as file:
        for number, one in enumerate(asked):
            old, new = (found[version][number] for version in VERSIONS)
            parts = [f'"kind": {json.dumps(one.kind)}', f'"text": {json.dumps(one.text)}']
            if one.input is not None:
                parts.append(f'"input": {json.dumps(one.input)}')
            parts.append(f'"1.18.0": {old}')
            if _meaning(new) != _meaning(old):  # else it is the same answer, maybe in other words
                parts.append(f'"1.21.0": {new}')
            line = "{" + ", ".join(parts) + "}"
            file.write(line + "\n")
            known = before.get((one.text, one.input))
            if known is not None and known != exact(line):
                changed += 1
                print(f"changed: {one.text}\n  was {known}\n  is  {line}")
    print(f"{len(asked)} expressions, {len(asked) - len(before)} more than before, {changed} with another answer")


def exact(line: str) -> Any:
    """Return what JSON text says, numbers with all their digits."""
    return json.loads(line, parse_float=Decimal)


def _meaning(line: str) -> Any:
    answer = exact(line)
    return answer["value"] if "value" in answer else next(iter(answer))


if __name__ == "__main__":
    main()
