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


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_fault_that_is_put_back_in_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)

    with pytest.raises(Violation):
        explore(3, 300, shrink=False)
