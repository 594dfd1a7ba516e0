"""Whatever is deployed is deployed or refused with its reasons, and what was deployed runs or has an incident."""

from __future__ import annotations

import copy
import logging
import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from camunda_client.embedded import Engine, Rejection
from camunda_client.embedded.model import EvaluationError

MODELS = Path(__file__).parents[3] / "models"
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="g" name="G" namespace="n">'
    '<decision id="d" name="D"><decisionTable id="t"><input id="i"><inputExpression id="ie"><text>a</text>'
    '</inputExpression></input><output id="o" name="out"/><rule id="r">{}</rule></decisionTable></decision>'
    "</definitions>"
)
INPUT = "<inputEntry><text>1</text></inputEntry>"
OUTPUT = "<outputEntry><text>2</text></outputEntry>"


@pytest.mark.parametrize(
    ("row", "output"),
    [
        (INPUT + OUTPUT + OUTPUT, 2),
        (OUTPUT, 2),
        (INPUT + INPUT + OUTPUT, 2),
        (INPUT.replace("1", "3") + INPUT + OUTPUT, None),
    ],
)
def test_a_row_that_does_not_fit_its_table_is_taken_as_far_as_it_does(row: str, output: Any) -> None:
    """So does DMN-Scala: what is missing is not tested, what is too much is passed over."""
    engine = Engine()
    decision = engine.deploy(("d.dmn", DMN.format(row))).decisions[0]

    assert engine.evaluate(decision, {"a": 1})[-1].output == output


def test_a_row_without_an_output_is_refused() -> None:
    """It was a bare ValueError of zip()."""
    with pytest.raises(Rejection, match=r"'d\.dmn': .*outputEntry"):
        Engine().deploy(("d.dmn", DMN.format(INPUT)))


def test_a_start_events_name_that_can_not_be_counted_is_refused() -> None:
    """The engine's inner exception for incidents came out of the deployment."""
    model = (MODELS / "message_start.bpmn").read_text()
    name = etree.fromstring(model.encode()).find("{*}message").get("name")
    with pytest.raises(Rejection, match="failed to evaluate expression"):
        Engine().deploy(("p.bpmn", model.replace(f'name="{name}"', 'name="=(-1) ** 0.5"')))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"id": 1}', b"\xff\xfe", b"[" * 200_000])
def test_a_form_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(Rejection, match=r"'f\.form': "):
        Engine().deploy(("f.form", content))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_document_with_parts_changed_at_random_is_refused_or_runs(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(seed)
    files = sorted(path for path in MODELS.iterdir() if path.suffix in (".bpmn", ".dmn"))
    documents = [(path.name, etree.fromstring(path.read_bytes())) for path in files]
    ran = 0
    with caplog.at_level(logging.ERROR, "camunda_client.embedded"):
        for name, document in documents * 4:
            engine = Engine()
            try:
                deployment = engine.deploy((name, changed(document, chance)))
            except Rejection:
                continue
            run(engine, deployment)
            ran += 1
    assert caplog.messages == [], "what the engine does not foresee it logs as an error, and asks for a report"
    assert ran > 30


def changed(document: Any, chance: random.Random) -> bytes:
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        nodes = [node for node in document.iter() if isinstance(node.tag, str)]
        node, other = chance.choice(nodes), chance.choice(nodes)
        match chance.randrange(6):
            case 0 if node.getparent() is not None:
                node.getparent().remove(node)
            case 1 if node.attrib:
                del node.attrib[chance.choice(sorted(node.attrib))]
            case 2 if node.attrib:
                node.attrib[chance.choice(sorted(node.attrib))] = chance.choice(["", "x", "=", "===", "=[1", "#", "-1"])
            case 3 if node.getparent() is not None:
                node.getparent().append(copy.deepcopy(node))
            case 4:
                node.text = chance.choice(["", "=", "x", "= 1 +", "=sqrt(-1)", "PT", "1,2", "]1..", "not("])
            case 5:
                node.tag = other.tag
    return etree.tostring(document)


def run(engine: Engine, deployment: Any) -> None:
    for decision in deployment.decisions:
        with suppress(EvaluationError):
            engine.evaluate(decision, {"a": 1, "b": "x", "wanted": True})
    for process in deployment.processes:
        with suppress(Rejection):
            engine.create_instance(process.process_id, {"a": 1, "key": "k", "items": [1, 2]})
    for _ in range(3):
        for job in engine.jobs():
            with suppress(Rejection):  # it ended with another one
                engine.complete(job.key, {"z": 1})
        engine.advance(timedelta(minutes=10))
