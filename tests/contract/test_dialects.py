"""The translation between the recordings and a dialect hides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from camunda_client.embedded.gateway import DIALECTS
from tests.contract.conversations import CASES
from tests.contract.dialects import OTHERWISE, SPOKEN, TRANSLATIONS, of_version

TEXT_KEYS = [name for name in SPOKEN if TRANSLATIONS[name].text_keys]
NEWER = [name for name in SPOKEN if "gatewayVersion" in TRANSLATIONS[name].added]


def test_every_dialect_can_be_translated() -> None:
    """Write what is special about a new one in ``dialects.py``."""
    assert set(DIALECTS) - set(TRANSLATIONS) == set()


def test_every_exception_of_a_dialect_belongs_to_a_step() -> None:
    assert [
        (dialect, name, number)
        for dialect, exceptions in OTHERWISE.items()
        for name, number in exceptions
        if name not in CASES or number >= len(CASES[name]["steps"])
    ] == []


@pytest.mark.parametrize("dialect", TEXT_KEYS)
def test_keys_are_sent_as_text_and_a_users_own_data_is_left_alone(dialect: str) -> None:
    variables = {"orderKey": 5}

    sent = TRANSLATIONS[dialect].request({"processDefinitionKey": 7, "inner": [{"aKey": 8}], "variables": variables})

    assert sent == {"processDefinitionKey": "7", "inner": [{"aKey": "8"}], "variables": variables}


@pytest.mark.parametrize("dialect", NEWER)
@pytest.mark.parametrize(
    ("answer", "translated"),
    [
        ({"messageKey": "12"}, {"messageKey": 12}),
        ({"messageKey": 12}, {"messageKey": "<not text: 12>"}),
        ({"jobKey": "3"}, {"key": 3}),
        ({"key": "3"}, {"key": "<not the name in this dialect: '3'>"}),
        ({"gatewayVersion": "8"}, {"gatewayVersion": "8", "<missing in this dialect: lastCompletedChangeId>": None}),
        ({"variables": {"orderKey": 5}}, {"variables": {"orderKey": 5}}),
    ],
)
def test_an_answer_that_is_wrong_in_the_dialect_stays_wrong(dialect: str, answer: Any, translated: Any) -> None:
    found = TRANSLATIONS[dialect].answer(answer)

    assert translated.items() <= found.items()


@pytest.mark.parametrize(
    ("version", "dialect"),
    [("8.6.0", "8.6.0"), ("8.6.38", "8.6"), ("8.8.9", "8.8"), ("8.9.0-rc1", "8.9"), ("8.5.1", "8.6.0")],
)
def test_a_version_has_the_newest_dialect_that_is_not_newer(version: str, dialect: str) -> None:
    assert of_version(version) == dialect
