"""``idempotent(store)``: a job's result is kept under its key, so that a second run returns the first one's."""

from typing import TYPE_CHECKING, Any

from camunda_client.c8.worker._idempotency._idempotent import idempotent
from camunda_client.c8.worker._idempotency._postgres_store import PostgresStore
from camunda_client.c8.worker._idempotency._redis_store import RedisStore

if TYPE_CHECKING:
    from camunda_client.c8.worker._idempotency._sqlite_store import SqliteStore

__all__ = ["PostgresStore", "RedisStore", "SqliteStore", "idempotent"]


def __getattr__(name: str) -> Any:
    """Load SQLite when it is asked for: it blocks while it computes, and would be named at each worker's start."""
    if name == "SqliteStore":
        from camunda_client.c8.worker._idempotency._sqlite_store import SqliteStore

        return SqliteStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
