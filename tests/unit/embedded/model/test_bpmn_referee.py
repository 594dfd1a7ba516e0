"""What Camunda's own validators refuse is refused at deployment here, and what they take is taken, kind by kind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

import pytest

from camunda_client.embedded import Engine, Rejection
from tests.referees.bpmn import mutations
from tests.referees.bpmn.record import ANSWERS, VERSIONS, mark

ASKED = list(mutations.changed())
SAID = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
#: Reasons, and the kinds that are refused here for them although the validators take them; by dialect where only there.
DIFFERENCES: dict[str, dict[str, list[str]]] = json.loads((mutations.HERE / "differences.json").read_text())


def is_refused(one: mutations.Changed, dialect: str) -> bool:
    try:
        Engine(dialect=dialect).deploy((f"{one.model}.bpmn", one.document))
    except Rejection:
        return True
    return False


def verdicts(dialect: str) -> Iterator[tuple[mutations.Changed, bool, bool]]:
    """Yield each model, whether the validators refuse it, and whether we do."""
    for one, said in zip(ASKED, SAID, strict=True):
        yield one, said[dialect] != "ok", is_refused(one, dialect)


def test_the_answers_are_those_to_what_is_asked_now() -> None:
    """After a change of mutations or models: make referees."""
    assert [(one.kind, one.model, mark(one)) for one in ASKED] == [(s["kind"], s["model"], s["of"]) for s in SAID]


def test_there_are_at_least_90_kinds_of_changes() -> None:
    assert len({one.kind for one in ASKED}) >= 90


@pytest.mark.long
@pytest.mark.parametrize("dialect", VERSIONS)
def test_models_are_refused_that_camundas_validators_refuse_and_no_others(dialect: str) -> None:
    """Others only for a reason that is listed; what the validators leave to the broker is refused there."""
    taken = defaultdict(list)
    stricter = set()
    for one, refused_by_them, refused in verdicts(dialect):
        if refused_by_them and not refused:
            taken[one.kind].append(one.model)
        if refused and not refused_by_them:
            stricter.add(one.kind)

    assert dict(taken) == {}
    assert stricter == {kind for kinds in DIFFERENCES[dialect].values() for kind in kinds}
