"""Let multiprocessing's pipes and semaphores wait cooperatively.

gevent leaves ``os.read`` and semaphores of the system as they are. A pool of processes, a queue between processes and
some loggers have threads that wait there. In a patched process these are greenlets, and stopped all others for good.
"""

from __future__ import annotations

import os
import select
import sys
import time
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from camunda_client.patching._originals import original

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: Bytes. A pipe that is ready takes as many without waiting (POSIX: ``PIPE_BUF``).
_PIECE = select.PIPE_BUF
#: Seconds between two looks at a semaphore that is taken: the system wakes only what blocks in C.
_LOOKS_S = (0.0005, 0.02)

_installed = False


def give_greenlets_pipes() -> None:
    """Change the modules when they are imported, or now if they are. A second call does nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    waits = _Waits()
    changes: dict[str, Callable[[Any], None]] = {
        "multiprocessing.connection": waits.change_pipes,
        "multiprocessing.synchronize": waits.change_semaphores,
    }
    for name, change in list(changes.items()):
        if (module := sys.modules.get(name)) is not None:
            change(module)
            del changes[name]
    if changes:
        sys.meta_path.insert(0, _AtImport(changes))


class _Waits:
    """What stands in for the calls that wait. Native threads, the hub, and multiprocessing's forks wait as ever."""

    def __init__(self) -> None:
        import gevent

        self._current, self._hub, self._sleep = gevent.getcurrent, gevent.get_hub, gevent.sleep
        self._native_id: Callable[[], int] = original("threading", "get_ident")
        self._thread, self._process, self._parents = self._native_id(), os.getpid(), gevent.get_hub()
        self._read, self._write, self._poll = os.read, os.write, original("select", "poll")

    def change_pipes(self, module: Any) -> None:
        """Give the functions of ``Connection`` others to read and write by."""
        connection = module.Connection
        connection._read, connection._write = staticmethod(self.read), staticmethod(self.write)
        connection._recv.__defaults__, connection._send.__defaults__ = (self.read,), (self.write,)

    def change_semaphores(self, module: Any) -> None:
        """Let all kinds of ``SemLock`` look again and again instead of waiting in C."""
        kind, acquire = module.SemLock, self._acquire
        make_methods = kind._make_methods

        def make_ours(lock: Any) -> None:
            make_methods(lock)
            lock.acquire = lambda block=True, timeout=None: acquire(lock._semlock.acquire, block, timeout)

        kind._make_methods = make_ours
        kind.__enter__ = lambda lock: lock.acquire()

    def read(self, fd: int, size: int, /) -> bytes:
        """``os.read``, when there is something to read."""
        if self._may_wait() and not self._is_ready(fd, select.POLLIN):
            self._wait(fd, 1)
        return self._read(fd, size)

    def write(self, fd: int, data: Any, /) -> int:
        """``os.write`` of as much as fits, when something does."""
        if not self._may_wait():
            return self._write(fd, data)
        if not self._is_ready(fd, select.POLLOUT):
            self._wait(fd, 2)
        return self._write(fd, memoryview(data)[:_PIECE])

    def _may_wait(self) -> bool:
        if self._native_id() != self._thread:
            return False
        hub = self._hub()
        if hub is self._parents and os.getpid() != self._process:
            # Forked with a copy of the hub, which would go on with copies of the parent's greenlets: not for what
            # multiprocessing forks. A process that was forked while workers run has a hub of its own.
            return sys.modules["multiprocessing"].parent_process() is None
        return self._current() is not hub

    def _is_ready(self, fd: int, what: int) -> bool:
        poll = self._poll()
        poll.register(fd, what)
        return bool(poll.poll(0))

    def _wait(self, fd: int, events: int) -> None:
        hub = self._hub()
        watcher = hub.loop.io(fd, events)
        try:
            hub.wait(watcher)
        finally:
            watcher.close()

    def _acquire(self, acquire: Callable[..., bool], block: bool, timeout: float | None) -> bool:
        if not self._may_wait():
            return acquire(block, timeout)
        if acquire(False):
            return True
        end_s = float("inf") if timeout is None else time.monotonic() + timeout
        pause_s, longest_s = _LOOKS_S
        while block and time.monotonic() < end_s:
            self._sleep(min(pause_s, max(end_s - time.monotonic(), 0)))
            if acquire(False):
                return True
            pause_s = min(2 * pause_s, longest_s)
        return False


class _AtImport:
    """Finds modules as Python does, and changes some of them when they have been executed."""

    def __init__(self, changes: dict[str, Callable[[Any], None]]) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Stand in for a module's loader; other finders do the rest."""
        if name not in self._changes:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._changes[name])  # type: ignore[assignment]
        return spec


class _Loader:
    """Loads as another loader does, and changes the module."""

    def __init__(self, loader: Any, change: Callable[[Any], None]) -> None:
        self._loader, self._change = loader, change

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._change(module)
