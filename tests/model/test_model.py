"""The worker's rooms against an adversary: delays, losses, repetitions, restarts, two workers.

A step is a moment at which something happens in the simulated world: a request arrives, an answer comes, a timer
fires, a lease ends. The suite explores from seeds that are kept below, so that its verdict is about the change at hand.
``PROTOCOL_MODEL_SEED=random`` explores from a new one and says which, ``=N`` repeats it, ``PROTOCOL_MODEL_SHRINK=1``
shrinks what it finds, and ``PROTOCOL_MODEL_EXAMPLES=N`` makes it longer.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.model.exploring import explore

#: Steps that a run of this file takes at least.
STEPS = 100_000
#: Examples for each seed, and how many at most.
EXAMPLES = int(os.environ.get("PROTOCOL_MODEL_EXAMPLES", "40"))
MOST_SEEDS = 20
#: To shrink an example takes minutes.
SHRINK = bool(os.environ.get("PROTOCOL_MODEL_SHRINK"))
#: Where the suite begins.
FIRST = 160_324
#: Seeds that once found a fault of the product, or of the model.
KEPT = (3, 13)


@pytest.mark.slow
def test_no_adversary_has_a_job_lost_or_run_twice_that_could_be_kept() -> None:
    asked = os.environ.get("PROTOCOL_MODEL_SEED", str(FIRST))
    begun = random.SystemRandom().randrange(1_000_000) if asked == "random" else int(asked)
    events = rules = 0
    for number in range(begun, begun + MOST_SEEDS):
        try:
            machine = explore(number, EXAMPLES, shrink=SHRINK)
        except AssertionError:
            print(f"seed {number} (PROTOCOL_MODEL_SEED={number})")
            raise
        events, rules = events + machine.events, rules + machine.steps
        if events >= STEPS:
            break
    print(f"seeds {begun} to {number}: {events} steps in {rules} rules")
    assert events >= STEPS


@pytest.mark.slow
@pytest.mark.parametrize("number", KEPT)
def test_what_was_found_once_is_found_no_more(number: int) -> None:
    explore(number, 20, shrink=SHRINK)
