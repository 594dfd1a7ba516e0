"""The recorded FEEL values are still those of a real Camunda 8.6.0 (the embedded side is in tests/unit/embedded)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.contract.subjects import Real

RECORDED = json.loads((Path(__file__).parent / "feel.json").read_text(encoding="utf-8"))
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{id}" name="g" namespace="n">{decisions}'
    "</definitions>"
)


@pytest.mark.slow
@pytest.mark.engine
def test_recorded_values_are_those_of_a_real_camunda(request: pytest.FixtureRequest) -> None:
    try:
        camunda = request.getfixturevalue("real_camunda")
    except pytest.FixtureLookupError:
        pytest.skip("needs the fixture real_camunda (a real Camunda 8.6.0)")
    real = Real(camunda.base_url, lambda: "")
    answers = [answer for answer in RECORDED["answers"] if not answer.get("refused")]
    name = f"feel{time.time_ns()}"
    decisions = "".join(
        f'<decision id="{name}_{n}" name="{name}_{n}"><variable name="v{n}"/><literalExpression id="l{n}">'
        f"<text>{escape(answer['expression'])}</text></literalExpression></decision>"
        for n, answer in enumerate(answers)
    )
    real.deploy_text(f"{name}.dmn", DMN.format(id=name, decisions=decisions))

    found = {
        answer["expression"]: real.evaluate(f"{name}_{n}", RECORDED["context"]) for n, answer in enumerate(answers)
    }

    expected: dict[str, Any] = {
        answer["expression"]: answer["value"]
        if "value" in answer
        else f"failed to evaluate expression '{answer['expression']}' : {answer['failed']}"
        for answer in answers
    }
    assert {text: value for text, value in found.items() if value != expected[text]} == {}
