"""The options of ``camunda-client engine``."""

from __future__ import annotations

from camunda_client.cli import _engine
from camunda_client.embedded.gateway import DIALECTS


def test_every_dialect_of_the_gateway_can_be_asked_for() -> None:
    """They are named twice, because the command line must not load the engine to say what there is."""
    assert tuple(DIALECTS) == _engine.DIALECTS
