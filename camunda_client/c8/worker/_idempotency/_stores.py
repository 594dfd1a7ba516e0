"""Where results are kept by their job's key: SQLite, PostgreSQL, Redis; or whatever has these few methods.

A session belongs to one run of a handler. What the handler writes by the session's connection is committed together
with the result, or not at all.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from camunda_client.error import ConfigurationError
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

log = get_logger(__name__)


#: Seconds for which results are kept: longer than a job can come back, which takes an outage of ours or of Camunda's.
KEPT = timedelta(days=30)
#: Results after which old ones are deleted.
_PURGE_EVERY = 500


class AlreadyKept(Exception):
    """Another run of the same key has kept its outcome first; ``outcome`` is that one."""

    def __init__(self, outcome: bytes) -> None:
        super().__init__("another run has kept its outcome first")
        self.outcome = outcome


class Session(Protocol):
    """One run of a handler."""

    def get(self, key: str) -> bytes | None:
        """Return what was kept for a key, if anything was."""

    def put(self, key: str, outcome: bytes) -> None:
        """Keep an outcome, as part of the session.

        Raises:
            AlreadyKept: Another run was first.
        """


class Store(Protocol):
    """Keeps outcomes by key."""

    def session(self) -> AbstractContextManager[Session]:
        """Return a session that is committed at its end, and undone by an exception."""


class _SqlSession:
    """A session with a connection of its own from its first use on, and a transaction on that."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._connection: Any = None

    @property
    def connection(self) -> Any:
        """The connection of the transaction, opened at its first use."""
        if self._connection is None:
            self._connection = self._store.take()
        return self._connection

    def get(self, key: str) -> bytes | None:
        """See :class:`Session`; holds no connection afterwards."""
        try:
            return self._look(key)
        except self._store.broken as error:
            # A connection of the pool that its server has closed meanwhile; nothing has been done with it yet.
            log.debug("store.connection_replaced", error=str(error)[:200])
            self._store.close()
            return self._look(key)

    def _look(self, key: str) -> bytes | None:
        connection = self._store.take()
        try:
            found = self._store.select(connection, key)
            connection.rollback()
        except BaseException:
            self._store.drop(connection)
            raise
        self._store.give_back(connection)
        return found

    def put(self, key: str, outcome: bytes) -> None:
        """See :class:`Session`."""
        if not self._store.insert(self.connection, key, outcome):
            self.connection.rollback()
            raise AlreadyKept(self._store.select(self.connection, key) or b"")

    def commit(self) -> None:
        """End it well."""
        if self._connection is not None:
            self._connection.commit()
            self._store.give_back(self._connection)
            self._connection = None

    def undo(self) -> None:
        """End it as if it had not been."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        try:
            connection.rollback()
        except Exception:  # noqa: BLE001 - any driver's; what is not committed is undone by the server
            self._store.drop(connection)
        else:
            self._store.give_back(connection)


_session: ContextVar[_SqlSession | None] = ContextVar("camunda_result_session", default=None)


class SqlStore:
    """What SQL stores have in common: few connections, for many jobs in flight."""

    #: Exceptions of a driver that mean that a connection is of no more use.
    broken: tuple[type[BaseException], ...] = ()

    def __init__(self, table: str, keep: timedelta, connections: int) -> None:
        if not table.replace("_", "").replace(".", "").isalnum():
            raise ConfigurationError(f"{type(self).__name__} keeps results in a table, and {table!r} is not a name")
        if not isinstance(keep, timedelta) or keep <= timedelta(0):
            raise ConfigurationError(f"keep of {type(self).__name__} is {keep!r}; it must be a timedelta above 0")
        self.table, self._keep_s = table, keep.total_seconds()
        self._idle: list[Any] = []
        self._room = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._is_made = False
        self._kept = 0

    @property
    def connection(self) -> Any:
        """The connection of the running handler: what it writes there is committed together with its result.

        Raises:
            RuntimeError: No handler with ``@idempotent`` and this store is running here.
        """
        session = _session.get()
        if session is None or session._store is not self:
            raise RuntimeError("store.connection is there only within a handler that has @idempotent(store)")
        return session.connection

    @contextmanager
    def session(self) -> Iterator[_SqlSession]:
        """See :class:`Store`."""
        session = _SqlSession(self)
        token = _session.set(session)
        try:
            yield session
            session.commit()
        except BaseException:
            session.undo()
            raise
        finally:
            _session.reset(token)
        self._purge_now_and_then()

    def close(self) -> None:
        """Close the connections that are not in use."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    # -- connections --------------------------------------------------------------------------------------------------
    def take(self) -> Any:
        """Return a connection; waits while too many are in use."""
        self._room.acquire()
        try:
            connection = self._idle.pop() if self._idle else self._open()
            if not self._is_made:
                self._make(connection)
        except BaseException:
            self._room.release()
            raise
        return connection

    def give_back(self, connection: Any) -> None:
        """Take a connection back for the next session."""
        self._idle.append(connection)
        self._room.release()

    def drop(self, connection: Any) -> None:
        """Close a connection of which it is not known what it is still good for."""
        try:
            connection.close()
        except Exception as error:  # noqa: BLE001 - any driver's
            log.debug("store.connection_replaced", error=str(error)[:200])
        finally:
            self._room.release()

    def _open(self) -> Any:
        raise NotImplementedError

    def _make(self, connection: Any) -> None:
        with self._lock:
            if not self._is_made:
                self._create(connection)
                self._is_made = True

    def _create(self, connection: Any) -> None:
        raise NotImplementedError

    # -- statements ---------------------------------------------------------------------------------------------------
    def select(self, connection: Any, key: str) -> bytes | None:
        """Return what is kept for a key."""
        raise NotImplementedError

    def insert(self, connection: Any, key: str, outcome: bytes) -> bool:
        """Keep an outcome; return False if there is one."""
        raise NotImplementedError

    def _delete(self, connection: Any, before: float) -> None:
        raise NotImplementedError

    def _purge_now_and_then(self) -> None:
        self._kept += 1
        if self._kept % _PURGE_EVERY:
            return
        connection = self.take()
        try:
            self._delete(connection, time.time() - self._keep_s)
            connection.commit()
        except Exception:
            # The job is done, and what is too old does no harm.
            log.warning("store.purge_failed", table=self.table, exc_info=True)
            self.drop(connection)
        else:
            self.give_back(connection)
