"""What every test of a fault needs: jobs, a proxy to break, tokens to withhold, the log, and a look for leaks."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator

import pytest

from tests.parts import work
from tests.parts.camunda import EngineProcess
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.token_server import TokenServer
from tests.parts.work import until

#: Descriptors that a test may leave: what is opened once and kept (log files, the hub's own).
_DESCRIPTORS_KEPT = 12


class Events:
    """The log lines of a test, as the application would see them."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        caplog.set_level(logging.DEBUG)
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def named(self, event: str, level: int = logging.DEBUG) -> list[str]:
        """Return the lines of an event, from a level up."""
        records = [record for record in self._caplog.records if record.levelno >= level]
        return [line for record in records if (line := record.getMessage()).split(" ")[0] == event]

    def loud(self) -> list[str]:
        """Return all warnings and errors, but for those about what this test process has imported."""
        lines = [record.getMessage() for record in self._caplog.records if record.levelno >= logging.WARNING]
        return [line for line in lines if not line.startswith("patch.")]

    @property
    def text(self) -> str:
        """Return everything, tracebacks included."""
        return self._caplog.text


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Events:
    return Events(caplog)


@pytest.fixture
def scene(camunda: EngineProcess) -> Scene:
    """Jobs on the shared engine."""
    return Scene(camunda)


@pytest.fixture
def proxy(camunda: EngineProcess) -> Iterator[FaultProxy]:
    """A way to the shared engine that can be broken."""
    with FaultProxy(camunda.base_url) as proxy:
        yield proxy


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for the open poll: a second for each of a hundred tests."""
    monkeypatch.setitem(work.DEFAULTS, "request_timeout", 400)


@pytest.fixture(autouse=True)
def _nothing_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test may print the secret or leave descriptors behind."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert TokenServer.client_secret not in caplog.text

    def few() -> bool:
        return len(os.listdir("/proc/self/fd")) <= before + _DESCRIPTORS_KEPT

    if not few():
        gc.collect()
    until(few, "descriptors are closed", 10)
