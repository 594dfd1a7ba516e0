"""Results in a PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from camunda_client.c8.worker._idempotency._stores import KEPT, SqlStore
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


class PostgresStore(SqlStore):
    """Keeps results in a PostgreSQL, for any number of hosts.

    store = PostgresStore("postgresql://app@db/app")      # needs psycopg
    store = PostgresStore(lambda: psycopg2.connect(...))  # any driver whose parameters are %s
    """

    def __init__(
        self,
        connect: str | Callable[[], Any],
        *,
        table: str = "camunda_results",
        keep: timedelta = KEPT,
        connections: int = 10,
    ) -> None:
        """Keep results in a table, which is made if it is not there.

        Args:
            connect: A URL for psycopg, or a function that returns a new connection without autocommit.
            table: The table, with its schema if need be.
            keep: How long a result is kept.
            connections: At once at most; a handler has one from its first use of ``store.connection`` on.

        Raises:
            ConfigurationError: An argument that can't be, or psycopg is missing.
        """
        super().__init__(table, keep, connections)
        self._connect = connect if callable(connect) else _psycopg(connect)
        self.broken = (Exception,)

    def _open(self) -> Any:
        return self._connect()

    def _create(self, connection: Any) -> None:
        # Two processes that make it at the same time would meet in PostgreSQL's own tables.
        self._run(connection, "select pg_advisory_xact_lock(hashtext(%s))", self.table)
        columns = "key text primary key, outcome bytea not null, kept_at timestamptz not null default now()"
        self._run(connection, f"create table if not exists {self.table} ({columns})")
        connection.commit()

    def select(self, connection: Any, key: str) -> bytes | None:
        """See :class:`SqlStore`."""
        cursor = self._run(connection, f"select outcome from {self.table} where key = %s", key)  # noqa: S608 - checked
        found = cursor.fetchone()
        return None if found is None else bytes(found[0])

    def insert(self, connection: Any, key: str, outcome: bytes) -> bool:
        """See :class:`SqlStore`."""
        statement = f"insert into {self.table} (key, outcome) values (%s, %s) on conflict do nothing"  # noqa: S608
        return bool(self._run(connection, statement, key, outcome).rowcount)

    def _delete(self, connection: Any, before: float) -> None:
        self._run(connection, f"delete from {self.table} where kept_at < to_timestamp(%s)", before)  # noqa: S608

    @staticmethod
    def _run(connection: Any, statement: str, *parameters: object) -> Any:
        cursor = connection.cursor()
        cursor.execute(statement, parameters)
        return cursor


def _psycopg(url: str) -> Callable[[], Any]:
    try:
        import psycopg
    except ImportError:
        raise ConfigurationError(
            "PostgresStore(url) needs psycopg; install psycopg, or give a function that returns a connection"
        ) from None
    return lambda: psycopg.connect(url)
