"""A person's own Camunda, and what is said of it at the end."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.contract.own_camunda import ADDRESS, OwnCamunda

_OWN = pytest.StashKey[OwnCamunda]()


@pytest.fixture(scope="session")
def own_camunda(pytestconfig: pytest.Config) -> OwnCamunda:
    """Return the Camunda of ``CAMUNDA_TEST_REST_ADDRESS``; tests that ask for it are skipped where it is not set."""
    own = OwnCamunda(os.environ[ADDRESS])
    pytestconfig.stash[_OWN] = own
    return own


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where a person's own Camunda differs from the recordings."""
    own = config.stash.get(_OWN, None)
    if own is not None:
        terminalreporter.section("your own Camunda")
        for line in own.report():
            terminalreporter.write_line(line)
