"""Say who blocks the hub: code that doesn't yield stops every other job, lease and report of the process.

A greenlet ticks; a native thread looks whether it still does, and if not, takes the stack of the main thread. The
thread takes no lock that greenlets use and never logs (native threads that share patched locks with greenlets wedge for
good on gevent 26.9): the line is logged by the greenlet as soon as it runs again. Only when the hub doesn't come back
does the thread itself write, straight to the descriptor of stderr; and in the end it ends the process, whose jobs are
better off with another one.

The thread also hears signals to end, which reach Python only when the main thread comes back from C.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gevent
from gevent.event import Event

from camunda_client import metrics, patching
from camunda_client._process import job_table
from camunda_client._process.last_resort import LastResort, end_now, say
from camunda_client._process.stacks import defined_at, innermost, is_debugged
from camunda_client.c8.worker._execution import JobLost
from camunda_client.c8.worker._health import handler_of, stack_of
from camunda_client.c8.worker._lease import HeldJob, now_s
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from camunda_client.c8.worker._execution import Run

log = get_logger(__name__)


#: Seconds between two ticks. Four wake-ups a second cost nothing that can be measured.
TICK_S: Final = 0.25
#: Seconds without a tick that are worth a line. Leases are counted in seconds; a garbage collection is shorter.
THRESHOLD_S: Final = 1.0
#: Seconds after which the thread no longer counts on the hub to come back and log.
LAST_RESORT_S: Final = 30.0
#: Part of the time from which on code counts as computing.
_COMPUTES: Final = 0.2
#: What to do about code that blocks, by what it does.
_OFFLOAD: Final = "@camunda_worker(..., run_in='process')"
COMPUTES: Final = (
    f"it computes: {_OFFLOAD} runs the handler in a child process on another core; or run more --processes"
)
_YIELD: Final = "use a driver that is cooperative"
WAITS: Final = f"it waits in a call that does not yield: {_OFFLOAD} runs the handler in a child process, or {_YIELD}"
DEADLOCK: Final = (
    f"{WAITS}. If it waits for a lock that another handler holds, that is a deadlock, since the other can't go on "
    f"meanwhile: {_OFFLOAD} for all handlers that use the lock gives each a thread of its own, and max_jobs_active=1 "
    "lets one work at a time where one job type uses it"
)
#: Signals to end.
_ENDING: Final = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


@dataclass(slots=True)
class Sighting:
    """Where the main thread was when the hub did not run."""

    stack: list[str]
    #: For how long the hub had been away.
    seen_s: float
    #: Other handlers that were half-way.
    others: int = 0
    job_type: str | None = None
    job_key: str | None = None
    #: ``module.function``.
    handler: str | None = None
    #: Whether the process only waited; ``None`` if that is still to be judged.
    waited: bool | None = None

    def facts(self) -> dict[str, Any]:
        """Return what the live page shows of it."""
        return {"job_type": self.job_type, "job_key": self.job_key, "handler": self.handler, "stack": self.stack}


class Watchdog:
    """Watches the hub of the thread that starts it."""

    def __init__(
        self,
        last_resort: LastResort,
        latest_run: Callable[[], Run | None] = lambda: None,
        limit_s: float = 0.0,
        running_jobs: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            last_resort: Learns of signals to end, and that the hub is well.
            latest_run: Returns the run of a handler that ended last.
            limit_s: Seconds after which a process whose hub has not come back ends itself; 0 for never.
            running_jobs: Returns how many handlers are half-way; called in a native thread.
            clock: The monotonic one unless given.
        """
        self._running_jobs = running_jobs
        self._last_resort = last_resort
        self._latest_run = latest_run
        self._limit_s = limit_s
        # The originals: under the patch these would be greenlets and cooperative sleep.
        self._start_thread = patching.original("_thread", "start_new_thread")
        self._sleep = patching.original("time", "sleep")
        self._clock = clock or patching.original("time", "monotonic")
        self._read = patching.original("os", "read")
        self._main = patching.original("_thread", "get_ident")()
        self._ticked_s = self._clock()
        #: Where the parent reads that the hub is blocked, and by whom, while it is.
        self._table = job_table.current
        #: CPU time of the process at the tick.
        self._ticked_cpu_s = time.process_time()
        self._running = False
        self._sighting: Sighting | None = None
        self._frozen_s = 0.0
        self._is_said = False
        #: Where C code of the interpreter writes the numbers of signals as they come, and where the thread reads them.
        self._signals: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin to watch; :meth:`run` is to run as well."""
        self._running = True
        self._last_resort.renew()
        self._ticked_s = self._clock()
        self._hear_signals()
        self._start_thread(self._watch, ())

    def stop(self) -> None:
        """Watch no more; the thread ends within a tick."""
        self._running = False
        if self._table is not None:
            self._table.tick(0.0)
        if self._signals is not None:
            other = signal.set_wakeup_fd(-1)
            if other != self._signals[1]:
                signal.set_wakeup_fd(other)

    def _hear_signals(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        try:
            before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        except ValueError:  # started in a native thread
            before = -2
        if before == -1:
            self._signals = reader, writer
            return
        if before >= 0:
            signal.set_wakeup_fd(before)  # another's, which hears them instead
        os.close(reader)
        os.close(writer)

    def run(self) -> None:
        """Tick until stopped, and log what the thread has seen."""
        while True:
            self._ticked_s, self._ticked_cpu_s = self._clock(), time.process_time()
            if self._table is not None:
                self._table.tick(self._ticked_s)
            gevent.sleep(TICK_S)
            if not self._running:
                return
            self._last_resort.postpone()
            blocked_s = self._clock() - self._ticked_s - TICK_S
            sighting, self._sighting = self._sighting, None
            frozen_s, self._frozen_s = self._frozen_s, 0.0
            if frozen_s:
                log.warning("process.frozen", frozen_s=round(frozen_s, 3))
            if sighting is not None:
                blocked_s = max(blocked_s, sighting.seen_s)
                waits = self._waits(blocked_s) if sighting.waited is None else sighting.waited
                metrics.hub_blocked_s[()] += blocked_s
                log.warning(
                    "hub.blocked",
                    blocked_s=round(blocked_s, 3),
                    job_type=sighting.job_type,
                    job_key=sighting.job_key,
                    handler=sighting.handler,
                    stack=sighting.stack,
                    remedy=DEADLOCK if waits and sighting.others else WAITS if waits else COMPUTES,
                )

    def _watch(self) -> None:
        """In the native thread."""
        try:
            while self._running:
                self._last_resort.renew()
                slept_s, cpu_s = self._clock(), time.process_time()
                self._sleep(TICK_S)
                self.look(slept_s, time.process_time() - cpu_s)
        finally:
            if self._signals is not None:
                os.close(self._signals[0])
                os.close(self._signals[1])

    def look(self, slept_s: float, cpu_s: float) -> None:
        """Look whether the hub still runs, after a tick's sleep.

        Args:
            slept_s: When that began, on this watchdog's clock.
            cpu_s: What the process computed meanwhile.
        """
        self._heed_signals()
        late_s = self._clock() - slept_s - TICK_S
        if late_s > THRESHOLD_S and self._was_frozen(late_s, cpu_s):
            self._frozen_s += late_s
            self._ticked_s = self._clock()
        elif late_s > max(THRESHOLD_S, self._clock() - self._ticked_s):
            # The hub got the interpreter's lock before this thread, and has ticked meanwhile.
            self._sighting = self._sighting or self._look_back(late_s, cpu_s < late_s * _COMPUTES)
        else:
            self._judge(self._clock() - self._ticked_s - TICK_S)

    def _judge(self, blocked_s: float) -> None:
        if blocked_s < THRESHOLD_S:
            self._is_said = False
        elif self._sighting is None:
            just_ended = self._has_just_run(blocked_s)
            self._sighting = self._look_back(blocked_s) if just_ended else self._look(blocked_s)
        elif self._limit_s and blocked_s > self._limit_s:
            frame = sys._current_frames().get(self._main)
            if not is_debugged(frame):
                end_now([f"hub.blocked for {blocked_s:.0f} s: the process ends", *innermost(frame)])
        elif blocked_s > LAST_RESORT_S and not self._is_said:
            self._is_said = True
            self._write(blocked_s)

    def _was_frozen(self, late_s: float, cpu_s: float) -> bool:
        """Tell whether the whole process stood still: stopped, suspended, or starved by others.

        C code that holds the interpreter's lock makes this thread late, too; but it computes, or a handler called it.
        """
        if cpu_s > late_s / 3 or _held_job(sys._current_frames().get(self._main)) is not None:
            return False
        # It may have ended by now: the main thread goes on until this one gets the lock.
        return not self._has_just_run(late_s)

    def _has_just_run(self, for_s: float) -> bool:
        """Tell whether the handler that ended last ran for about that time, and has just ended."""
        run = self._latest_run()
        if run is None or run.settings.run_in == "process":
            return False
        return run.ended_s - run.started_s >= for_s * 0.8 and self._clock() - run.ended_s <= TICK_S

    def _heed_signals(self) -> None:
        if self._signals is None:
            return
        try:
            numbers = self._read(self._signals[0], 256)
        except OSError:  # none came
            return
        if _ENDING.intersection(numbers):
            self._last_resort.begin()

    def _look(self, blocked_s: float) -> Sighting:
        frame = sys._current_frames().get(self._main)
        sighting = Sighting(innermost(frame), blocked_s)
        held = _held_job(frame)
        sighting.others = max(self._running_jobs() - (held is not None), 0)
        if held is not None:
            sighting.job_type, sighting.job_key = held.settings.job_type, held.key
            sighting.handler = handler_of(held.settings)
        if self._table is not None:
            self._table.say_blocked(sighting.facts())
        return sighting

    def _look_back(self, blocked_s: float, waited: bool | None = None) -> Sighting:
        """Return what blocked the hub until just now, if a handler did: only where that begins can still be said."""
        sighting = Sighting([], blocked_s, self._running_jobs(), waited=waited)
        run = self._latest_run()
        if run is not None and self._has_just_run(blocked_s):
            sighting.stack = defined_at(run.settings.handler)
            sighting.job_type, sighting.job_key = run.settings.job_type, run.key
            sighting.handler = handler_of(run.settings)
        return sighting

    def _write(self, blocked_s: float) -> None:
        sighting = self._sighting
        if sighting is None:
            return
        first = (
            f"hub.blocked for {blocked_s:.0f} s and still, job_type={sighting.job_type} job_key={sighting.job_key} "
            f"handler={sighting.handler}"
        )
        why = [DEADLOCK] if sighting.others and self._waits(blocked_s) else []
        say([first, *why, *sighting.stack])

    def _waits(self, blocked_s: float) -> bool:
        """Tell whether the code only waits, perhaps for something that another job of this process has to do."""
        return time.process_time() - self._ticked_cpu_s < blocked_s * _COMPUTES


def _held_job(frame: FrameType | None) -> HeldJob | None:
    """Return the job whose handler is on the stack, found in the frame that called it."""
    while frame is not None:
        if frame.f_code.co_name == "_outcome" and frame.f_globals.get("__name__") == _EXECUTION:
            held = frame.f_locals.get("held")
            return held if isinstance(held, HeldJob) else None
        frame = frame.f_back
    return None


_EXECUTION: Final = "camunda_client.c8.worker._execution"


#: Seconds between two looks.
LOOK_S: Final = 0.5
#: Seconds that a handler may take to clean up after its time-out.
CLEAN_UP_S: Final = 3.0


class HandlerWatch:
    """Looks at all running handlers now and then."""

    def __init__(
        self,
        held_jobs: Callable[[], Iterable[HeldJob]],
        clock: Callable[[], float] | None = None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """Look at these, by the clock of leases (:mod:`._lease`) and that of handlers unless others are given."""
        self._held_jobs = held_jobs
        self._clock = clock or now_s
        self._monotonic = monotonic or time.monotonic
        self._stopped = Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Look at all running handlers now."""
        now = self._monotonic()
        for held in self._held_jobs():
            if held.is_in_handler():
                self._look(held, now)

    def _look(self, held: HeldJob, now: float) -> None:
        settings = held.settings
        if settings.stop_when_lost and not held.dropped and not held.lease.holds(self._clock()):
            held.drops()
            lost = JobLost("the job no longer belongs to this worker")
            gevent.get_hub().loop.run_callback(held.strike, lost)
        if held.overdue:
            return
        timeout_s, most_s = settings.handler_timeout_s, settings.max_lease_s
        if timeout_s is not None and now - held.started_s > timeout_s + CLEAN_UP_S:
            self._let_go(held, now, "it swallowed its handler_timeout")
        elif most_s is not None and self._clock() - held.received_s > most_s:
            self._let_go(held, now, "it outlasts max_lease")

    def _let_go(self, held: HeldJob, now: float, why: str) -> None:
        held.overruns()
        log.error(
            "job.stuck",
            job_key=held.key,
            job_type=held.settings.job_type,
            handler=handler_of(held.settings),
            since_s=round(now - (held.started_s or now), 3),
            why=why,
            stack=stack_of(held),
        )
