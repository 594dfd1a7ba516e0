"""Which handlers a test has: all of the process, except those that another test made for itself.

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
    """Remembers during which test each handler was made that was not made by importing a module."""

    def __init__(self) -> None:
        self._tests = 0
        #: The number of the running test; ``None`` while something runs that is for several tests.
        self._now: int | None = None
        #: By ``id()``; the handlers are held, so that no other object gets their id.
        self._seen: dict[int, tuple[JobWorker, int | None]] = {}

    def begin(self) -> None:
        """Count handlers from now on as those of a new test."""
        self._note()
        self._tests += 1
        self._now = self._tests

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Count handlers made inside as those of all tests, as those of a module's fixture are."""
        self._note()
        now, self._now = self._now, None
        try:
            yield
        finally:
            self._note()
            self._now = now

    def of_this_test(self) -> list[JobWorker]:
        """Return the handlers of the running test."""
        self._note()
        return [worker for worker in _registered() if self._seen[id(worker)][1] in (None, self._now)]

    def is_made_here(self, worker: JobWorker) -> bool:
        """Tell whether the running test, or a fixture of its own, has made this handler."""
        return self._now is not None and self._seen[id(worker)][1] == self._now

    def _note(self) -> None:
        for worker in _registered():
            self._seen.setdefault(id(worker), (worker, self._now if worker.registered_by is None else None))


def _registered() -> list[JobWorker]:
    # Without an import, because that would patch.
    if "camunda_client.c8.worker" not in sys.modules:
        return []
    from camunda_client.c8.worker import registered_workers

    return registered_workers()
