"""Documents are refused and taken as Camunda 8.6.0 did: by a call, and over REST in every dialect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Gateway, Rejection
from tests.contract import own_camunda as own
from tests.contract import recordings
from tests.contract.dialects import SPOKEN, TRANSLATIONS
from tests.contract.documents import REFUSED, TAKEN
from tests.contract.own_camunda import OwnCamunda
from tests.contract.recordings import DOCUMENTS, load
from tests.contract.subjects import Rest

ROOT = Path(__file__).parents[2]
RECORDED = recordings.body(load(DOCUMENTS))
#: What is deployed anywhere in this repository, but for what is there to be refused, alone or at all.
OURS = [
    path
    for folder in ("camunda_client", "examples", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.bpmn"))
    if not path.name.startswith(("bad_", "bindings_deployment.", "empty_id", "linked_resources.", "listen.", "not_xml"))
]


def _said(rest: Rest) -> dict[str, Any]:
    """Return what is said of every document over REST."""
    return recordings.documents(lambda text: recordings.verdict(*rest.deployed([("model.bpmn", text)])))


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_is_refused_with_the_reason(name: str) -> None:
    document, words = REFUSED[name]

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", document))

    assert refused.value.code == RECORDED[name]["title"]
    assert words in refused.value.reason


@pytest.mark.parametrize("name", TAKEN)
def test_a_document_is_taken(name: str) -> None:
    assert Engine().deploy(("model.bpmn", TAKEN[name])).processes
    assert RECORDED[name]["status"] == 200


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_each_model_of_ours_is_taken(path: Path) -> None:
    assert Engine().deploy((path.name, path.read_text().replace("${run}", "x"))).processes


@pytest.fixture
def gateway(dialect: str) -> Iterator[Gateway]:
    with Gateway(Engine(dialect="8.6.0"), dialect=dialect) as running:
        yield running
    assert running.errors == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", SPOKEN)
def test_every_document_is_answered_as_recorded(dialect: str, gateway: Gateway) -> None:
    said = _said(Rest(gateway.base_url, TRANSLATIONS[dialect]))

    difference = recordings.differences(RECORDED, said)
    assert not difference, difference


@pytest.mark.slow
@pytest.mark.parametrize("what", own.names(["documents"]))
def test_a_persons_own_camunda_answers_every_document_as_recorded(what: str, own_camunda: OwnCamunda) -> None:
    own_camunda.compared(what, recordings.differences(RECORDED, _said(own_camunda.rest())))
