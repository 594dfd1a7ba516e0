"""The end of a command: exit hooks of libraries get some seconds, and then the process ends whatever they do.

Python waits without end for threads that are no daemons, for the tasks of thread pools, and for what is registered with
``atexit``: an exporter that can't reach its server keeps a drained worker alive until it is killed.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from camunda_client import log, patching
from camunda_client._process import last_resort
from camunda_client._process.stacks import innermost, place
from camunda_client.cli import _stdout

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: Seconds where no configuration says otherwise.
EXIT_S: Final = 10.0
#: Who waits on behalf of others: what is looked for is who had them wait.
_WAITING: Final = ("gevent", "threading", "concurrent.futures", "queue", "selectors", "socket", "_weakrefset")


def end(code: int, limit_s: float, first: Callable[[], object] = lambda: None) -> int:
    """Let exit hooks run for so many seconds, half of them for threads; return the exit code, or end with it.

    Args:
        code: How the process ends, also if they take longer.
        limit_s: Seconds; 0 leaves them no time.
        first: Is called before all others, with the same limit.
    """
    main: Any = _main_greenlet()
    if limit_s <= 0:
        _flush_stdout()
        os._exit(code)
    _start_guard(code, limit_s, main)
    # C code that holds the interpreter's lock would keep the guard from acting.
    last_resort.end_within(limit_s + last_resort.GRACE_S)
    first()
    log.flush()
    left = _threads_left(limit_s / 2)
    if left:
        _say_what_is_left(left)
        # Python would wait for them again.
        try:
            atexit._run_exitfuncs()
            _flush_stdout()
            log.flush()
        finally:
            os._exit(code)
    _flush_stdout()
    return code


def _threads_left(limit_s: float) -> list[threading.Thread]:
    """Wait as Python does at its end: pools finish their tasks, threads end. Return those that don't."""
    import gevent

    with suppress(gevent.Timeout), gevent.Timeout(limit_s):
        threading._shutdown()  # type: ignore[attr-defined]
    return _threads()


def _threads() -> list[threading.Thread]:
    # threading.enumerate() takes a lock that greenlets take as well.
    active = list(threading._active.values())  # type: ignore[attr-defined]
    spared = (threading.main_thread(), active and threading._active.get(threading.get_ident()))  # type: ignore[attr-defined]
    return [thread for thread in active if thread not in spared and not thread.daemon]


def _say_what_is_left(left: list[threading.Thread]) -> None:
    frames = _frames()
    log.get_logger(__name__).warning(
        "shutdown.threads_left",
        threads=sorted(thread.name for thread in left)[:20],
        count=len(left),
        where=[_described(thread, frames) for thread in left][:5],
    )


# -- who holds it up ------------------------------------------------------------------------------------------------
def _frames() -> dict[int | None, FrameType | None]:
    """Return where each thread is, by its id, whether it is a native one or a greenlet."""
    from greenlet import greenlet

    found: dict[int | None, FrameType | None] = {
        id(one): one.gr_frame for one in gc.get_objects() if isinstance(one, greenlet)
    }
    return found | sys._current_frames()


def _described(thread: threading.Thread, frames: dict[int | None, FrameType | None]) -> str:
    return f"{thread.name}: {_place(frames.get(thread.ident))}"


def _place(frame: FrameType | None) -> str:
    """Return where the innermost code is that does not merely wait for others."""
    shown = frame
    while frame is not None:
        if not _waits(str(frame.f_globals.get("__name__"))):
            shown = frame
            break
        frame = frame.f_back
    return "not known" if shown is None else place(shown)


def _waits(module: str) -> bool:
    return any(f"{module}.".startswith(f"{one}.") for one in _WAITING)


def _main_greenlet() -> Any:
    import gevent

    return gevent.getcurrent()


# -- the guard ------------------------------------------------------------------------------------------------------
def _start_guard(code: int, limit_s: float, main: Any) -> None:
    sleep = patching.original("time", "sleep")
    thread = patching.original("_thread", "get_ident")()

    def guard() -> None:
        sleep(limit_s)
        try:
            last_resort.say(_last_words(code, limit_s, main, thread))
        finally:
            os._exit(code)

    patching.original("_thread", "start_new_thread")(guard, ())


def _last_words(code: int, limit_s: float, main: Any, thread: int) -> list[str]:
    frames = _frames()
    # If the main greenlet waits cooperatively, its thread is in the hub.
    frame = main.gr_frame or frames.get(thread)
    return [
        f"shutdown.exit_timed_out: exit hooks did not end within {limit_s:g} s (worker.exitTimeout); the process ends "
        f"with {code}. Held up by {_place(frame)}",
        *[f"thread {_described(one, frames)}" for one in _threads()],
        *innermost(frame),
    ]


def _flush_stdout() -> None:
    """Write what was printed; if its reader is gone, keep Python's own attempt from changing the exit code."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _stdout.discard()
