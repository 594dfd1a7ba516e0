"""Objects made before the patch that are still alive: TLS contexts, connections, locks."""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

from ._report import Unmended

_LOCK_REMEDY = "a native lock: two jobs that meet at it stop the process; make it after the patch"
_SOCKET_REMEDY = "a native socket: reading from it blocks the hub; open it after the patch"


class Locks:
    """Native locks found in modules and classes, with every place that refers to them.

    A lock is exchanged only when all that refer to it were found: a second owner that kept the old one
    would no longer be excluded by the new one.
    """

    def __init__(self) -> None:
        from gevent import monkey

        self._makers: dict[type, Any] = {
            type(monkey.get_original("_thread", "allocate_lock")()): threading.Lock,
            monkey.get_original("threading", "_CRLock"): threading.RLock,
        }
        self._found: dict[int, tuple[Any, list[tuple[Any, str, str, str]]]] = {}

    @property
    def kinds(self) -> set[type]:
        """The classes of native locks."""
        return set(self._makers)

    def consider(self, value: Any, owner: Any, module: str, key: str, prefix: str) -> None:
        """Remember the value if it is a native lock."""
        if type(value) in self._makers:
            self._found.setdefault(id(value), (value, []))[1].append((owner, module, key, prefix))

    def replace(self, mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
        """Exchange the locks that can be and tell of the others."""
        if not self._found:
            return
        spare = _references_of_nobody()
        for lock, places in self._found.values():
            if sys.getrefcount(lock) - len(places) > spare or _is_held(lock):
                unmended += [Unmended(module, prefix + key, _LOCK_REMEDY) for _, module, key, prefix in places]
                continue
            new = self._makers[type(lock)]()
            for owner, module, key, prefix in places:
                setattr(owner, key, new)
                mended.append((module, prefix + key))


def _references_of_nobody() -> int:
    """Return what ``getrefcount`` says, asked as above, of an object to which nothing else refers."""
    # Asked rather than known: it differs between interpreters.
    found: dict[int, tuple[Any, list[Any]]] = {0: (object(), [])}
    counts = [sys.getrefcount(thing) for thing, _ in found.values()]
    return counts[0]


def _is_held(lock: Any) -> bool:
    if hasattr(lock, "locked"):
        return bool(lock.locked())
    return bool(lock._is_owned())


def mend_instances(mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
    """Give live TLS contexts their cooperative class, drop pooled native connections, name native sockets."""
    import ssl

    from gevent import monkey

    old_context = monkey.get_original("ssl", "SSLContext")
    sockets = {monkey.get_original("socket", "socket"), monkey.get_original("ssl", "SSLSocket")}
    pools = _connection_pools()
    found_sockets = []
    contexts = 0
    for thing in gc.get_objects():
        kind = type(thing)
        if kind is old_context:
            # Same layout in C (gevent's class adds no slot), so the live object may change sides.
            thing.__class__ = ssl.SSLContext
            contexts += 1
        elif kind in sockets:
            found_sockets.append(thing)
        elif kind in pools:
            _drop_idle_connections(thing)
            mended.append((kind.__module__, f"{kind.__qualname__} {thing.host}:{thing.port}"))
    if contexts:
        mended.append(("ssl", f"SSLContext ({contexts} alive)"))
    for one in found_sockets:
        if one.fileno() >= 0:
            unmended.append(Unmended("socket", f"fd {one.fileno()}", _SOCKET_REMEDY))


def _connection_pools() -> set[type]:
    urllib3 = sys.modules.get("urllib3.connectionpool")
    if urllib3 is None:
        return set()
    found, todo = set(), [urllib3.HTTPConnectionPool]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += one.__subclasses__()
    return found


def _drop_idle_connections(pool: Any) -> None:
    """Exchange the pool's queue: it has native locks, and its idle connections native sockets."""
    old, new = pool.pool, pool.QueueCls(pool.pool.maxsize)
    for _ in range(pool.pool.maxsize):
        new.put(None, block=False)
    pool.pool = new
    while not old.empty():
        connection = old.get(block=False)
        if connection is not None:
            connection.close()
