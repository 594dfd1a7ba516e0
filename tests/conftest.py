"""The real parts, each started once a run and only when a test asks for it, and what they are counted by."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.parts.camunda import ADDRESS, Camunda, EngineProcess, given_camunda
from tests.parts.keycloak import AUDIENCE, KEYCLOAK_VERSION, Keycloak
from tests.parts.need import needed
from tests.parts.secured import SecuredCamunda
from tests.parts.tls import TlsAuthority
from tests.run import further_cases

#: The Camundas that tests run on; the second only if there is one.
EMBEDDED, GIVEN = "embedded", "given"
#: Fixtures that need more of a Camunda than its address.
NEEDS = {"scene": "records"}
#: Fixtures that stand for a part that not every machine has, and the mark that a test gets for using one.
PARTS = {"keycloak": "keycloak"}
#: Marks of what a quick run leaves out. Keycloak's start alone computes for half a minute.
LONG = frozenset({"long", "keycloak"})

_ran: Counter[str] = Counter()


def pytest_configure() -> None:
    """Have signals reach the programs under test, also where a shell runs the suite in its background, or nohup.

    These have SIGINT or SIGHUP ignored by all that they start, which goes down to the programs.
    """
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineProcess]:
    """One embedded engine for all tests; use names of your own (``rest.unique()``), never stop it or move its clock."""
    with EngineProcess() as engine:
        yield engine


@pytest.fixture(params=[EMBEDDED, GIVEN] if given_camunda() else None)
def camunda(request: pytest.FixtureRequest) -> Camunda:
    """A Camunda to talk to: the engine above, and the one that was given by ``CAMUNDA_TEST_REST_ADDRESS``."""
    given = given_camunda() if getattr(request, "param", EMBEDDED) == GIVEN else None
    found: Camunda = given or request.getfixturevalue("engine")
    for mark in request.node.iter_markers("needs"):
        for what in mark.args:
            if what not in found.can:
                pytest.skip(f"needs a Camunda with {what}, which {found.base_url} has not")
    return found


@pytest.fixture
def new_camunda() -> Iterator[Callable[..., EngineProcess]]:
    """Start engines for this test alone, to be killed, restarted or troubled: ``new_camunda(data=True)``."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(EngineProcess(**options))


@pytest.fixture(scope="session")
def keycloak() -> Iterator[Keycloak]:
    """One Keycloak for all tests; change or disable its client "spoilable" only."""
    with ExitStack() as stack:
        with needed():
            server = stack.enter_context(Keycloak())
        yield server


@pytest.fixture(scope="session")
def secured_camunda(keycloak: Keycloak) -> Iterator[SecuredCamunda]:
    """One embedded Camunda, in a process of its own, that answers 401 to requests without a token of ``keycloak``."""
    with SecuredCamunda(keycloak.issuer, AUDIENCE) as camunda:
        yield camunda


@pytest.fixture(scope="session")
def tls_authority(tmp_path_factory: pytest.TempPathFactory) -> TlsAuthority:
    """One certificate authority for all tests; ``with tls_authority.server(...)`` runs an HTTPS server."""
    return TlsAuthority(tmp_path_factory.mktemp("tls"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let one of several processes run its share of the tests, ``--share 1/3``; and let a run be quick."""
    parser.addoption("--share", metavar="N/M", help="run the Nth of M shares of the tests")
    parser.addoption("--quick", action="store_true", help="run one case of each test, none that is long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the parts they use, so that ``-m "not keycloak"`` needs no care of the authors; keep the share."""
    for item in items:
        for fixture, mark in PARTS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
        for fixture, what in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.needs(what))
    # Every Mth test, so that the cases of a slow one are spread over all shares.
    number, shares = map(int, (config.option.share or "1/1").split("/"))
    unwanted = set()
    if config.option.quick:
        unwanted = further_cases([item.nodeid for item in items])
        unwanted |= {item.nodeid for item in items if not LONG.isdisjoint(item.keywords)}
    left_out = [item for item in items if item.nodeid in unwanted]
    # Of what is left out, too, each share says its part: the parts are added up.
    config.hook.pytest_deselected(items=left_out[number - 1 :: shares])
    items[:] = [item for item in items if item.nodeid not in unwanted][number - 1 :: shares]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests that really ran on a part."""
    if report.when == "call" and not report.skipped:
        _ran.update(mark for mark in set(PARTS.values()) if mark in report.keywords)
        _ran[GIVEN] += GIVEN in report.nodeid.rpartition("[")[2]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many did: a run that skipped them all must not look like one that passed them."""
    if given_camunda():
        terminalreporter.write_line(f"{_ran[GIVEN]} tests ran on the Camunda of {ADDRESS}")
    terminalreporter.write_line(f"{_ran['keycloak']} tests ran with tokens of a real Keycloak {KEYCLOAK_VERSION}")


@pytest.fixture
def unmeasured_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the coverage of programs that the test starts unmeasured.

    To measure, a program imports much before its first line. And where CPython 3.11 traces threads, as coverage does,
    those of a ``run_in="process"`` child stand still while one that waits in C has not felt that its time is over.
    """
    monkeypatch.setenv("COVERAGE_PROCESS_CONFIG", "")
