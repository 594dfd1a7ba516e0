"""Where a gateway is: the addresses of its name, the one that answered last first."""

from __future__ import annotations

import ipaddress
import socket as constants
import time
from typing import TYPE_CHECKING, Final

import gevent
import gevent.threadpool

from camunda_client import patching

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds for which a resolved address is used before it is looked up again (in the background).
ADDRESS_LIFE_S: Final = 30.0


class Addresses:
    """A host's addresses; looked up on a thread of its own, renewed behind the back of whoever uses them.

    gevent resolves names on ten shared threads: when handlers fill those with slow look-ups, even a numeric address
    waits for seconds (measured: 3.9 s). Reports must not.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._known: list[tuple[int, tuple[object, ...]]] = []
        self._best: object = None
        self._at = 0.0
        self._fixed = False
        self._renewing = False
        self._resolve: Callable[..., list[tuple[object, ...]]] = patching.original("socket", "getaddrinfo")
        self._pool: gevent.threadpool.ThreadPool | None = None
        try:
            version = ipaddress.ip_address(host).version
        except ValueError:
            return
        self._fixed = True
        family = constants.AF_INET6 if version == 6 else constants.AF_INET
        self._known = [(family, (host, port))]

    def get(self) -> list[tuple[int, tuple[object, ...]]]:
        """Return families and addresses, the one to try first in front; waits only for the first look-up.

        Raises:
            OSError: The name is unknown, or nobody answers for it.
        """
        if self._fixed:
            return self._known
        if not self._known:
            self._renew()
        elif time.monotonic() - self._at > ADDRESS_LIFE_S and not self._renewing:
            self._renewing = True
            gevent.spawn(self._renew_quietly)
        return self._known

    def prefer(self, address: object) -> None:
        """Have this address tried first from now on: another may be that of a machine that is gone."""
        if self._known and self._known[0][1] != address:
            self._best = address
            self._known = self._best_first(self._known)

    def _best_first(self, addresses: list[tuple[int, tuple[object, ...]]]) -> list[tuple[int, tuple[object, ...]]]:
        return sorted(addresses, key=lambda entry: entry[1] != self._best)

    def forget(self) -> None:
        """Look the name up again before the next connection: none of the known addresses answered."""
        if not self._fixed:
            self._known = []

    def close(self) -> None:
        """Let the thread for look-ups end, once it has nothing to do any more."""
        pool, self._pool = self._pool, None
        if pool is not None:
            gevent.spawn(pool.kill)  # which waits for a look-up that is under way

    def _renew(self) -> None:
        if self._pool is None:
            self._pool = gevent.threadpool.ThreadPool(1)
        found = self._pool.apply(self._resolve, (self._host, self._port, 0, constants.SOCK_STREAM))
        self._known = self._best_first([(entry[0], entry[4]) for entry in found])  # type: ignore[misc]
        self._at = time.monotonic()

    def _renew_quietly(self) -> None:
        try:
            self._renew()
        except OSError:
            # What is known goes on being used; the next look-up is due after the same time.
            self._at = time.monotonic()
        finally:
            self._renewing = False
