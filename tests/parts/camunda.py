"""A Camunda to talk to: the embedded engine in a process of its own, and one that a person has given by its address.

``CAMUNDA_TEST_REST_ADDRESS`` gives one, with the library's usual settings for authentication (``CAMUNDA_CLIENT_ID``
and so on). A test that asks for more than the Camunda at hand can do says so by ``@pytest.mark.needs("records")``, and
is skipped.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from camunda_client import config
from tests.parts.configured import configured
from tests.parts.need import PartFailedError
from tests.parts.server import ServerProcess, free_ports, inherited_environment

ROOT = Path(__file__).parents[2]
#: Seconds for a process to import all it needs on a busy machine, and to replay its data.
START_TIMEOUT_S = 60.0
#: Seconds for which one question may wait in the engine's process.
LONG_QUESTION_S = 5.0

ADDRESS = "CAMUNDA_TEST_REST_ADDRESS"


class Camunda:
    """What every Camunda at hand has; ``can`` names what only some can.

    ``records``: it tells what became of jobs and instances. ``clock``: it can be moved. ``trouble``: it can be made to
    answer as one in trouble. ``kill``: it can be killed and started again.
    """

    can: frozenset[str] = frozenset()
    base_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to talk to it; a worker that stops waits for its open poll."""
        return {"CAMUNDA_REST_ADDRESS": self.base_url, "CAMUNDA_WORKER_REQUEST_TIMEOUT": "500"}

    @contextmanager
    def configured(self) -> Iterator[config.C8Config]:
        """Configure the library of this process for it."""
        with configured(self.base_url) as found:
            yield found

    @property
    def version(self) -> tuple[int, ...]:
        """What its gateway says of itself, as (8, 6, 0)."""
        from camunda_client.c8 import api

        with self.configured():
            words = str(api.get_cluster_topology().gateway_version).partition("-")[0].split(".")
        return tuple(int(word) for word in words)


class GivenCamunda(Camunda):
    """One that somebody runs and has given by its address."""

    def __init__(self, address: str, settings: Mapping[str, str]) -> None:
        self.base_url = address.rstrip("/").removesuffix("/v2")
        self._settings = dict(settings)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self._settings, "CAMUNDA_REST_ADDRESS": self.base_url}

    @contextmanager
    def configured(self) -> Iterator[config.C8Config]:
        before = dict(os.environ)
        os.environ.update(self.environment)
        config.reset_config()
        try:
            config.initialize_config({"api": {"baseUrl": self.base_url}})
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            yield config.get_config()
        finally:
            config.reset_config()


