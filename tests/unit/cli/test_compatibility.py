"""What a version lacks, and which addresses go away."""

from __future__ import annotations

import pytest

from camunda_client.c8.models import ClusterTopology
from camunda_client.cli._compatibility import notes_on_address, notes_on_version


def notes(gateway: str, *brokers: str) -> list[str]:
    return list(
        notes_on_version(ClusterTopology(gatewayVersion=gateway, brokers=[{"version": one} for one in brokers]))
    )


@pytest.mark.parametrize(
    ("version", "lacking"),
    [("8.6.0", ["8.8", "8.9", "8.10"]), ("8.7.20", ["8.8", "8.9", "8.10"]), ("8.8.9", ["8.9", "8.10"]),
     ("8.9.0-SNAPSHOT", ["8.10"]), ("8.9", ["8.10"]), ("8.10.2", []), ("8.11.0", []), ("9.0.0", [])],
)  # fmt: skip
def test_what_came_later_is_lacking(version: str, lacking: list[str]) -> None:
    found = notes(version, version)

    assert len(found) == bool(lacking)
    assert [since for since in ("8.8", "8.9", "8.10") if any(f"({since})" in note for note in found)] == lacking


@pytest.mark.parametrize("version", ["8.10.0", "8.10.1"])
def test_the_first_two_of_8_10_are_warned_of(version: str) -> None:
    assert notes(version) == [f"Camunda {version} should not be used: its release page says to wait for 8.10.2"]


def test_brokers_of_another_version_are_named() -> None:
    [note] = notes("8.10.9", "8.10.9", "8.9.3", "8.9.3")

    assert note.startswith("the gateway is Camunda 8.10.9, and brokers are 8.9.3: an update that has not ended")


def test_a_version_that_says_nothing_is_shown() -> None:
    assert notes("latest") == ["the gateway names its version 'latest', which says nothing about what it can do"]


def test_an_old_address_of_saas_is_warned_of_with_the_new_one() -> None:
    [note] = notes_on_address("https://bru-2.zeebe.camunda.io/0f1e")

    assert note.endswith("set CAMUNDA_REST_ADDRESS=https://bru-2.api.camunda.io/0f1e")


@pytest.mark.parametrize(
    "address",
    ["https://bru-2.api.camunda.io/0f1e", "http://zeebe.camunda.io.example:8080", "http://localhost:8080/zeebe"],
)
def test_other_addresses_are_well(address: str) -> None:
    assert list(notes_on_address(address)) == []
