"""Say where the import of the user's module stands, if it does not come to an end.

Nothing else can: the workers' watchdog begins with the workers. A logger whose "thread" waits for a pipe or a queue of
:mod:`multiprocessing` stops the process at its import for good, because that thread is a greenlet, and such calls don't
yield. A native thread looks; it takes no lock that greenlets take, and writes straight to the descriptor of stderr.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from camunda_client import patching
from camunda_client._process import last_resort
from camunda_client._process.stacks import innermost, is_debugged

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: Seconds between two looks.
_LOOK_S: Final = 0.25
#: Seconds after which it is said where an import stands, and then said again.
FIRST_S: Final = 10.0
_AGAIN_S: Final = 60.0
#: Part of the time in which a process computes that stands still: looking costs some, too.
_STILL_CPU: Final = 0.2


class ImportStatus(NamedTuple):
    """Where an import stands."""

    #: What the process does: ``waits`` (the hub runs), ``blocked`` or ``computes``.
    state: str
    #: A greenlet that the import has started keeps the whole process, import included.
    by_thread: bool
    #: ``file:line in module`` of the innermost import.
    importing: str
    stack: list[str]

    def lines(self, target: str, seconds: float) -> list[str]:
        """Return it in words."""
        return [f"import of {target} has not ended after {seconds:.0f} s: {self.reason()}", *self.stack]

    def reason(self) -> str:
        """Return why it does not go on, on one line."""
        at = self.stack[-1] if self.stack else "an unknown place"
        if self.state == "waits":
            return f"{self.importing} waits at {at}"
        if self.state == "computes":
            return f"{self.importing} computes at {at}"
        if self.by_thread:
            return (
                f"{self.importing}, but a thread that was started there waits at {at} in a call that can't be made "
                "cooperative, and keeps the whole process: a deadlock, unless another process ends that wait. Do "
                "without that thread, or start it in a process of its own"
            )
        return f"{self.importing} blocks the whole process at {at}"


class ImportWatch:
    """Watches the import that the calling greenlet is about to do."""

    def __init__(
        self,
        limit_s: float,
        on_news: Callable[[ImportStatus, float], None],
        on_limit: Callable[[ImportStatus, float], None],
        first_s: float = FIRST_S,
    ) -> None:
        """Prepare; nothing runs yet. Both functions are called in a native thread.

        Args:
            limit_s: Seconds after which a process that stands still is ended; 0 for never.
            on_news: Called with where the import stands, and for how long it has run, whenever that is worth a line.
            on_limit: Called when the process has stood still for so long.
            first_s: Seconds after which there is news at first.
        """
        import gevent

        self._limit_s, self._first_s = limit_s, first_s
        self._on_news, self._on_limit = on_news, on_limit
        self._sleep = patching.original("time", "sleep")
        self._thread = patching.original("_thread", "get_ident")()
        self._importer: Any = gevent.getcurrent()
        self._running = False
        self._still_since_s = 0.0
        self._position: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._running = True
        self._renew()
        patching.original("_thread", "start_new_thread")(self._watch, ())

    def stop(self) -> None:
        """Look no more."""
        self._running = False
        if self._limit_s:
            last_resort.let_live()

    def _watch(self) -> None:
        started_s = self._still_since_s = time.monotonic()
        say_s, renew_s = started_s + self._first_s, started_s
        while not self._is_over():
            now = time.monotonic()
            if now >= renew_s:
                self._renew()
                renew_s = now + min(last_resort.RENEW_S, self._limit_s / 2 or last_resort.RENEW_S)
            cpu_s = time.process_time()
            self._sleep(_LOOK_S)
            busy = time.process_time() - cpu_s > _LOOK_S * _STILL_CPU
            status = self._look(busy=busy)
            now = time.monotonic()
            if self._is_over():
                return
            if now >= say_s:
                self._on_news(status, now - started_s)
                say_s = now + _AGAIN_S
            if self._limit_s and status.state == "blocked" and now - self._still_since_s > self._limit_s:
                self._on_limit(status, now - started_s)

    def _is_over(self) -> bool:
        return not self._running

    def _renew(self) -> None:
        """Let the process live on: a timer ends it where C code holds the interpreter's lock and no thread runs."""
        if self._limit_s:
            last_resort.end_within(self._limit_s + last_resort.GRACE_S)

    def _look(self, *, busy: bool) -> ImportStatus:
        frame = sys._current_frames().get(self._thread)
        position = None if frame is None else (id(frame.f_code), frame.f_lasti)
        waits = frame is not None and frame.f_globals.get("__name__") == "gevent.hub"
        if busy or waits or is_debugged(frame) or position != self._position:
            self._position, self._still_since_s = position, time.monotonic()
        importer: FrameType | None = self._importer.gr_frame
        state = "computes" if busy else "waits" if waits else "blocked"
        by_thread = state != "waits" and importer is not None
        shown = importer if state == "waits" else frame
        return ImportStatus(state, by_thread, _importing(importer or frame), innermost(shown))


def _importing(frame: FrameType | None) -> str:
    """Return which module the innermost import is of, and where it is."""
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_globals.get('__name__')}"
        frame = frame.f_back
    return "the import"


def for_worker(target: str, limit_s: float) -> ImportWatch:
    """Return a watch for ``camunda-client worker``: it tells stderr, and ends a process that stands still."""

    def tell(status: ImportStatus, seconds: float) -> None:
        last_resort.say(status.lines(target, seconds))

    def end(status: ImportStatus, seconds: float) -> None:
        last_resort.end_now([*status.lines(target, seconds), "the process ends (worker.blockedLimit)"])

    return ImportWatch(limit_s, tell, end)


def for_doctor(target: str, limit_s: float) -> ImportWatch:
    """Return a watch for ``camunda-client doctor``: it tells stdout, and ends the command, at the limit."""

    def end(status: ImportStatus, seconds: float) -> None:
        finding = f"wrong    {target}: its import has not ended after {seconds:.0f} s: {status.reason()}"
        stack = [f"         {line}" for line in status.stack]
        os.write(1, ("\n".join([finding, *stack]) + "\n").encode(errors="backslashreplace"))
        os._exit(1)

    return ImportWatch(0, end, end, limit_s)
