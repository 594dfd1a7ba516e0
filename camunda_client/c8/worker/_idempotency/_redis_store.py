"""Results in a Redis."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from camunda_client.c8.worker._idempotency._stores import KEPT, AlreadyKept
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _RedisSession:
    def __init__(self, client: Any, prefix: str, keep_s: int) -> None:
        self._client, self._prefix, self._keep_s = client, prefix, keep_s

    def get(self, key: str) -> bytes | None:
        """See :class:`Session`."""
        found = self._client.get(self._prefix + key)
        return found.encode() if isinstance(found, str) else found

    def put(self, key: str, outcome: bytes) -> None:
        """See :class:`Session`."""
        if not self._client.set(self._prefix + key, outcome, nx=True, ex=self._keep_s):
            raise AlreadyKept(self.get(key) or b"")


class RedisStore:
    """Keeps results in a Redis, for any number of hosts; for as long as that Redis keeps its memory.

    store = RedisStore("redis://cache:6379/0")
    """

    def __init__(self, client: Any, *, prefix: str = "camunda-result:", keep: timedelta = KEPT) -> None:
        """Keep results under keys that begin with ``prefix``.

        Args:
            client: A URL, or a ``redis.Redis``.
            prefix: What its keys begin with.
            keep: How long a result is kept.

        Raises:
            ConfigurationError: redis-py is missing, or ``keep`` can't be.
        """
        if not isinstance(keep, timedelta) or keep < timedelta(seconds=1):
            raise ConfigurationError(f"keep of RedisStore is {keep!r}; it must be a timedelta of a second or more")
        self._client = _redis(client) if isinstance(client, str) else client
        self._prefix, self._keep_s = prefix, int(keep.total_seconds())

    @contextmanager
    def session(self) -> Iterator[_RedisSession]:
        """See :class:`Store`; there is nothing to undo."""
        yield _RedisSession(self._client, self._prefix, self._keep_s)


def _redis(url: str) -> Any:
    try:
        import redis
    except ImportError:
        raise ConfigurationError("RedisStore(url) needs redis-py; install redis, or give a client") from None
    return redis.Redis.from_url(url)
