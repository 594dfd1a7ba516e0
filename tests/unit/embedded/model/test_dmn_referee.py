"""Decisions have the values that DMN-Scala gave, on both versions of FEEL that Camunda 8 has (tests/referees/dmn).

What each decision of the graph came to is compared, too: inputs, rules that matched and their outputs. What still
differs is in differences.json, with the reasons.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from camunda_client.embedded.feel import Expression
from camunda_client.embedded.model._dmn import DecisionError, read_graph
from camunda_client.embedded.model._evaluation import LogicError, Run
from camunda_client.embedded.model._logic import Evaluated
from tests.referees.dmn.cases import HERE, Case, cases
from tests.referees.dmn.record import ANSWERS, mark
from tests.unit.embedded.feel.test_referee import MODERN, NOW, same, shown

DIFFERENCES = HERE / "differences.json"
#: The shapes of the TCK's level 2 that are among the cases; each is held to the referee without exception.
LEVEL_2 = 51


def answer(case: Case, *, modern: bool) -> dict[str, Any]:
    try:
        decision = read_graph(case.document.encode(), modern=modern).decisions.get(case.decision)
    except DecisionError as error:
        return {"refused": str(error)}
    if decision is None:
        return {"failed": "there is none", "log": []}
    run = Run(lambda: NOW)
    variables = Expression(case.variables, feel=True).value({})
    try:
        return {"value": shown(run.decide(decision, variables)), "log": [part(one) for one in run.log]}
    except LogicError as error:
        return {"failed": str(error), "log": [part(one) for one in run.log]}


def part(entry: Evaluated) -> dict[str, Any]:
    """Return a part of an evaluation as the referee shows it."""
    found: dict[str, Any] = {
        "id": entry.decision.decision_id,
        "logic": entry.type.replace("_", "").lower(),
        "value": {"@": "error"} if entry.failure else shown(entry.output),
    }
    if entry.type == "DECISION_TABLE":
        found["inputs"] = [shown(value) for _, _, value in entry.inputs]
        found["rules"] = [
            [rule.id or None, [shown(one) for _, _, one in outputs]] for rule, _, outputs in entry.matched
        ]
    return found


#: How often a list's order asks its function, and of what, is the sort's own business: Python 3.13 asks otherwise.
UNLOGGED = "knowledge/call/sort"


def agree(ours: dict[str, Any], theirs: dict[str, Any], *, logged: bool = True) -> bool:
    for entry in theirs.get("log", ()):
        entry["logic"] = entry["logic"].lower()
    return (
        next(iter(ours)) == next(iter(theirs))
        and same(ours.get("value"), theirs.get("value"))
        and (not logged or same(ours.get("log", []), theirs.get("log", [])))
    )


def asked() -> Iterator[tuple[str, Case, dict[str, Any]]]:
    """Yield version, case and recorded answer."""
    with ANSWERS.open(encoding="utf-8") as lines:
        for case, line in zip(cases(), lines, strict=True):
            one = json.loads(line, parse_float=Decimal)
            assert (one["name"], one["of"]) == (case.name, mark(case)), "changed since it was recorded: make referees"
            for version in MODERN:
                yield version, case, one.get(version, one["1.18.0"])


@pytest.mark.long
@pytest.mark.slow
def test_decisions_have_the_values_of_dmn_scala() -> None:
    """36 of the TCK's 51 level-2 tables passed, and no boxed expression."""
    known = [one for kind in json.loads(DIFFERENCES.read_text(encoding="utf-8")) for one in kind["decisions"]]
    every = list(asked())

    found = [
        [version, case.name]
        for version, case, theirs in every
        if not agree(answer(case, modern=MODERN[version]), theirs, logged=case.name != UNLOGGED)
    ]

    assert [one for one in found if one not in known] == [], "new differences"
    assert [one for one in known if one not in found] == [], "no longer different: take them out of differences.json"
    assert len(found) <= len(every) / 100
    tables = {case.name.rpartition("/")[0] for _, case, _ in every if case.kind in ("table", "hit policy")}
    assert len(tables) >= LEVEL_2
    assert not [name for _, name in found if name.rpartition("/")[0] in tables]
