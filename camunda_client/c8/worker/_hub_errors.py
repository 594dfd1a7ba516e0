"""Keep a worker alive that gevent would end: errors that come up in the hub are passed on to the main greenlet there.

That is so for ``SystemExit``, ``KeyboardInterrupt`` and ``SystemError`` in any greenlet or task of a pool, and for all
that a signal handler raises while nothing runs, as one of SIGALRM does to limit a call. None of these may end the jobs
of others. What stays: a handler of a signal that asks for the end, and greenlets of an application with a loop of its
own that no handler started.
"""

from __future__ import annotations

import inspect
import signal
from typing import TYPE_CHECKING, Any

import gevent

from camunda_client import log as logging
from camunda_client._process.stacks import raised_at
from camunda_client.c8.worker._slots import task_of

if TYPE_CHECKING:
    from types import FrameType, TracebackType

log = logging.get_logger(__name__)

#: Signals by which people and systems end programs.
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_REMEDY = (
    "a signal reaches the whole process, not the handler that asked for it, which goes on; "
    "limit handlers by handler_timeout, or calls by gevent.Timeout"
)


class HubErrors:
    """Stands before the hub's own ``handle_error``, which gevent leaves to applications to replace."""

    def __init__(self, *, is_command: bool) -> None:
        """Prepare for the hub of the calling thread; all greenlets of a command of ours are workers' or handlers'."""
        self._hub: Any = gevent.get_hub()
        self._is_command = is_command
        self._before: Any = None

    def start(self) -> None:
        """Stand there from now on."""
        self._before = self._hub.handle_error
        self._hub.handle_error = self._handle

    def stop(self) -> None:
        """Leave the place, unless another has come since."""
        if self._hub.__dict__.get("handle_error") == self._handle:
            self._hub.handle_error = self._before

    def _handle(self, context: Any, kind: Any, error: Any, trace: TracebackType | None) -> None:
        """Must not raise."""
        if context is None:
            number = _raised_by(trace)
            if number is not None and number not in _ENDING:
                self._log("signal.handler_raised", error, trace, signal=signal.Signals(number).name, remedy=_REMEDY)
                return
        elif _ends_main(self._hub, kind) and (self._is_command or not _is_applications(context)):
            held: Any = task_of(context)
            facts = {} if held is None else {"job_key": held.key, "job_type": held.settings.job_type}
            self._log("greenlet.exit_ignored", error, trace, **facts)
            return
        self._before(context, kind, error, trace)

    def _log(self, event: str, error: object, trace: TracebackType | None, **facts: object) -> None:
        """Log, from a greenlet: in the hub nothing may wait, which an application's own logging could do."""
        stack = raised_at(trace)
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._hub.loop.run_callback(gevent.spawn, lambda: log.error(event, error=text, stack=stack, **facts))


def _ends_main(hub: Any, kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, hub.SYSTEM_ERROR)


def _is_applications(context: Any) -> bool:
    """Tell whether it is a greenlet that no handler has started."""
    return isinstance(context, gevent.Greenlet) and task_of(context) is None


def _raised_by(trace: TracebackType | None) -> int | None:
    """Return the signal whose Python handler raised, as far as its frame tells: it is an argument beside a frame."""
    while trace is not None:
        values = _arguments(trace.tb_frame)
        if any(inspect.isframe(value) for value in values):
            number = next((value for value in values if isinstance(value, int) and value in _NUMBERS), None)
            if number is not None:
                return number
        trace = trace.tb_next
    return None


def _arguments(frame: FrameType) -> list[object]:
    code = frame.f_code
    named = code.co_argcount + code.co_kwonlyargcount
    values = [frame.f_locals.get(name) for name in code.co_varnames[:named]]
    if code.co_flags & inspect.CO_VARARGS:
        rest = frame.f_locals.get(code.co_varnames[named])
        values += rest if isinstance(rest, tuple) else ()
    return values


_NUMBERS = frozenset(int(number) for number in signal.Signals)
