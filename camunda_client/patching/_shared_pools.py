"""Connections in common: kept after a call for the next one to the same origin, in the same thread.

They differ by everything by which urllib3 distinguishes pools, the TLS context included.
"""

from __future__ import annotations

import os
import socket
import ssl
from time import monotonic
from typing import Any

from urllib3 import connectionpool
from urllib3.poolmanager import PoolManager

from camunda_client.patching._originals import original

#: Seconds. A cluster's addresses, and the certificates that a connection was opened with, don't stay for ever.
MAX_AGE_S = 60.0
_ORIGINS = 100
#: More than a process has jobs in flight: urllib3 warns about each connection that it can't keep.
_CONNECTIONS = 1000

#: How a connection looks that the server closed while it was kept.
_CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class PoolableOptions(dict[str, Any]):
    """Options of a request that may go over a kept connection. Anything else in the way sees a dictionary."""


class SharingPoolManager:
    """Stands where the adapter of one call has its pool manager, and passes on to that what is not to be shared."""

    def __init__(self, own: PoolManager, shared: SharedPools) -> None:
        self._own = own
        self._shared = shared

    def connection_from_host(
        self, host: str | None, port: int | None = None, scheme: str | None = "http", pool_kwargs: Any = None
    ) -> connectionpool.HTTPConnectionPool:
        """Return the pool for an origin."""
        pools = self._shared.current() if isinstance(pool_kwargs, PoolableOptions) else self._own
        return pools.connection_from_host(host, port=port, scheme=scheme, pool_kwargs=pool_kwargs)

    def __getattr__(self, name: str) -> Any:
        # clear() too: the call has ended, the shared connections stay.
        return getattr(self._own, name)


class SharedPools:
    """The kept connections, apart for each native thread: a gevent socket works in the thread it was opened in."""

    def __init__(self) -> None:
        # Shared by a thread's greenlets, which gevent's own local() would not be.
        self._thread = original("_thread", "_local")()

    def current(self) -> PoolManager:
        """Return this thread's pools, new ones each minute; the idle connections of the old ones are closed."""
        # After a fork parent and child must not share a connection; gevent and VCR exchange the classes.
        classes = (connectionpool.HTTPConnectionPool.ConnectionCls, connectionpool.HTTPSConnectionPool.ConnectionCls)
        epoch = (os.getpid(), socket.socket, *classes)
        pools: PoolManager | None = getattr(self._thread, "pools", None)
        if pools is None or self._thread.epoch != epoch or monotonic() > self._thread.until:
            self.close()
            pools = PoolManager(num_pools=_ORIGINS, maxsize=_CONNECTIONS, block=False)
            pools.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
            self._thread.pools, self._thread.epoch, self._thread.until = pools, epoch, monotonic() + MAX_AGE_S
        return pools

    def close(self) -> None:
        """Close this thread's idle connections; those in use are closed after their answers."""
        pools: PoolManager | None = getattr(self._thread, "pools", None)
        if pools is not None:
            pools.clear()
            self._thread.pools = None


class _RetryOnClosed(connectionpool.HTTPConnectionPool):
    """Sends a request again, over a new connection, if a kept one was closed before the answer began."""

    def _make_request(self, conn: Any, *args: Any, **options: Any) -> Any:
        is_new = conn.is_closed
        try:
            return super()._make_request(conn, *args, **options)
        except _CLOSED:
            if is_new:
                raise
        # Closed, it connects again by itself, as urllib3 has it do when it finds one closed beforehand.
        conn.close()
        return super()._make_request(conn, *args, **options)


class HTTPConnectionPool(_RetryOnClosed):
    """Connections to one origin. Named as the original: exceptions have the name in their texts."""


class HTTPSConnectionPool(_RetryOnClosed, connectionpool.HTTPSConnectionPool):
    """The same over TLS."""
