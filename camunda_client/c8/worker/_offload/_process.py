"""One place for a child process: starts it, talks to it, takes note of its end, and starts the next one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import gevent
import gevent.subprocess
from gevent import socket
from gevent.event import AsyncResult, Event
from gevent.queue import SimpleQueue

from camunda_client import log as logging
from camunda_client import metrics
from camunda_client._backoff import Backoff
from camunda_client._process.stacks import FRAMES
from camunda_client.c8.worker._offload import _frames as frames
from camunda_client.c8.worker._outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._offload._frames import Frame
    from camunda_client.c8.worker._offload._plan import Plan

log = logging.get_logger(__name__)

_BACKOFF: Final = Backoff(first_s=0.2, ceiling_s=30.0)
#: Seconds for the exit hooks of a child whose worker stops.
_END_S: Final = 3.0
#: How children die, for the metric: by us, by a crash, where memory runs out, by the handler's own doing.
_KILLED: Final = "killed"
_USUAL_DEATHS: Final = (_KILLED, "SIGSEGV", "SIGKILL", "exit")
#: Bytes of a crash's report that are read.
_REPORT: Final = 20_000


class Ended(NamedTuple):
    """A process that ended with a job in hand."""

    #: Its exit code, or minus the signal that ended it.
    code: int
    pid: int
    #: Another of its jobs is to blame: we ended it for that one, or that one's thread crashed it.
    blameless: bool
    #: Where it crashed, as the interpreter wrote it, the innermost place first.
    place: list[str]

    @property
    def cause(self) -> str:
        """How it ended, in words."""
        if self.code >= 0:
            return f"exit code {self.code}"
        return f"{self.kind}, as the kernel sends where memory runs out" if self.kind == "SIGKILL" else self.kind

    @property
    def kind(self) -> str:
        """How it ended, in a word: the signal's name, or ``exit``."""
        if self.code >= 0:
            return "exit"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


class RaisedElsewhere(Exception):
    """What a handler raised in its child process, as text: its traceback there."""


class Run:
    """One job in one thread of a child."""

    __slots__ = ("answer", "child", "key", "others", "stack", "thread")

    def __init__(self, child: ChildProcess, thread: int, key: str) -> None:
        self.child, self.thread, self.key = child, thread, key
        #: Resolved with what the job came to; with ``None`` where its handler was ended as asked.
        self.answer: AsyncResult[Outcome | Ended | None] = AsyncResult()
        #: Where its handler stood when it was struck.
        self.stack: list[str] = []

    def strike(self, error: BaseException) -> None:
        """Have an exception raised in its handler."""
        facts = {"name": type(error).__name__, "message": str(error)}
        self.child.send(frames.packed(frames.STRIKE, self.thread, facts))


