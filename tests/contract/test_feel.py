"""FEEL expressions have the values recorded from Camunda 8.6.0: as decisions, called and over REST in every dialect.

``tests/unit/embedded/feel/test_expressions.py`` holds the interpreter itself to the same file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from camunda_client.embedded import Engine, Gateway, Rejection
from tests.contract import own_camunda as own
from tests.contract.dialects import SPOKEN, TRANSLATIONS
from tests.contract.own_camunda import OwnCamunda
from tests.contract.subjects import Rest, shown
from tests.parts.rest import unique

RECORDED = json.loads((Path(__file__).parent / "feel.json").read_text(encoding="utf-8"))
ANSWERS: list[dict[str, Any]] = RECORDED["answers"]
#: What was not refused when it was deployed.
EVALUATED = [answer for answer in ANSWERS if not answer.get("refused")]
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{id}" name="g" namespace="n">{decisions}'
    "</definitions>"
)


def _document(name: str, expressions: list[str]) -> str:
    """Return a document with a decision for each expression, whose ids are the name and a number."""
    decisions = "".join(
        f'<decision id="{name}_{n}" name="{name}_{n}"><variable name="v{n}"/><literalExpression id="l{n}">'
        f"<text>{escape(expression)}</text></literalExpression></decision>"
        for n, expression in enumerate(expressions)
    )
    return DMN.format(id=name, decisions=decisions)


def _recorded(answer: dict[str, Any]) -> Any:
    if "failed" in answer:
        return f"failed to evaluate expression '{answer['expression']}' : {answer['failed']}"
    return answer["value"]


def _differences(rest: Rest) -> str:
    """Return the expressions with another value than the recorded one, as lines."""
    name = unique()
    text = _document(name, [answer["expression"] for answer in EVALUATED])
    status, deployed = rest.deployed([(f"{name}.dmn", text.encode())])
    if status != 200:
        return f"not deployed: {status} {deployed}"
    lines = []
    for n, answer in enumerate(EVALUATED):
        body = {"decisionDefinitionId": f"{name}_{n}", "variables": RECORDED["context"]}
        status, found = rest.call("POST", "/v2/decision-definitions/evaluation", body)
        assert status == 200, found
        failure = found["failureMessage"]
        value = failure.partition(", but ")[2] if failure else json.loads(found["output"])
        if shown(value) != shown(_recorded(answer)):
            lines.append(f"{answer['expression']}: recorded {shown(_recorded(answer))}, found {shown(value)}")
    return "\n".join(lines)


@pytest.fixture
def gateway(dialect: str) -> Iterator[Gateway]:
    with Gateway(Engine(dialect="8.6.0"), dialect=dialect) as running:
        yield running
    assert running.errors == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", SPOKEN)
def test_expressions_have_the_recorded_values_over_rest(dialect: str, gateway: Gateway) -> None:
    assert _differences(Rest(gateway.base_url, TRANSLATIONS[dialect])) == ""


@pytest.mark.parametrize("expression", [answer["expression"] for answer in ANSWERS if answer.get("refused")])
def test_a_decision_whose_expression_was_refused_is_not_deployed(expression: str) -> None:
    with pytest.raises(Rejection) as refused:
        Engine(dialect="8.6.0").deploy(("feel.dmn", _document("feel", [expression])))

    assert refused.value.code == "INVALID_ARGUMENT"


@pytest.mark.slow
@pytest.mark.parametrize("what", own.names(["FEEL"]))
def test_expressions_have_the_recorded_values_on_a_persons_own_camunda(what: str, own_camunda: OwnCamunda) -> None:
    own_camunda.compared(what, _differences(own_camunda.rest()))
