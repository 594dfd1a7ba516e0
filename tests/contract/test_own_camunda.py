"""A person's own Camunda is compared with the recordings: found by its address, let in by the usual settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from camunda_client.embedded import Gateway
from tests.contract.own_camunda import ADDRESS, OwnCamunda
from tests.contract.recordings import Played, body, load, path_of
from tests.parts.configured import without_camunda_variables

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the environment are for a person's own Camunda, not for the gateways here."""
    for name in set(os.environ) - set(without_camunda_variables()):
        monkeypatch.delenv(name)


def test_it_is_let_in_by_the_librarys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_BASIC_AUTH_USERNAME", "demo")
    monkeypatch.setenv("CAMUNDA_BASIC_AUTH_PASSWORD", "secret")
    with Gateway(auth=("demo", "secret"), dialect="8.8") as gateway:
        own = OwnCamunda(f"{gateway.base_url}/v2/")

        difference = own.replayed("topology")
        played = Played("service_task", own.rest())

    assert (own.dialect, difference) == ("8.8", "")
    assert played.jobs().items() <= body(load(path_of("service_task"))).items()


def test_the_recorded_version_must_equal_the_recordings() -> None:
    with Gateway(dialect="8.6.0") as gateway, pytest.raises(AssertionError, match="step 1"):
        OwnCamunda(gateway.base_url).compared("conversation x", "step 1")


def test_a_scenario_that_needs_a_key_which_rest_does_not_tell_says_so() -> None:
    with Gateway() as gateway:
        played = Played("job_retries", OwnCamunda(gateway.base_url).rest())

    assert played.stopped == "REST without a search does not return the key of an incident"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dialect", "outcomes"), [("8.6.0", "1 failed, 1 passed, 1 skipped"), ("8.8", "2 passed, 1 skipped")]
)
def test_what_another_version_does_otherwise_is_listed_and_fails_nothing(dialect: str, outcomes: str) -> None:
    with Gateway(dialect=dialect) as gateway:
        gateway.faults.answer("GET /v2/license", 418, {"detail": "a teapot"})
        wanted = "own_camunda and (service_task or job_retries or license)"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/contract/test_models.py", "tests/contract/test_contract.py",
             "-p", "no:cacheprovider", "-k", wanted],
            cwd=ROOT, env={**without_camunda_variables(), ADDRESS: gateway.base_url},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert outcomes in run.stdout
    assert "job_retries: REST without a search does not return the key of an incident" in run.stdout
    assert run.returncode == (1 if dialect == "8.6" else 0)
    if dialect == "8.8":
        assert (
            f"{gateway.base_url} (8.8.9) differs from the recordings of 8.6.0:\nconversation license: step 0:"
            in run.stdout
        )
