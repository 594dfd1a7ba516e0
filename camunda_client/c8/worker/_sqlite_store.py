"""Results in a SQLite file."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any, TypeVar

from camunda_client.c8.worker._stores import KEPT, SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

_T = TypeVar("_T")

#: Seconds between two tries to write to a file that another connection writes to, and of all tries.
_BUSY_WAIT_S, _BUSY_S = 0.01, 60.0


class SqliteStore(SqlStore):
    """Keeps results in a SQLite file, for the processes of one host.

        store = SqliteStore("/var/lib/app/results.db")

    Each commit blocks the process for as long as the disk takes.
    """

    broken = (sqlite3.OperationalError,)

    def __init__(
        self, path: str | Path, *, table: str = "camunda_results", keep: timedelta = KEPT, connections: int = 100
    ) -> None:
        """Keep results in a file, which is made if it is not there.

        Args:
            path: The file.
            table: The table in it.
            keep: How long a result is kept.
            connections: At once at most: a handler has one from its first use of ``store.connection`` on.

        Raises:
            ConfigurationError: An argument that can't be.
        """
        super().__init__(table, keep, connections)
        self._path = path

    def _open(self) -> sqlite3.Connection:
        # No wait in C, which would stop every other job. Its first write takes the lock that others wait for.
        connection = sqlite3.connect(
            self._path, timeout=0, check_same_thread=False, isolation_level="IMMEDIATE", factory=_PatientConnection
        )
        connection.execute("pragma journal_mode=wal")
        return connection

    def _create(self, connection: sqlite3.Connection) -> None:
        columns = "key text primary key, outcome blob not null, kept_at real not null"
        connection.execute(f"create table if not exists {self.table} ({columns}) without rowid")
        connection.commit()

    def select(self, connection: sqlite3.Connection, key: str) -> bytes | None:
        """See :class:`SqlStore`."""
        statement = f"select outcome from {self.table} where key = ?"  # noqa: S608 - a checked name
        found = connection.execute(statement, (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def insert(self, connection: sqlite3.Connection, key: str, outcome: bytes) -> bool:
        """See :class:`SqlStore`."""
        statement = f"insert into {self.table} values (?, ?, ?) on conflict do nothing"  # noqa: S608 - as above
        return bool(connection.execute(statement, (key, outcome, time.time())).rowcount)

    def _delete(self, connection: sqlite3.Connection, before: float) -> None:
        statement = f"delete from {self.table} where kept_at < ?"  # noqa: S608 - as above
        connection.execute(statement, (before,))


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
