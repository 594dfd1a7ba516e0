"""Say who blocks the hub: code that doesn't yield stops every other job, lease and report of the process.

A greenlet ticks; a native thread looks whether it still does, and if not, takes the stack of the main thread. The
thread takes no lock that greenlets use and never logs (native threads that share patched locks with greenlets wedge for
good on gevent 26.9): the line is logged by the greenlet as soon as it runs again. Only when the hub doesn't come back
does the thread itself write, straight to the descriptor of stderr.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import gevent

from camunda_client import metrics, patching
from camunda_client.c8.worker._held import Held
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from types import FrameType

log = get_logger(__name__)

#: Seconds between two ticks. Four wake-ups a second cost nothing that can be measured.
TICK_S: Final = 0.25
#: Seconds without a tick that are worth a line. Leases are counted in seconds; a garbage collection is shorter.
THRESHOLD_S: Final = 1.0
#: Seconds after which nobody counts on the hub to come back and log.
LAST_RESORT_S: Final = 30.0
#: Frames of the stack that go into the line, the innermost.
_FRAMES: Final = 8


@dataclass(slots=True)
class Sighting:
    """Where the main thread was when the hub did not run."""

    stack: list[str]
    job_type: str | None = None
    job_key: str | None = None


class Watchdog:
    """Watches the hub of the thread that starts it."""

    def __init__(self) -> None:
        """Prepare; nothing runs yet."""
        # The originals: under the patch these would be greenlets and cooperative sleep.
        self._start_thread = patching.original("_thread", "start_new_thread")
        self._sleep = patching.original("time", "sleep")
        self._clock = patching.original("time", "monotonic")
        self._main = patching.original("_thread", "get_ident")()
        self._ticked_s = self._clock()
        self._running = False
        self._sighting: Sighting | None = None
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._running = True
        self._ticked_s = self._clock()
        self._greenlet = gevent.spawn(self._tick)
        self._start_thread(self._watch, ())

    def stop(self) -> None:
        """Watch no more; the thread ends within a tick."""
        self._running = False
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _tick(self) -> None:
        while True:
            self._ticked_s = self._clock()
            gevent.sleep(TICK_S)
            blocked_s = self._clock() - self._ticked_s - TICK_S
            sighting, self._sighting = self._sighting, None
            if sighting is not None:
                metrics.hub_blocked_s[()] += blocked_s
                log.warning(
                    "hub.blocked",
                    blocked_s=round(blocked_s, 3),
                    job_type=sighting.job_type,
                    job_key=sighting.job_key,
                    stack=sighting.stack,
                )

    def _watch(self) -> None:
        """In the native thread."""
        told = False
        while self._running:
            self._sleep(TICK_S)
            blocked_s = self._clock() - self._ticked_s
            if blocked_s < TICK_S + THRESHOLD_S:
                told = False
            elif self._sighting is None:
                self._sighting = self._look()
            elif blocked_s > LAST_RESORT_S and not told:
                told = True
                self._write(blocked_s)

    def _look(self) -> Sighting:
        frame = sys._current_frames().get(self._main)
        sighting = Sighting(stack=_innermost(frame))
        held = _held_job(frame)
        if held is not None:
            sighting.job_type, sighting.job_key = held.settings.job_type, held.key
        return sighting

    def _write(self, blocked_s: float) -> None:
        sighting = self._sighting
        if sighting is None:
            return
        told = f"hub.blocked for {blocked_s:.0f} s and still, job_type={sighting.job_type} job_key={sighting.job_key}"
        try:
            os.write(2, ("\n".join([told, *sighting.stack]) + "\n").encode("utf-8", "backslashreplace"))
        except OSError:
            return  # nobody reads; there is nowhere else to say it


def _innermost(frame: FrameType | None) -> list[str]:
    frames = traceback.extract_stack(frame, limit=None)[-_FRAMES:] if frame is not None else []
    return [f"{entry.filename}:{entry.lineno} in {entry.name}" for entry in frames]


def _held_job(frame: FrameType | None) -> Held | None:
    """Return the job whose handler is on the stack, found in the frame that called it."""
    while frame is not None:
        if frame.f_code.co_name == "_outcome" and frame.f_globals.get("__name__") == _EXECUTION:
            held = frame.f_locals.get("held")
            return held if isinstance(held, Held) else None
        frame = frame.f_back
    return None


_EXECUTION: Final = "camunda_client.c8.worker._execution"
