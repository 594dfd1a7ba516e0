"""Configuration tests see an empty environment and an empty working directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from camunda_client import config
from tests.parts.configured import without_camunda_variables


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin and end without a configuration."""
    for name in set(os.environ) - set(without_camunda_variables()):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    config.reset_config()
    yield
    config.reset_config()
