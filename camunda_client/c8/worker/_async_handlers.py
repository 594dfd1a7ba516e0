"""Run ``async def`` handlers on one asyncio loop, which has a greenlet of its own beside those of the jobs.

A job's greenlet starts the coroutine there and waits for it. So whatever is done to that greenlet (a time-out, the end
of a drain, a lost job) finds a handler that waits, as always; here it cancels the coroutine, waits for it to clean up,
and goes on. There is one loop for all, because clients of asyncio (a session of aiohttp, a pool of asyncpg) belong to
the loop in which they were made, and jobs share them.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from typing import TYPE_CHECKING, Any, Final

import gevent
from gevent.event import Event

from camunda_client._process.stacks import place
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import FrameType

    from camunda_client.c8.models import ActivatedJob

    AsyncHandler = Callable[[ActivatedJob], Coroutine[Any, Any, Any]]

log = get_logger(__name__)

#: Seconds that tasks may take to clean up when the workers have stopped.
_CLEAN_UP_S: Final = 2.0


class _Run:
    """One coroutine of a handler, from its start to its end."""

    def __init__(self, handler: AsyncHandler, job: ActivatedJob) -> None:
        self._handler, self._job = handler, job
        self._coroutine: Coroutine[Any, Any, None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.ended = Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        """In the loop: start it, in a copy of the context."""
        self._coroutine = self._work()
        self._task = context.run(loop.create_task, self._coroutine)
        self._task.add_done_callback(self._end)

    async def _work(self) -> None:
        try:
            self.result = await self._handler(self._job)
        except BaseException as error:  # noqa: BLE001 - it is the job's, SystemExit and its own cancellation included
            self.error = error

    def _end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # before its first step
            self.error = asyncio.CancelledError()
        self._coroutine = self._task = None
        self.ended.set()

    def cancel(self) -> None:
        """In the loop."""
        if self._task is not None:
            self._task.cancel()

    def is_on(self, frame: FrameType | None) -> bool:
        """Tell whether a stack, that of the loop's greenlet, is in this coroutine: in a call that blocks."""
        while frame is not None:
            if frame.f_code is _Run._work.__code__ and frame.f_locals.get("self") is self:
                return True
            frame = frame.f_back
        return False

    def stack(self) -> list[str]:
        """Return where the coroutine waits, the innermost place last."""
        found: list[str] = []
        awaited: Any = self._coroutine
        while (frame := getattr(awaited, "cr_frame", None)) is not None:
            found.append(place(frame))
            awaited = awaited.cr_await
        return found[1:]


class _Loop:
    """The loop, while there are jobs of asynchronous handlers or may be again."""

    def __init__(self) -> None:
        # Of the standard library, whatever the policy says: others, such as uvloop's, wait in C and block everything.
        self.loop = asyncio.SelectorEventLoop()
        self._stopping = False
        self.greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self.loop.run_forever()
            except BaseException:
                # A task that a handler left behind raised SystemExit, or something struck this greenlet.
                log.exception("async.exit_ignored")
        try:
            self.loop.run_until_complete(self._clean_up())
        finally:
            self.loop.close()

    async def _clean_up(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_CLEAN_UP_S)
        await self.loop.shutdown_asyncgens()

    def stop(self) -> None:
        """End it, with all tasks that are left."""
        self._stopping = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.greenlet.join(timeout=2 * _CLEAN_UP_S)

    def strike(self, run: _Run, error: BaseException) -> None:
        """In the hub: raise in a coroutine that holds up the whole loop by a call that blocks its greenlet."""
        if run.is_on(self.greenlet.gr_frame):
            self.greenlet.throw(error)


_current: _Loop | None = None
#: Coroutines under way, by the greenlets that wait for them.
_runs: dict[Any, _Run] = {}


def as_blocking(handler: AsyncHandler) -> Callable[[ActivatedJob], Any]:
    """Return a plain function that runs an asynchronous handler to its end."""

    def call(job: ActivatedJob) -> Any:
        return _call(handler, job)

    call.__wrapped__ = inspect.unwrap(handler)  # type: ignore[attr-defined]
    return call


def stop() -> None:
    """Stop the loop, if one runs. The next job starts another."""
    global _current
    current, _current = _current, None
    if current is not None:
        current.stop()


def stack_of(greenlet: object) -> list[str]:
    """Return where the coroutine stands that a greenlet waits for; nothing if it waits for none."""
    run = _runs.get(greenlet)
    return [] if run is None else run.stack()


def _call(handler: AsyncHandler, job: ActivatedJob) -> Any:
    global _current
    if _current is None:
        _current = _Loop()
    current, greenlet = _current, gevent.getcurrent()
    run = _runs[greenlet] = _Run(handler, job)
    try:
        # What jobs and hooks have bound is seen there; what it binds is its own.
        current.loop.call_soon_threadsafe(run.begin, current.loop, contextvars.copy_context())
        try:
            run.ended.wait()
        except BaseException as error:  # noqa: BLE001 - a time-out, the drain's end, a lost job
            _cancel(current, run, error)
    finally:
        del _runs[greenlet]
    if run.error is not None:
        raise run.error
    return run.result


def _cancel(current: _Loop, run: _Run, error: BaseException) -> None:
    """Cancel a coroutine for an exception, wait until it has cleaned up, and have it end with that exception."""
    current.loop.call_soon_threadsafe(run.cancel)
    gevent.get_hub().loop.run_callback(current.strike, run, error)
    # What comes meanwhile, such as the drain's end, waits no longer.
    run.ended.wait()
    if isinstance(run.error, asyncio.CancelledError):
        # The place is the coroutine's: there it hung.
        run.error = error.with_traceback(run.error.__traceback__)
