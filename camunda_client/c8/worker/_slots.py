"""Room for jobs in flight, and a queue for what came while all of it was taken.

A task has two halves: ``work``, which runs other people's code, and ``tell``. What that code leaves behind must end
with it: a ``gevent.Timeout`` that was never closed and a late ``kill()`` strike a greenlet, and ``threading.local`` is
greenlet-local. So a greenlet goes on to ``tell``, and to the next task, only if nothing refers to it that did not
before. Otherwise it ends there, and another one tells. A new greenlet for each task costs 17 µs of CPU, of which 7 are
the memory that CPython maps for its stack; counting references costs 1 to 2 after a task that waited, and next to
nothing after one that did not (docs/decisions.md).
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import getweakrefcount

import gevent

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent.event import Event
    from greenlet import greenlet

_Task = TypeVar("_Task")
#: Where greenlets keep the task that started them.
_TASK = "camunda_client.task"


class Slots(Generic[_Task]):
    """At most ``size`` tasks at once; the rest wait their turn, first come first served."""

    def __init__(self, size: int, work: Callable[[_Task], None], tell: Callable[[_Task], None]) -> None:
        """Call ``work`` and then ``tell`` with each task; neither may raise."""
        self.size = size
        self.busy = 0
        #: Jobs that all running polls together may still bring; see :meth:`share`.
        self._asked = 0
        self._work = work
        self._tell = tell
        #: Greenlets that wait for something to do. gevent's own queue wakes one at twice the cost.
        self._idle: list[greenlet] = []
        #: Tasks, and whether their work is done.
        self._todo: deque[tuple[_Task, bool]] = deque()
        self._waiting: deque[_Task] = deque()
        self._wanted: set[Event] = set()
        self._closed = False
        #: A callback of the loop that it has not come to yet: nothing has been resumed meanwhile.
        self._turn: Any = None

    @property
    def free(self) -> int:
        """Slots that no task holds."""
        return self.size - self.busy

    @property
    def waiting(self) -> int:
        """Tasks that wait for a slot."""
        return len(self._waiting)

    def share(self, job_types: int) -> int:
        """Return for how many jobs one more poll may ask, 0 when no slot is free.

        What other polls have asked for is left to them, but each of the ``job_types`` may count on its even part:
        polls that wait for nothing must not starve the ones with work. What they bring too much waits here.
        """
        if self.free <= 0:
            return 0
        return max(1, self.free - self._asked, self.free // job_types)

    def ask(self, jobs: int) -> None:
        """Count what a poll asks for."""
        self._asked += jobs

    def answered(self, jobs: int) -> None:
        """Count a poll for so many jobs as over."""
        self._asked -= jobs

    def run(self, task: _Task) -> None:
        """Run the task in a slot, now or when one is free."""
        if self.busy >= self.size:
            self._waiting.append(task)
            return
        self.busy += 1
        self._give(task, worked=False)

    def notify(self, event: Event) -> None:
        """Set the event when a slot becomes free, once."""
        self._wanted.add(event)

    def close(self) -> None:
        """Let the greenlets end: idle ones now, the others after their task. No task may come any more."""
        self._closed = True
        while self._idle:
            self._wake_one()

    def _give(self, task: _Task, *, worked: bool) -> None:
        self._todo.append((task, worked))
        if self._idle:
            self._wake_one()
        else:
            _Server(self._serve).start()

    def _wake_one(self) -> None:
        gevent.get_hub().loop.run_callback(self._idle.pop().switch)

    def _serve(self) -> None:
        hub, greenlet = gevent.get_hub(), gevent.getcurrent()
        loop, started = hub.loop, greenlet.spawn_tree_locals  # type: ignore[attr-defined]
        untouched = _references()
        while True:
            while not self._todo:
                if self._closed:
                    return
                self._idle.append(greenlet)
                hub.switch()
            task, worked = self._todo.popleft()
            while True:
                if not worked:
                    started[_TASK] = task
                    if self._turn is None or not self._turn.pending:
                        self._turn = loop.run_callback(_nothing)
                    turn, before = self._turn, sys.getrefcount(greenlet)
                    self._work(task)
                    if (
                        # It did not wait, so that what resumed it then still refers to it, or does not.
                        not (turn.pending and sys.getrefcount(greenlet) == before and not _is_marked(greenlet))
                        and ((found := _references()) != untouched or not found)
                    ):
                        self._give(task, worked=True)
                        return
                    started.clear()
                self._tell(task)
                if not self._waiting or _is_marked(greenlet):
                    break
                task, worked = self._waiting.popleft(), False
            # Or the idle greenlet would keep the last job's variables alive.
            del task
            self._free_one()
            if self._closed or _is_marked(greenlet):
                return

    def _free_one(self) -> None:
        if self._waiting:
            self._give(self._waiting.popleft(), worked=False)
            return
        self.busy -= 1
        if self._wanted:
            wanted, self._wanted = self._wanted, set()
            for event in wanted:
                event.set()


class _Server(gevent.Greenlet):  # type: ignore[type-arg]  # it can't be subscripted at run time
    """A greenlet that serves."""

    #: gevent notes for each where it was spawned, ten frames of it; here that is always the same.
    spawning_stack_limit = 0

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__(run)
        #: What greenlets inherit from the one that spawned them: here the task.
        self.spawn_tree_locals: dict[str, object] = {}


def task_of(greenlet: object) -> object | None:
    """Return the task whose work has started a greenlet, itself or by others, if one has."""
    return (getattr(greenlet, "spawn_tree_locals", None) or {}).get(_TASK)


def _nothing() -> None:
    """Do nothing, in the hub."""


def _references() -> int:
    """Return how many references to the calling greenlet there are; 0 if something else has hold of it."""
    hub, greenlet = gevent.get_hub(), gevent.getcurrent()
    # What resumes a greenlet refers to it meanwhile: only resumed in the same way each time, it can be compared.
    # And what was just about to strike it strikes here.
    resume = hub.loop.run_callback(greenlet.switch)
    try:
        hub.switch()
    except BaseException:  # noqa: BLE001 - see above
        resume.stop()
        return 0
    return 0 if _is_marked(greenlet) else sys.getrefcount(greenlet)


def _is_marked(greenlet: Any) -> bool:
    """Tell whether something hangs on a greenlet without a reference that counts.

    That is greenlet-locals (and with them the patched ``threading.local``), links, weak references and attributes.
    """
    return bool(
        greenlet.has_links()
        or getweakrefcount(greenlet)
        or len(greenlet.spawn_tree_locals) > 1  # the task is in there while it works
        or len(greenlet.__dict__) > 1  # what it runs is in there
    )
