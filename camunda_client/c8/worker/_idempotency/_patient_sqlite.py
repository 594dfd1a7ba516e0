"""SQLite for greenlets: what has to wait for another connection's write lets other jobs go on."""

from __future__ import annotations

import sqlite3
import time
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["OperationalError", "connect"]

_T = TypeVar("_T")

#: Seconds between two tries to write to a file that another connection writes to, and of all tries.
_BUSY_WAIT_S, _BUSY_S = 0.01, 60.0


def connect(path: str | Path) -> sqlite3.Connection:
    """Return a connection whose first write takes the lock that others wait for, until it commits."""
    # Without a wait in C, which would stop every job of the process.
    connection = sqlite3.connect(
        path, timeout=0, check_same_thread=False, isolation_level="IMMEDIATE", factory=_PatientConnection
    )
    connection.execute("pragma journal_mode=wal")
    return connection


class _PatientCursor(sqlite3.Cursor):
    """A cursor that waits, without stopping other jobs, while another connection writes."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return _when_free(lambda: super(_PatientCursor, self).execute(sql, parameters))

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return _when_free(lambda: super(_PatientCursor, self).executemany(sql, parameters))


class _PatientConnection(sqlite3.Connection):
    def cursor(self, factory: Any = _PatientCursor) -> Any:
        return super().cursor(factory)

    def commit(self) -> None:
        _when_free(super().commit)


def _when_free(run: Callable[[], _T]) -> _T:
    """Run a statement as soon as no other connection writes; other jobs go on meanwhile."""
    deadline_s = time.monotonic() + _BUSY_S
    while True:
        try:
            return run()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(_BUSY_WAIT_S)
