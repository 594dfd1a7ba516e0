"""Each model of ours ends as it was recorded of Camunda 8.6.0: called, and over REST in every dialect.

Compared are the elements visited (activated, completed, terminated, flows taken), every variable's last value
in its scope, the incidents with their messages, and what the workers were given.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.contract import own_camunda as own
from tests.contract import recordings
from tests.contract.dialects import SPOKEN, TRANSLATIONS
from tests.contract.own_camunda import OwnCamunda
from tests.contract.recordings import Played, load, path_of
from tests.contract.scenarios import SCENARIOS
from tests.contract.subjects import MODELS, Embedded, Rest


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_model_ends_as_recorded(name: str) -> None:
    subject = Embedded()

    played = Played(name, subject)

    difference = recordings.differences(load(path_of(name)), played.recording())
    assert not difference, difference
    ended = {state for (_, kind, state) in subject.outcome().elements if kind == "PROCESS"} & {
        "COMPLETED",
        "TERMINATED",
    }
    # A scenario that ends with an incident, or waits, leaves its instance active; all others must have ended.
    assert ended or subject.outcome().incidents, [instance.describe() for instance in subject.engine.instances]


@pytest.fixture
def gateway(dialect: str) -> Iterator[Gateway]:
    """A gateway with an engine of its own, because a scenario moves its time."""
    with Gateway(Engine(dialect="8.6.0"), dialect=dialect) as running:
        yield running
    assert running.errors == []


@pytest.mark.parametrize("dialect", SPOKEN)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_model_ends_as_recorded_over_rest(name: str, dialect: str, gateway: Gateway) -> None:
    played = Played(name, Rest(gateway.base_url, TRANSLATIONS[dialect], engine=gateway.engine))

    difference = recordings.differences(load(path_of(name)), played.recording())
    assert not difference, difference


@pytest.mark.slow
@pytest.mark.parametrize("name", own.names(SCENARIOS))
def test_a_model_gives_its_workers_the_recorded_jobs_on_a_persons_own_camunda(
    name: str, own_camunda: OwnCamunda
) -> None:
    """Elements, variables and incidents would need the records that an engine exports."""
    subject = own_camunda.rest()
    try:
        played = Played(name, subject)
        if played.stopped is not None:
            pytest.skip(f"{name}: {played.stopped}")
        found = played.jobs()
    except AssertionError as error:
        found = {"stopped": str(error)}
    finally:
        subject.clean()

    recorded = load(path_of(name))
    own_camunda.compared(f"scenario {name}", recordings.differences({part: recorded[part] for part in found}, found))


def test_every_model_is_played() -> None:
    deployed = {model for name in SCENARIOS for model in load(path_of(name))["models"]}

    assert {path.name for path in MODELS.glob("*.bpmn")} - deployed == set()


def test_every_recording_belongs_to_a_scenario() -> None:
    assert {path.stem for path in path_of("x").parent.iterdir()} == set(SCENARIOS)
