"""The pytest plugin: fixtures ``camunda``, ``camunda_worker_session`` and ``activated_job``.

pytest loads this in every run where the package is installed, so it imports nothing beside pytest until a fixture is
used. It never patches: what patches is ``camunda_client.c8.worker``, which the handlers under test import.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from camunda_client.testing._marker import options
from camunda_client.testing._registrations import Registrations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import TypeGuard

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.testing._coverage import Coverage
    from camunda_client.testing.embedded_camunda import EmbeddedCamunda
    from camunda_client.testing.worker_session import WorkerSession

__all__ = [
    "activated_job",
    "camunda",
    "camunda_worker_session",
    "pytest_addoption",
    "pytest_configure",
    "pytest_fixture_setup",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

_MARKER = (
    "camunda(start=None, tenants=None): how the fixture camunda begins: the moment at which its clock stands, "
    "names of tenants"
)
_EXTRA = ("SpiffWorkflow", "werkzeug", "lxml")
_REGISTRATIONS = pytest.StashKey[Registrations]()
_COVERAGE = pytest.StashKey[Any]()
#: Under what name a process of pytest-xdist hands over what it counted.
_HANDED_OVER = "camunda_bpmn_coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the coverage of processes."""
    group = parser.getgroup("camunda", "Camunda processes under test")
    group.addoption(
        "--bpmn-coverage",
        action="store_true",
        help="say at the end which elements and flows of the deployed processes no test has taken",
    )
    group.addoption(
        "--bpmn-coverage-html",
        metavar="DIR",
        help="the same as a page, DIR/index.html: each process drawn with counts, and the paths of failed tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)
    config.stash[_REGISTRATIONS] = Registrations()
    config.stash[_COVERAGE] = None
    if config.getoption("--bpmn-coverage") or config.getoption("--bpmn-coverage-html"):
        from camunda_client.testing._coverage import Coverage

        config.stash[_COVERAGE] = Coverage()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Count handlers that are made from here on as this test's, before its first fixture."""
    item.config.stash[_REGISTRATIONS].begin()


# The old kind of wrapper: the plugin is loaded by whatever pytest is there, and must not end its run.
@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, None, None]:
    """Count handlers that a fixture for several tests makes as those of all of them, not of the first one."""
    if fixturedef.scope == "function":
        yield
        return
    with request.config.stash[_REGISTRATIONS].shared():
        yield


@pytest.fixture
def camunda(request: pytest.FixtureRequest) -> Iterator[EmbeddedCamunda]:
    """A fresh Camunda in memory: deploy, start, publish, advance, and look at what happened."""
    kind = _embedded_camunda()
    try:
        # The nearest comes first there; what a test says shall count more than what its class says.
        wanted = options(reversed([*request.node.iter_markers("camunda")]))
    except ValueError as error:
        pytest.fail(f"marker camunda: {error}", pytrace=False)
    with kind(folder=request.path.parent, **wanted) as fresh:
        yield fresh


@pytest.fixture
def camunda_worker_session(camunda: EmbeddedCamunda, request: pytest.FixtureRequest) -> Iterator[WorkerSession]:
    """Runs the @camunda_worker functions that are registered, against ``camunda``."""
    from camunda_client.testing.worker_session import WorkerSession

    handlers = request.config.stash[_REGISTRATIONS]
    module = request.module.__name__
    camunda.session = WorkerSession(
        camunda.engine,
        handlers.of_this_test,
        is_own=lambda worker: worker.module == module or handlers.is_made_here(worker),
        describe=camunda.describe,
        let_through=(KeyboardInterrupt, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception),
    )
    yield camunda.session
    camunda.session = None


def activated_job(variables: dict[str, Any] | None = None, **fields: Any) -> ActivatedJob:
    """Return a job for calling a handler directly; see :func:`camunda_client.testing._jobs.activated_job`."""
    from camunda_client.testing import _jobs

    return _jobs.activated_job(variables, **fields)


@pytest.fixture(name="activated_job")
def _activated_job() -> Callable[..., ActivatedJob]:
    """``activated_job(variables={...}, retries=1)`` builds a job for calling a handler directly."""
    return activated_job


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Show under a failed test what became of its process instances, where the failure itself doesn't."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    camunda = getattr(item, "funcargs", {}).get("camunda")
    # A project may have a fixture of this name that is something else.
    if report.when != "call" or not _is_ours(camunda):
        return
    coverage: Coverage | None = item.config.stash[_COVERAGE]
    if coverage is not None:
        coverage.note(camunda.engine, item.nodeid, failed=report.failed)
    if report.failed:
        missing = [text for text in camunda.stories() if text.partition("\n")[0] not in report.longreprtext]
        if missing:
            report.sections.append(("process instances", "\n".join(missing)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a process of pytest-xdist: hand over what was counted."""
    coverage, output = session.config.stash[_COVERAGE], getattr(session.config, "workeroutput", None)
    if coverage is not None and output is not None:
        output[_HANDED_OVER] = pickle.dumps(coverage.processes())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process of pytest-xdist has counted."""
    coverage, output = node.config.stash[_COVERAGE], getattr(node, "workeroutput", {})
    if coverage is not None and _HANDED_OVER in output:
        coverage.merge(pickle.loads(output[_HANDED_OVER]))  # noqa: S301 - from our own child process


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which elements and flows no test has taken."""
    coverage: Coverage | None = config.stash[_COVERAGE]
    if coverage is None:
        return
    terminalreporter.section("BPMN coverage")
    for line in coverage.lines():
        terminalreporter.line(line)
    if folder := config.getoption("--bpmn-coverage-html"):
        from camunda_client.testing._coverage_page import write

        terminalreporter.line(f"drawn in {write(Path(folder), coverage.processes())}")


def _is_ours(camunda: Any) -> TypeGuard[EmbeddedCamunda]:
    module = sys.modules.get("camunda_client.testing.embedded_camunda")
    return module is not None and isinstance(camunda, module.EmbeddedCamunda)


def _embedded_camunda() -> type[EmbeddedCamunda]:
    try:
        from camunda_client.testing.embedded_camunda import EmbeddedCamunda
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
    else:
        return EmbeddedCamunda
    message = f"the fixture camunda needs {package}, which is not installed: pip install 'c8-client[embedded]'"
    raise pytest.fail.Exception(message, pytrace=False)
