"""How the model is explored: with what settings, and how to see what came of it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


def explore(number: int, examples: int, rules: int = 40, *, shrink: bool = True) -> type[Protocol]:
    """Explore from one seed, and return the machine, which has counted; raises the violation that is found."""
    machine = seed(number)(type("Protocol", (Protocol,), {}))
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=rules,
        phases=phases,
        # Seeds are kept in the tests, where they can be read; a database would be one more thing to carry around.
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    with _silence():
        run_state_machine_as_test(machine, settings=chosen)
    return machine


@contextmanager
def _silence() -> Iterator[None]:
    """Have the worker log nothing: most of a run's time would go there."""
    logger = logging.getLogger("camunda_client")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
