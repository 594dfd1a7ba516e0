"""The real parts, each started once a run and only when a test asks for it, and what they are counted by."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from camunda_client.testing.real_camunda import CAMUNDA_VERSION, RealCamunda
from tests.parts.keycloak import AUDIENCE, KEYCLOAK_VERSION, Keycloak
from tests.parts.need import needed
from tests.parts.secured import SecuredCamunda
from tests.parts.tls import TlsAuthority

#: Fixtures that stand for a real part, and the mark that a test gets for using one.
PARTS = {"real_camunda": "engine", "new_camunda": "engine", "keycloak": "keycloak"}

_ran: Counter[str] = Counter()


def pytest_configure() -> None:
    """Have signals reach the programs under test, also where a shell runs the suite in its background, or nohup.

    These have SIGINT or SIGHUP ignored by all that they start, which goes down to the programs.
    """
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def real_camunda() -> Iterator[RealCamunda]:
    """One Camunda 8.6.0 for all tests; use names of your own (``rest.unique()``) and never stop or pin it."""
    with ExitStack() as stack:
        with needed():
            camunda = stack.enter_context(RealCamunda(heap_mb=512, export_records=True))
        yield camunda


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


@pytest.fixture
def new_camunda() -> Iterator[Callable[..., RealCamunda]]:
    """Start engines for this test alone, to be killed, restarted or configured: ``new_camunda(**options)``."""
    with ExitStack() as stack:

        def start(**options: Any) -> RealCamunda:
            with needed():
                return stack.enter_context(RealCamunda(**options))

        yield start


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the parts they use, so that ``-m "not engine"`` needs no care of the authors."""
    for item in items:
        for fixture, mark in PARTS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests that really ran on a part."""
    if report.when == "call" and not report.skipped:
        _ran.update(mark for mark in set(PARTS.values()) if mark in report.keywords)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many did: a run that skipped them all must not look like one that passed them."""
    terminalreporter.write_line(f"{_ran['engine']} tests ran on a real Camunda {CAMUNDA_VERSION}")
    terminalreporter.write_line(f"{_ran['keycloak']} tests ran with tokens of a real Keycloak {KEYCLOAK_VERSION}")
