"""Objects made before the patch that are still alive: TLS contexts, connections, locks."""

from __future__ import annotations

import gc
import queue
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from camunda_client.patching._report import Unmended

if TYPE_CHECKING:
    from camunda_client.patching._purpose import Purpose

_LOCK_REMEDY = "a native lock: two jobs that meet at it stop the process; make it after the patch"
_LOCAL_REMEDY = "a native threading.local: all jobs share what it holds; make it after the patch"
#: Of a module that knows greenlets, such as a tracer's that needs a local for each native thread.
_MAYBE_MEANT_REMEDY = (
    "a native threading.local, which all jobs share: make it after the patch, or if it is meant to be native, "
    "name its module in CAMUNDA_CLIENT_NO_MEND"
)
_SELECTOR_REMEDY = (
    "a native selector, such as that of an asyncio loop: waiting on it blocks the hub; make it after the patch"
)
_QUEUE_REMEDY = "a native SimpleQueue: get() stops the process; make it after the patch"
_SOCKET_REMEDY = "a native socket: reading from it blocks the hub; open it after the patch"


class NativeObjects:
    """Native locks, locals and queues found in modules and classes, with every place that refers to them.

    One is exchanged only when all that refer to it were found: a second owner that kept the old lock would no
    longer be excluded by the new one.
    """

    def __init__(self) -> None:
        from gevent import monkey

        self._local = monkey.get_original("_thread", "_local")
        #: Kind: what makes a cooperative one with the same content (None: not now), and the remedy then.
        self._makers: dict[type, tuple[Callable[[Any], Any], str]] = {
            type(monkey.get_original("_thread", "allocate_lock")()): (_new_lock, _LOCK_REMEDY),
            monkey.get_original("threading", "_CRLock"): (_new_rlock, _LOCK_REMEDY),
            self._local: (_new_local, _LOCAL_REMEDY),
            monkey.get_original("queue", "SimpleQueue"): (_new_simple_queue, _QUEUE_REMEDY),
        }
        self._found: dict[int, tuple[Any, list[tuple[Any, str, str, str]]]] = {}
        #: Ids of locals that may be meant to be native.
        self._unsure: set[int] = set()

    @property
    def kinds(self) -> set[type]:
        """The native classes."""
        return set(self._makers)

    def consider(self, value: Any, owner: Any, module: str, key: str, prefix: str, purpose: Purpose) -> None:
        """Remember a value of one of the kinds, and where it was found."""
        if type(value) is self._local and purpose.may_make_locals(module):
            self._unsure.add(id(value))
        self._found.setdefault(id(value), (value, []))[1].append((owner, module, key, prefix))

    def replace(self, mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
        """Exchange those that can be exchanged, and report the others."""
        spare = _references_of_nobody()
        for native, places in self._found.values():
            unsure = id(native) in self._unsure
            make, remedy = (_not_now, _MAYBE_MEANT_REMEDY) if unsure else self._makers[type(native)]
            new = make(native) if sys.getrefcount(native) - len(places) <= spare else None
            for owner, module, key, prefix in places:
                if new is None:
                    unmended.append(Unmended(module, prefix + key, remedy))
                else:
                    setattr(owner, key, new)
                    mended.append((module, prefix + key))


def _references_of_nobody() -> int:
    """Return what ``getrefcount`` says, asked as above, of an object to which nothing else refers."""
    # Asked rather than known: it differs between interpreters.
    found: dict[int, tuple[Any, list[Any]]] = {0: (object(), [])}
    counts = [sys.getrefcount(thing) for thing, _ in found.values()]
    return counts[0]


def _new_lock(old: Any) -> Any:
    return None if old.locked() else threading.Lock()


def _new_rlock(old: Any) -> Any:
    return None if old._is_owned() else threading.RLock()


def _new_local(old: Any) -> Any:
    new = threading.local()
    new.__dict__.update(old.__dict__)
    return new


def _not_now(_old: Any) -> Any:
    return None


def _new_simple_queue(old: Any) -> Any:
    return queue.SimpleQueue() if old.empty() else None


def mend_instances(mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
    """Give live TLS contexts their cooperative class, drop pooled native connections, name native sockets."""
    import ssl

    from gevent import monkey

    old_context = monkey.get_original("ssl", "SSLContext")
    sockets = {monkey.get_original("socket", "socket"), monkey.get_original("ssl", "SSLSocket")}
    pools = _and_subclasses("urllib3.connectionpool", "HTTPConnectionPool")
    executors = _and_subclasses("concurrent.futures.thread", "ThreadPoolExecutor")
    selectors = _native_selectors()
    contexts = 0
    for thing in gc.get_objects():
        kind = type(thing)
        if kind is old_context:
            # Same layout in C (gevent's class adds no slot), so the live object may change sides.
            thing.__class__ = ssl.SSLContext
            contexts += 1
        elif kind in sockets:
            if thing.fileno() >= 0:
                unmended.append(Unmended("socket", f"fd {thing.fileno()}", _SOCKET_REMEDY))
        elif kind in selectors:
            # A closed one has let go of its map.
            if thing.get_map() is not None:
                unmended.append(Unmended("selectors", kind.__name__, _SELECTOR_REMEDY))
        elif kind in pools:
            _drop_idle_connections(thing)
            mended.append((kind.__module__, f"{kind.__qualname__} {thing.host}:{thing.port}"))
        elif kind in executors and not thing._threads:
            # Where threads run already, they are named as threads.
            thing._work_queue = queue.SimpleQueue()
            thing._shutdown_lock = threading.Lock()
            mended.append((kind.__module__, f"{kind.__qualname__} (alive)"))
    if contexts:
        mended.append(("ssl", f"SSLContext ({contexts} alive)"))


def _native_selectors() -> set[type]:
    import selectors

    from gevent import monkey

    known = vars(selectors) | monkey.saved.get("selectors", {})  # type: ignore[attr-defined]
    names = ("EpollSelector", "KqueueSelector", "DevpollSelector", "PollSelector")
    return {known[name] for name in names if name in known}


def _and_subclasses(module: str, name: str) -> set[type]:
    """Return the class and all that derive from it; nothing if its module is not imported."""
    if module not in sys.modules:
        return set()
    found: set[type] = set()
    todo = [getattr(sys.modules[module], name)]
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
