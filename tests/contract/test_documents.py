"""Documents are refused and taken alike by the embedded engine and by a real Camunda 8.6.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from camunda_client.embedded import Engine, Rejection
from tests.contract.documents import BY_EXTENSION, BY_FORM, BY_KIND, BY_LOOP, BY_SCHEMA, BY_SCOPE, TAKEN

ROOT = Path(__file__).parents[2]
REFUSED: dict[str, tuple[str, str]] = {**BY_SCHEMA, **BY_KIND, **BY_SCOPE, **BY_FORM, **BY_EXTENSION, **BY_LOOP}
#: What is deployed anywhere in this repository, but for what is there to be refused.
OURS = [
    path
    for folder in ("camunda_client", "examples", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.bpmn"))
    if not path.name.startswith(("bad_", "empty_id", "listen.", "not_xml"))
]


def _answer(base_url: str, content: str | bytes, name: str = "model.bpmn") -> tuple[int, dict[str, Any]]:
    raw = content.encode() if isinstance(content, str) else content
    response = requests.post(f"{base_url}/v2/deployments", files={"resources": (name, raw)}, timeout=30)
    return response.status_code, response.json()


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_is_refused_with_the_reason(name: str) -> None:
    document, words = REFUSED[name]

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", document))

    assert refused.value.code == "INVALID_ARGUMENT"
    assert words in refused.value.reason


@pytest.mark.parametrize("name", TAKEN)
def test_a_document_is_taken(name: str) -> None:
    assert Engine().deploy(("model.bpmn", TAKEN[name])).processes


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_each_model_of_ours_is_taken(path: Path) -> None:
    assert Engine().deploy((path.name, path.read_text().replace("${run}", "x"))).processes


@pytest.mark.slow
@pytest.mark.engine
def test_a_real_camunda_refuses_the_same_documents(real_camunda: Any) -> None:
    answers = {name: _answer(real_camunda.base_url, document) for name, (document, _) in REFUSED.items()}

    assert {name: status for name, (status, _) in answers.items() if status != 400} == {}
    for _, problem in answers.values():
        assert problem["title"] == "INVALID_ARGUMENT"
        assert "Expected to deploy new resources, but encountered the following errors:\n" in problem["detail"]


@pytest.mark.slow
@pytest.mark.engine
def test_a_real_camunda_takes_the_same_documents(real_camunda: Any) -> None:
    answers = {name: _answer(real_camunda.base_url, document) for name, document in TAKEN.items()}

    assert {name: answer for name, answer in answers.items() if answer[0] != 200} == {}
