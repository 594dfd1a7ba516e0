"""Results in a SQLite file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from camunda_client.c8.worker._idempotency._stores import KEPT, SqlStore

if TYPE_CHECKING:
    import sqlite3
    from datetime import timedelta
    from pathlib import Path


class SqliteStore(SqlStore):
    """Keeps results in a SQLite file, for the processes of one host.

        store = SqliteStore("/var/lib/app/results.db")

    Each commit blocks the process for as long as the disk takes.
    """

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
        # Imported by who needs it only: of a process that has sqlite3, the worker says how it blocks.
        from camunda_client.c8.worker._idempotency import _patient_sqlite

        self.broken = (_patient_sqlite.OperationalError,)
        return _patient_sqlite.connect(self._path)

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
