"""Give each greenlet an alarm of its own: code that limits itself by SIGALRM, as common decorators do, ends itself.

A process has one timer and one handler of SIGALRM. Shared by greenlets, ``alarm(0)`` of one cancels the others' limits,
and the exception comes up wherever the signal finds the process: in another greenlet, or in the hub, which ends the
program. Here ``signal.alarm``, ``setitimer(ITIMER_REAL)`` and the handler of SIGALRM belong to the greenlet that
calls. While it waits, its exception is raised where it waits, as ``gevent.Timeout`` does; while it computes, the real
signal interrupts it.
"""

from __future__ import annotations

import errno
import operator
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from camunda_client.patching._signal_calls import set_signal, show_signal

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: Seconds until an alarm that met another greenlet tries again to interrupt its own, should that one compute.
_AGAIN_S = 0.1
#: Seconds, 30 years: as infinity, no timer takes it.
_LONGEST_S = 1e9

_tell: Callable[[str], None] | None = None
_installed = False

#: What to use instead of SIGALRM; ``doctor`` says it, too.
ALARM_REMEDY = (
    "each handler has an alarm of its own here, but handler_timeout limits it without one, and its job's failure then "
    "says where it hung"
)


def give_greenlets_alarms() -> None:
    """Let each greenlet of this native thread have an alarm of its own. A second call does nothing."""
    global _installed
    if not _installed:
        _installed = True
        _Alarms().install()


def tell_of_alarms(tell: Callable[[str], None] | None) -> None:
    """Have this called with the place, ``file:line in name``, of the next alarm outside the main greenlet, once."""
    global _tell
    _tell = tell


class _Alarm:
    """A limit that a greenlet set itself."""

    __slots__ = ("due_s", "interval_s", "late", "owner", "timer")

    def __init__(self, owner: Any, due_s: float, interval_s: float) -> None:
        self.owner = owner
        self.due_s = due_s
        self.interval_s = interval_s
        #: The real signal came for it, and met another greenlet.
        self.late = False
        self.timer: Any = None