class ChildProcess:
    """One place for a child process, and the process that has it now."""

    def __init__(
        self, number: int, plan: Plan, is_held: Callable[[str], bool | None], on_free: Callable[[], None]
    ) -> None:
        """Prepare; :meth:`start` begins.

        Args:
            number: Its place, for the log.
            plan: What it is to import.
            is_held: Whether a job is still this worker's; asked on behalf of handlers.
            on_free: Called when a thread is free.
        """
        self.number, self._plan = number, plan
        self._is_held, self._on_free = is_held, on_free
        self._process: Any = None
        self._outbox = _Outbox(None)
        #: Jobs in hand, by thread.
        self.runs: dict[int, Run] = {}
        self._free: list[int] = []
        #: Resolved once, with ``None`` when it is ready, or with why it can't be.
        self.first_word: AsyncResult[str | None] = AsyncResult()
        self._killed, self._stopping = False, Event()
        #: Jobs that this process has done, and deaths in a row of processes that did none.
        self._done = self._deaths = 0
        #: The ids of its threads, and why it can't work.
        self._idents: list[int] = []
        self._refusal: str | None = None
        #: Since when there is none that works; ``None`` while there is.
        self._away_since_s: float | None = time.monotonic()
        self._keeper: Any = None

    # -- a job --------------------------------------------------------------------------------------------------------
    @property
    def free(self) -> int:
        """How many of its threads have nothing to do."""
        return 0 if self._killed else len(self._free)

    @property
    def pid(self) -> int:
        """The process's id; 0 while there is none."""
        return 0 if self._process is None else int(self._process.pid)

    @property
    def away_s(self) -> float:
        """For how long this place has had no process that works; 0 if it has one."""
        return 0.0 if self._away_since_s is None else time.monotonic() - self._away_since_s

    @property
    def refusal(self) -> str | None:
        """Why the last process could not work, if it said so."""
        return self._refusal

    def begin(self, key: str, facts: dict[str, object], body: bytes) -> Run:
        """Give a job to a free thread."""
        thread = self._free.pop()
        run = self.runs[thread] = Run(self, thread, key)
        self.send(frames.packed(frames.JOB, thread, facts, body))
        return run

    def send(self, frame: bytes) -> None:
        """Send a frame; returns at once."""
        self._outbox.send(frame)

    def kill(self, why: str, run: Run) -> None:
        """End the process, because it does not end a job's handler; its other jobs run again elsewhere."""
        if self._killed or self._process is None:
            return
        self._killed = True
        others = [other.key for other in self.runs.values() if other is not run]
        log.warning(
            "offload.killed", process=self.number, pid=self.pid, why=why, stack=run.stack, run_again=sorted(others)
        )
        self._process.kill()

    # -- the process --------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Have a process in this place from now on."""
        for kind in _USUAL_DEATHS:
            metrics.children_died[kind] += 0
        self._keeper = gevent.spawn(self._keep)

    def stop(self) -> None:
        """Let the process end in good order; see :meth:`wait`."""
        self._stopping.set()
        self.send(frames.packed(frames.END))

    def wait(self, until_s: float) -> None:
        """Wait for the end after a stop, and at that moment see to it."""
        self._keeper.join(timeout=max(until_s - time.monotonic(), 0))
        if not self._keeper.ready() and self._process is not None:
            self._process.kill()
        self._keeper.join(timeout=_END_S)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._done = 0
            try:
                self._live()
            except Exception as error:  # no room for a process, or a defect of this library
                metrics.greenlets_died["offload"] += 1
                log.exception("offload.start_failed", process=self.number)
                self._say_first(f"it can't be started: {error}")
            self._pause()

    def _pause(self) -> None:
        killed, self._killed = self._killed, False
        self._deaths = 1 if self._done else self._deaths + 1
        if not killed:
            self._stopping.wait(_BACKOFF.wait_s(self._deaths))

    def _live(self) -> None:
        """Start a process, and hear it until its end."""
        connection, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as report, connection:
            with theirs:
                self._process = process = _started(theirs.fileno(), report.fileno())
            self._outbox = outbox = _Outbox(connection)
            self.send(frames.packed(frames.SETUP, facts=self._plan.facts()))
            if self._stopping.is_set():
                self.send(frames.packed(frames.END))
            try:
                self._hear(connection)
            finally:
                self._free = []
                outbox.close()
                connection.close()
                self._bury(process, report)

    def _hear(self, connection: Any) -> None:
        with connection.makefile("rb") as stream:
            while (frame := frames.read(stream)) is not None:
                self._heed(frame)

    def _heed(self, frame: Frame) -> None:
        if frame.kind == frames.READY:
            self._idents, self._free = frame.facts, list(range(len(frame.facts)))
            self._away_since_s = self._refusal = None
            log.info("offload.started", process=self.number, pid=self.pid, threads=len(self._free))
            self._say_first(None)
            for _ in self._free:
                self._on_free()
        elif frame.kind == frames.REFUSED:
            self._refusal = frame.facts
            self._say_first(frame.facts)
        else:
            run = self.runs.get(frame.thread)
            if run is not None:
                self._heed_run(frame, run)

    def _heed_run(self, frame: Frame, run: Run) -> None:
        if frame.kind == frames.STACK:
            run.stack = frame.facts
        elif frame.kind == frames.ASK:
            self.send(frames.packed(frames.HELD, frame.thread, self._is_held(run.key)))
        elif frame.kind == frames.OUTCOME:
            del self.runs[frame.thread]
            self._done += 1
            self._free.append(frame.thread)
            run.answer.set(_outcome(frame))
            self._on_free()

    def _say_first(self, word: str | None) -> None:
        if not self.first_word.ready():
            self.first_word.set(word)

    def _bury(self, process: Any, report: Any) -> None:
        """Wait for the end of a process that has said its last word, and tell its jobs."""
        code = _code(process)
        report.seek(0)
        text = report.read(_REPORT).decode("utf-8", "replace")
        culprit = crashed_thread(text, self._idents)
        ended = Ended(code, process.pid, self._killed, crash_place(text))
        self._process, self._idents = None, []
        self._say_first(f"a child process ended while it imported: {ended.cause}")
        runs, self.runs = self.runs, {}
        if self._away_since_s is None:
            self._away_since_s = time.monotonic()
        if self._killed:
            metrics.children_died[_KILLED] += 1
        elif not self._stopping.is_set():
            metrics.children_died[ended.kind] += 1
            self._say_died(ended, runs)
        for thread, run in runs.items():
            # One that crashed says who it was: the others' jobs are not to blame.
            innocent = culprit is not None and thread != culprit
            run.answer.set(ended._replace(blameless=True) if innocent else ended)

    def _say_died(self, ended: Ended, runs: dict[int, Run]) -> None:
        log.error(
            "offload.died",
            process=self.number,
            pid=ended.pid,
            cause=ended.cause,
            job_keys=sorted(run.key for run in runs.values()),
            place=ended.place,
            reason=self._refusal,
        )


