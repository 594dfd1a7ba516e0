"""What a request may hold, by the descriptions of 8.8 to 8.10."""

from __future__ import annotations

from typing import Any

import pytest

from camunda_client.embedded.gateway._strict import misfits


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ({"type": "a", "timeout": 1}, []),
        ({"worker": None}, []),
        ({"unheardOf": 1}, ["unheardOf"]),
        ({"timeout": "5"}, ["timeout"]),
        ({"timeout": 1000.7}, ["timeout"]),
        ({"maxJobsToActivate": True}, ["maxJobsToActivate"]),
        ({"fetchVariable": ["a", 1]}, ["fetchVariable"]),
    ],
)
def test_unknown_members_and_other_types_are_found(document: dict[str, Any], wrong: list[str]) -> None:
    assert list(misfits("8.9", "JobActivationRequest", document)) == wrong


@pytest.mark.parametrize(("dialect", "wrong"), [("8.8", ["withLease"]), ("8.9", ["withLease"]), ("8.10", [])])
def test_a_member_is_known_from_its_version_on(dialect: str, wrong: list[str]) -> None:
    assert list(misfits(dialect, "JobActivationRequest", {"withLease": True})) == wrong


def test_members_of_members_are_looked_at() -> None:
    document = {
        "result": {"type": "userTask", "denyed": True, "corrections": {"assigne": "ann"}},
        "variables": {"x": 1},
    }

    assert list(misfits("8.8", "JobCompletionRequest", document)) == ["result.denyed", "result.corrections.assigne"]