class EngineProcess(Camunda):
    """The embedded engine in a process of its own, on free loopback ports that it keeps over restarts.

    It never outlives this process, however this process ends.
    """

    def __init__(self, *, data: bool = False, dialect: str = "8.6.0") -> None:
        """Prepare an engine; nothing is started yet.

        Args:
            data: Let it keep its data on disk, so that it can be killed and started again.
            dialect: Whose answers it gives.
        """
        self.can = frozenset({"records", "clock", "trouble", *(["kill"] if data else [])})
        self._folder = tempfile.TemporaryDirectory(prefix="c8-engine-")
        self.folder = Path(self._folder.name)
        self.log_path = self.folder / "engine.log"
        self._port, self._door = free_ports(2)
        self._options = ["--dialect", dialect, *(["--data", str(self.folder / "data")] if data else [])]
        self._process: ServerProcess | None = None
        self.base_url = f"http://127.0.0.1:{self._port}"

    # -- its life ---------------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int:
        """The number of its process."""
        if self._process is None:
            raise PartFailedError("the engine is not started; call start() first")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.running

    def start(self) -> EngineProcess:
        """Start it, or start it again on its data and ports; return when it answers.

        Raises:
            PartFailedError: it ended or wasn't ready in time; the message has the tail of its log.
        """
        if self.running:
            raise PartFailedError(f"the engine runs already (pid {self.pid}); kill() it first")
        program = ["-m", "gevent.monkey", "--module", "tests.parts.engine_process"]
        ports = ["--port", str(self._port), "--door", str(self._door)]
        # Its coverage is not measured: that would make it slow, and other tests run the engine in their own process.
        environment = inherited_environment() | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        starts = self._starts()
        self._process = ServerProcess(
            "the embedded engine", [sys.executable, *program, *ports, *self._options], environment, self.log_path
        )
        self._process.wait_until(lambda: self._starts() > starts, START_TIMEOUT_S)
        return self

    def _starts(self) -> int:
        return self.log_path.read_text().splitlines().count("ready") if self.log_path.exists() else 0

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Kill it and remove its data; whatever no request should have caused is an error now.

        Raises:
            PartFailedError: its gateway answered some request with 500 for a fault of its own.
        """
        errors = self._ask("errors") if self.running else []
        self.kill()
        self._folder.cleanup()
        if errors:
            raise PartFailedError(f"requests made the embedded engine fail: {errors}")

    def __enter__(self) -> EngineProcess:
        try:
            return self.start()
        except BaseException:
            self.kill()
            self._folder.cleanup()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- its verdict ------------------------------------------------------------------------------------------------
    def jobs(
        self, state: str, *, job_type: str | None = None, instances: list[int] | None = None
    ) -> list[dict[str, Any]]:
        """Return what became of jobs so far, oldest first.

        Args:
            state: CREATED, ACTIVATED, COMPLETED, FAILED, ERROR_THROWN, TIMED_OUT or CANCELED.
            job_type: Only of this type.
            instances: Only of these process instances.
        """
        return list(self._ask("jobs", state=state, job_type=job_type, instances=instances))

    def wait_for_jobs(
        self,
        count: int,
        state: str,
        *,
        job_type: str | None = None,
        instances: list[int] | None = None,
        timeout_s: float = 30.0,
    ) -> list[dict[str, Any]]:
        """Return the same as soon as there are so many.

        Raises:
            PartFailedError: there were fewer after that time.
        """
        return self._wait(count, timeout_s, "jobs", state=state, job_type=job_type, instances=instances)

    def incidents(self, *, process_id: str | None = None, instances: list[int] | None = None) -> list[dict[str, Any]]:
        """Return the incidents there were, open or resolved, oldest instance first."""
        return list(self._ask("incidents", process_id=process_id, instances=instances))

    def wait_for_incidents(
        self,
        count: int,
        *,
        process_id: str | None = None,
        instances: list[int] | None = None,
        timeout_s: float = 30.0,
    ) -> list[dict[str, Any]]:
        """Return the same as soon as there are so many."""
        return self._wait(count, timeout_s, "incidents", process_id=process_id, instances=instances)

    def instance(self, key: int | str, state: str | None = None) -> dict[str, Any]:
        """Return an instance's ``state``, ``variables``, ``path`` and ``waits``, some seconds later if need be."""
        return dict(self._ask("instance", key=int(key), state=state, wait_s=LONG_QUESTION_S))

    # -- what can be done to it -------------------------------------------------------------------------------------
    @contextmanager
    def in_trouble(self, name: str, times: int | None = None) -> Iterator[None]:
        """Let it answer as one in trouble (of ``camunda_client.embedded.STATES``), so many times or for the block."""
        self._ask("trouble", name=name, times=times)
        try:
            yield
        finally:
            self._ask("no_trouble")

    def advance(self, seconds: float) -> None:
        """Move its clock forward."""
        self._ask("advance", seconds=seconds)

    def _wait(self, count: int, timeout_s: float, question: str, **arguments: Any) -> list[dict[str, Any]]:
        deadline_s = time.monotonic() + timeout_s
        while True:
            left_s = deadline_s - time.monotonic()
            found = self._ask(question, count=count, wait_s=max(0.0, min(left_s, LONG_QUESTION_S)), **arguments)
            if len(found) >= count:
                return list(found)
            if left_s <= 0:
                wanted = {name: value for name, value in arguments.items() if value is not None}
                raise PartFailedError(f"{len(found)} of {count} {question} {wanted} after {timeout_s:g} s: {found[:5]}")

    def _ask(self, question: str, **arguments: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._door, timeout=LONG_QUESTION_S + START_TIMEOUT_S)
        try:
            connection.request("POST", f"/{question}", json.dumps(arguments))
            answer = connection.getresponse()
            document = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise PartFailedError(f"the engine's door says to {question} {arguments}: {document}")
        return document


def _settings_taken() -> dict[str, str]:
    """Remove from our environment what configures the library, and return it."""
    names = [name for name in os.environ if name.startswith(("CAMUNDA_", "ZEEBE_")) and name not in _OTHERS]
    return {name: os.environ.pop(name) for name in names}


#: Those that choose the Camunda, or say how this process is patched.
_OTHERS = (ADDRESS, "CAMUNDA_CLIENT_PATCH")
#: How to sign in to the Camunda that was given; taken away, so that no test is configured by it unawares.
SETTINGS = _settings_taken()


def given_camunda() -> GivenCamunda | None:
    """Return the Camunda that was given, if one was."""
    address = os.environ.get(ADDRESS)
    return GivenCamunda(address, SETTINGS) if address else None