class _Alarms:
    """All alarms of the process's greenlets."""

    def __init__(self) -> None:
        import gevent
        from gevent import monkey

        self._current, self._hub = gevent.getcurrent, gevent.get_hub
        self._main = gevent.get_hub().parent
        self._native_id: Callable[[], int] = monkey.get_original("threading", "get_ident")
        self._thread: int = self._native_id()
        self._real: dict[str, Any] = {name: getattr(signal, name) for name in ("alarm", "setitimer", "getitimer")}
        #: Alarms that are set, by their greenlets.
        self._set: dict[Any, _Alarm] = {}
        #: Handlers that greenlets set for themselves; all others have the main greenlet's.
        self._own: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._mains: Any = signal.SIG_DFL
        self._real_due_s: float | None = None
        self._takes_signal = False

    def install(self) -> None:
        """Stand in for the functions of :mod:`signal`."""
        from gevent import monkey

        self._mains = signal.getsignal(signal.SIGALRM)
        for name in self._real:
            monkey.patch_item(signal, name, getattr(self, f"_{name}"))  # type: ignore[attr-defined]
        show_signal(signal.SIGALRM, self)
        left_s, interval_s = self._real["getitimer"](signal.ITIMER_REAL)
        if left_s or callable(self._mains):
            self._take_signal()
        if left_s:
            self._arm(self._main, left_s, interval_s)

    # -- what applications call -------------------------------------------------------------------------------------
    def replace(self, handler: Any) -> Any:
        """``signal.signal(SIGALRM, ...)``."""
        if self._is_elsewhere():
            raise ValueError("signal only works in main thread of the main interpreter")
        owner, before = self._current(), self.current()
        if owner is self._main:
            self._mains = handler
        else:
            self._own[owner] = handler
        self._take_signal()
        return before

    def current(self) -> Any:
        """``signal.getsignal(SIGALRM)``."""
        return self._own.get(self._current(), self._mains)

    def _alarm(self, seconds: Any, /) -> int:
        if self._is_elsewhere():
            return int(self._real["alarm"](seconds))
        left_s, _ = self._replace_alarm(float(operator.index(seconds)), 0.0)
        return int(-(-left_s // 1))

    def _setitimer(self, which: Any, seconds: Any, interval: Any = 0.0, /) -> Any:
        if which != signal.ITIMER_REAL or self._is_elsewhere():
            return self._real["setitimer"](which, seconds, interval)
        seconds, interval = float(seconds), float(interval)
        if not (0 <= seconds < _LONGEST_S and 0 <= interval < _LONGEST_S):  # NaN is neither
            raise signal.ItimerError(errno.EINVAL, "Invalid argument")
        return self._replace_alarm(seconds, interval)

    def _getitimer(self, which: Any, /) -> Any:
        if which != signal.ITIMER_REAL or self._is_elsewhere():
            return self._real["getitimer"](which)
        return self._left(self._set.get(self._current()))

    def _is_elsewhere(self) -> bool:
        """Whether the calling native thread is another one, where nothing of this applies."""
        here: int = self._native_id()
        return here != self._thread

    # -- setting and ringing ----------------------------------------------------------------------------------------
    def _replace_alarm(self, seconds: float, interval_s: float) -> tuple[float, float]:
        owner = self._current()
        alarm = self._set.get(owner)
        left = self._left(alarm)
        if alarm is not None:
            self._remove(alarm)
            if alarm.due_s <= time.monotonic():
                # It was due, and nothing has let it ring yet. Without this, a job that took too long would look well.
                self._arm(owner, seconds, interval_s)
                self._call(owner, sys._getframe(2))
                return left
        self._arm(owner, seconds, interval_s)
        return left

    @staticmethod
    def _left(alarm: _Alarm | None) -> tuple[float, float]:
        if alarm is None:
            return 0.0, 0.0
        return max(alarm.due_s - time.monotonic(), 1e-6), alarm.interval_s

    def _arm(self, owner: Any, seconds: float, interval_s: float) -> None:
        if seconds > 0:
            self._take_signal()
            alarm = self._set[owner] = _Alarm(owner, time.monotonic() + seconds, interval_s)
            alarm.timer = self._hub().loop.timer(seconds)
            alarm.timer.start(self._due, alarm)
            self._tell_once(owner)
        self._arm_real()

    def _remove(self, alarm: _Alarm) -> None:
        del self._set[alarm.owner]
        alarm.timer.stop()
        alarm.timer.close()

    def _rings(self, alarm: _Alarm) -> None:
        """Take an alarm off, and set it again if it repeats."""
        self._remove(alarm)
        if alarm.owner.dead:
            return
        self._arm(alarm.owner, alarm.interval_s, alarm.interval_s)

    def _due(self, alarm: _Alarm) -> None:
        """In the hub, where nothing may wait: ring from a greenlet."""
        import gevent

        gevent.spawn(self._ring, alarm)

    def _ring(self, alarm: _Alarm) -> None:
        """Call the handler for a greenlet that waits, and raise there what it raises."""
        owner = alarm.owner
        if self._set.get(owner) is not alarm:
            return  # it was in time, or the real signal has interrupted it
        self._rings(alarm)
        if owner.dead:
            return
        self._call_for(owner)

    def _call_mains(self) -> None:
        self._call_for(self._main)

    def _call_for(self, owner: Any) -> None:
        try:
            self._call(owner, owner.gr_frame)
        except BaseException as error:  # noqa: BLE001 - it is the owner's
            self._hub().loop.run_callback(self._strike, owner, error)

    def _strike(self, owner: Any, error: BaseException) -> None:
        """In the hub."""
        if owner is self._main:
            # As for any handler of a signal that raises: the application's end, or HubErrors' line.
            self._hub().handle_error(None, type(error), error, error.__traceback__)
        elif not owner.dead:
            owner.throw(error)

    def _call(self, owner: Any, frame: FrameType | None) -> None:
        handler = self._own.get(owner, self._mains)
        if callable(handler):
            handler(signal.SIGALRM, frame)
        elif handler != signal.SIG_IGN and owner is self._main:
            set_signal(signal.SIGALRM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGALRM)
        elif handler != signal.SIG_IGN:
            # The default ends the process, and all that its other jobs have done with it.
            raise TimeoutError("signal.alarm() ran out, and no handler was set for SIGALRM")

    # -- the real timer and signal ----------------------------------------------------------------------------------
    def _take_signal(self) -> None:
        if not self._takes_signal:
            self._takes_signal = True
            set_signal(signal.SIGALRM, self._came)

    def _arm_real(self) -> None:
        now = time.monotonic()
        due_s = min((now + _AGAIN_S if one.late else one.due_s for one in self._set.values()), default=None)
        if due_s is None and self._real_due_s is None:
            return
        self._real_due_s = due_s
        self._real["setitimer"](signal.ITIMER_REAL, 0.0 if due_s is None else max(due_s - now, 1e-6))

    def _came(self, _number: int, frame: FrameType | None) -> None:
        """Handle the signal, wherever it has found the process."""
        now = time.monotonic()
        is_ours = self._real_due_s is not None and self._real_due_s <= now + 0.001
        if not is_ours:
            import gevent

            # Another process sent it. What its handler raises belongs to no other greenlet.
            self._hub().loop.run_callback(gevent.spawn, self._call_mains)
            return
        alarm = self._set.get(self._current())
        for one in self._set.values():
            one.late = one.due_s <= now + 0.001
        if alarm is None or not alarm.late:
            self._arm_real()
            return
        self._rings(alarm)
        self._call(alarm.owner, frame)

    def _tell_once(self, owner: Any) -> None:
        global _tell
        if _tell is None or owner is self._main:
            return
        tell, _tell = _tell, None
        tell(_place(sys._getframe(1)))


def _place(frame: FrameType | None) -> str:
    """Return who called, beyond this module."""
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return "?" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
