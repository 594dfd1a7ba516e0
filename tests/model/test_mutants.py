"""The exploration finds the faults that this package once had.

Seconds for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.model.exploring import explore
from tests.model.mutants import MUTANTS
from tests.model.world import Violation

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seeds that come upon it within seconds; others take up to a minute.
SEEDS = {"a_time_out_beyond_what_is_left": 1, "sent_again_whatever_became_of_it": 1}


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_fault_that_is_put_back_in_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)

    with pytest.raises(Violation):
        explore(SEEDS.get(mutant.__name__, 3), 300, shrink=False)