def _outcome(frame: Frame) -> Outcome | None:
    """Return what a job came to; ``None`` if its handler was ended as asked."""
    facts = frame.facts
    if facts is None:
        return None
    cause = None if facts["raised"] is None else RaisedElsewhere(facts["raised"])
    return Outcome(facts["command"], frame.body, facts["note"], cause)


def _started(connection: int, report: int) -> Any:
    """Start an interpreter that imports from the same places as this one."""
    source = (
        f"import sys; sys.path[:] = {[entry for entry in sys.path if isinstance(entry, str)]!r}; "
        f"from camunda_client._process import child_start; child_start.begin({os.getpid()}, {report}); "
        f"from camunda_client.c8.worker import _offload_child; _offload_child.main({connection})"
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    # In a session of its own: Ctrl+C in a terminal reaches the worker alone.
    return gevent.subprocess.Popen(
        [sys.executable, *flags, "-c", source], pass_fds=[connection, report], start_new_session=True
    )


class _Outbox:
    """What is sent to a process: at once, as far as the socket takes it, and the rest from a greenlet."""

    def __init__(self, connection: Any | None) -> None:
        """Send to a socket that does not block; ``None`` takes everything and sends nothing."""
        self._connection = connection
        self._rest: SimpleQueue[bytes] = SimpleQueue()
        self._writer: gevent.Greenlet[[], None] | None = None

    def send(self, frame: bytes) -> None:
        """Send a frame behind those before it."""
        if self._connection is None:
            return
        if self._writer is None:
            try:
                frame = frame[os.write(self._connection.fileno(), frame) :]
            except BlockingIOError:
                pass
            except OSError:  # it has ended, which is heard by who reads
                return
            if not frame:
                return
            self._writer = gevent.spawn(self._write)
        self._rest.put(frame)

    def _write(self) -> None:
        with suppress(OSError):
            while not self._rest.empty():
                self._connection.sendall(self._rest.get())  # type: ignore[union-attr]
            self._writer = None

    def close(self) -> None:
        """Send no more."""
        self._connection = None
        if self._writer is not None:
            self._writer.kill()


def _code(process: Any) -> int:
    with suppress(subprocess.TimeoutExpired):
        return int(process.wait(timeout=_END_S))
    process.kill()
    return int(process.wait())


# -- the report of a crash ------------------------------------------------------------------------------------------
_CURRENT: Final = re.compile(r"^Current thread 0x([0-9a-f]+)[^\n]*\n((?:  [^\n]*\n)*)", re.MULTILINE)


def crashed_thread(report: str, idents: list[int]) -> int | None:
    """Return the number of the thread that crashed the process, if the interpreter wrote that of one of these."""
    found = _CURRENT.search(report)
    ident = int(found[1], 16) if found else 0
    return idents.index(ident) if ident in idents else None


def crash_place(report: str) -> list[str]:
    """Return where the thread stood that crashed the process, the innermost place first."""
    found = _CURRENT.search(report)
    return [line.strip() for line in found[2].splitlines()][:FRAMES] if found else []
