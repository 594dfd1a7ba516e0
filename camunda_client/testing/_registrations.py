"""Which handlers the process has, and which of them one test registered for itself.

The engine of a test has handlers from the whole run at hand; those that another test decorated would work its jobs.
Imports nothing: it is loaded in every run of pytest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from camunda_client.c8.worker import JobWorker


class Registrations:
    """Remembers of each handler during which run of a test it was registered, if during one."""

    def __init__(self) -> None:
        self._runs = 0
        #: The run of a test that is under way: its number, as a test may be run again, and its id.
        self._now: tuple[int, str] | None = None
        #: By ``id()``; the handlers are held, so that no other object gets their id.
        self._seen: dict[int, tuple[JobWorker, tuple[int, str] | None]] = {}

    def begin(self, test: str) -> None:
        """Ascribe to this test what is registered from now on."""
        self._note()
        self._runs += 1
        self._now = self._runs, test

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Ascribe to no test what is registered inside, as by a fixture for all tests of a module."""
        self._note()
        now, self._now = self._now, None
        try:
            yield
        finally:
            self._note()
            self._now = now

    def all(self) -> list[JobWorker]:
        """Return all decorated handlers; without an import, because that would patch."""
        if "camunda_client.c8.worker" not in sys.modules:
            return []
        from camunda_client.c8.worker import CamundaWorkerManager
        from camunda_client.c8.worker._handlers import queue

        return [*CamundaWorkerManager().workers, *queue]

    def why_not(self, worker: JobWorker, modules: set[str]) -> str:
        """Return why a handler is none of the present test, which imports these modules; empty if it is one."""
        self._note()
        run = self._seen[id(worker)][1]
        if run is not None and run != self._now:
            return f"{run[1]} registered it for itself"
        if worker.module in modules or (run is not None and worker.registered_by is None):
            return ""
        return f"no module of this test imports {worker.module} at its top"

    def _note(self) -> None:
        for worker in self.all():
            self._seen.setdefault(id(worker), (worker, self._now))
