"""Each model of ours ends alike on the embedded engine and on a real Camunda 8.6.0.

Compared are the elements visited (activated, completed, terminated, flows taken), every variable's last value
in its scope, the incidents with their messages, and what the workers were given. ``-rA`` shows the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.scenarios import SCENARIOS
from tests.contract.subjects import Embedded, Real

_TABLE: dict[str, tuple[str, str]] = {}


@pytest.fixture(scope="session")
def real(request: pytest.FixtureRequest) -> Any:
    """A real Camunda that exports its records, or a skip that says what is missing."""
    try:
        camunda = request.getfixturevalue("real_camunda")
    except pytest.FixtureLookupError:
        pytest.skip("needs the fixture real_camunda (a real Camunda 8.6.0)")
    if not Path(camunda.log_path).exists():
        pytest.skip("the real Camunda keeps no log of its records")
    return camunda


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print what was compared, when all is done."""
    yield
    if _TABLE:
        width = max(map(len, _TABLE))
        print("\n" + "model".ljust(width), "embedded  real 8.6.0  what")
        for name, (embedded, compared) in _TABLE.items():
            print(name.ljust(width), embedded.ljust(9), compared.ljust(11), SCENARIOS[name].__doc__)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_model_runs_on_the_embedded_engine(name: str) -> None:
    subject = Embedded()

    SCENARIOS[name](subject)

    outcome = subject.outcome()
    _TABLE[name] = ("ran", "not asked")
    ended = {state for (_, kind, state) in outcome.elements if kind == "PROCESS"} & {"COMPLETED", "TERMINATED"}
    # A scenario that ends with an incident, or waits, leaves its instance active; all others must have ended.
    assert ended or outcome.incidents, [instance.describe() for instance in subject.engine.instances]


def _log_from_now(log: Path) -> Callable[[], str]:
    """Return what reads the log from here on; all of a test run's log is hundreds of megabytes."""
    start = log.stat().st_size

    def read() -> str:
        with log.open("rb") as stream:
            stream.seek(start)
            return stream.read().decode("utf-8", "replace")

    return read


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_model_ends_alike_on_a_real_camunda(name: str, real: Any) -> None:
    embedded = Embedded()
    camunda = Real(real.base_url, _log_from_now(Path(real.log_path)))
    SCENARIOS[name](embedded)

    try:
        SCENARIOS[name](camunda)
        differences = camunda.outcome_like(embedded.outcome()).differences(embedded.outcome())
    finally:
        camunda.clean()

    _TABLE[name] = ("ran", "alike" if not differences else "differs")
    assert not differences, "\n".join(differences)
    assert camunda.worked == embedded.worked


def test_every_model_is_played() -> None:
    models = {path.name for path in (Path(__file__).parent.parent / "models").glob("*.bpmn")}
    deployed: set[str] = set()

    class Listening(Embedded):
        def deploy(self, *names: str) -> None:
            deployed.update(names)
            super().deploy(*names)

    for play in SCENARIOS.values():
        play(Listening())

    assert models - deployed == set()
