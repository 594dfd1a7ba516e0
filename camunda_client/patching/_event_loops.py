"""Let each greenlet run an asyncio event loop of its own, as each thread may.

asyncio keeps the running loop and the hooks for asynchronous generators per native thread. All handlers share one, so
every second ``asyncio.run()`` was refused ("cannot be called from a running event loop"). Here they belong to the
greenlet: they are put away when it is switched out, and put back when it goes on. The loops' waiting is cooperative
already, because a patched process has gevent's selector.

A switch costs nothing while no loop runs, and about a microsecond while one does.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from camunda_client.patching._originals import is_patched

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from greenlet import greenlet

#: From 3.14 on the running task is the thread's too; before, it was its loop's.
_TASK_IS_THREADS = sys.version_info >= (3, 14)

_installed = False


def give_greenlets_event_loops() -> None:
    """Let the greenlets of this native thread run event loops side by side. A second call does nothing.

    Nor does one in a process that is not patched, whose threads are native ones.
    """
    global _installed
    if not _installed and is_patched():
        _installed = True
        _Loops().install()


class _Loops:
    """The running loops of one native thread's greenlets."""

    def __init__(self) -> None:
        import asyncio
        import threading
        from asyncio import events, tasks

        from gevent import monkey

        self._events: Any = events
        self._asyncio: Any = asyncio
        self._new = events.new_event_loop
        self._get = events._get_running_loop
        self._set = events._set_running_loop
        self._swap_task = getattr(tasks, "_swap_current_task", None) if _TASK_IS_THREADS else None
        self._ident = threading.get_ident
        self._native_id: Callable[[], int] = monkey.get_original("threading", "get_ident")
        self._thread = self._native_id()
        #: How many greenlets are inside a loop; only then switches are watched.
        self._running = 0
        self._watcher_before: Callable[..., object] | None = None
        self._away: WeakKeyDictionary[greenlet, tuple[AbstractEventLoop, Any, Any]] = WeakKeyDictionary()
        #: Loops that one greenlet runs and another calls its own, as Playwright has it between two calls of a job.
        self._claimed: WeakSet[AbstractEventLoop] = WeakSet()

    def install(self) -> None:
        """Stand in for asyncio's own function, through which every loop begins and ends to run."""
        self._asyncio._set_running_loop = self._events._set_running_loop = self._set_running_loop
        self._asyncio.new_event_loop = self._events.new_event_loop = self._new_loop
        policy = getattr(self._events, "BaseDefaultEventLoopPolicy", None) or getattr(
            self._events, "_BaseDefaultEventLoopPolicy", None
        )
        if policy is not None:
            self._separate(policy)

    def _new_loop(self) -> AbstractEventLoop:
        """Make a loop as ``asyncio.run()`` does, but not uvloop's: it waits in C, and all of this thread with it."""
        loop: AbstractEventLoop = self._new()
        if self._native_id() != self._thread or type(loop).__module__.partition(".")[0] != "uvloop":
            return loop
        loop.close()
        cooperative: AbstractEventLoop = self._asyncio.SelectorEventLoop()
        return cooperative

    def _separate(self, policy: Any) -> None:
        """Keep what ``set_event_loop()`` sets per greenlet, also where asyncio was imported before the patch."""
        from gevent.local import local

        if issubclass(policy._Local, local):
            return
        policy._Local = type("_Local", (local,), {"_loop": None, "_set_called": False})
        if (current := self._events._event_loop_policy) is not None and hasattr(current, "_local"):
            current._local = policy._Local()

    def _set_running_loop(self, loop: AbstractEventLoop | None) -> None:
        if self._native_id() != self._thread:
            self._set(loop)
            return
        ran = self._get()
        self._set(loop)
        if loop is not None and ran is None:
            self._running += 1
            if self._running == 1:
                self._watch()
            if getattr(loop, "_thread_id", None) not in (None, self._ident()):
                self._claimed.add(loop)
        elif loop is None and ran is not None:
            self._running -= 1
            if self._claimed and ran in self._claimed:
                self._end_claims(ran)
            if not self._running:
                self._unwatch()

    def _end_claims(self, ended: AbstractEventLoop) -> None:
        """Let a loop that has ended run in none of the greenlets that are switched out, as in a thread."""
        self._claimed.discard(ended)
        for one in [one for one, (loop, _, _) in self._away.items() if loop is ended]:
            del self._away[one]
            self._running -= 1

    def _watch(self) -> None:
        import greenlet

        self._watcher_before = greenlet.settrace(self._switched)

    def _unwatch(self) -> None:
        import greenlet

        # Another may have been set meanwhile, which calls ours; then ours stays.
        if greenlet.gettrace() == self._switched:
            greenlet.settrace(self._watcher_before)
            self._watcher_before = None

    def _switched(self, event: str, greenlets: tuple[greenlet, greenlet]) -> None:
        """Called by greenlet after each switch, in the new one."""
        before, now = greenlets
        loop = self._get()
        if loop is not None:
            task = self._swap_task(loop, None) if self._swap_task else None
            self._away[before] = loop, task, sys.get_asyncgen_hooks()
            self._set(None)
            sys.set_asyncgen_hooks(None, None)
        if self._away and (kept := self._away.pop(now, None)) is not None:
            loop, task, hooks = kept
            self._set(loop)
            if self._swap_task:
                self._swap_task(loop, task)
            sys.set_asyncgen_hooks(*hooks)
        if self._watcher_before is not None:
            self._watcher_before(event, greenlets)
